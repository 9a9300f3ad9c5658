"""Build the website into book/_build/html, unless it was built from this very content."""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ("book", "labkit", "solutions", "exercises", "constraints.txt")
# What cells read besides their own text; jupyter-cache looks at the text alone.
BEHIND_CELLS = ("labkit", "constraints.txt", "book/_data/listings", "book/_data/recorded")
PASSED_OVER = {"_build", "__pycache__", ".ipynb_checkpoints"}


def files(root: Path, names: Iterable[str]) -> list[Path]:
    """Every file under the named files and folders, sorted, without what use has made."""
    found = []
    for name in names:
        top = root / name
        inside = [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file())
        found += [p for p in inside if not PASSED_OVER & set(p.relative_to(root).parts)]
    return found


def fingerprint(root: Path, names: Iterable[str]) -> str:
    """Hash of the content and paths of these inputs, of Python's version, and of the data used."""
    total = hashlib.sha256(f"{sys.version}\0{os.environ.get('LABKIT_DATA', '')}".encode())
    for path in files(root, names):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()}\0{content}\0".encode())
    return total.hexdigest()


def keep_cache_only_if_valid(root: Path, build: Path) -> None:
    """Drop the results of cells when what they import or read has changed."""
    stamp, wanted = build / "cache-for", fingerprint(root, BEHIND_CELLS)
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(build / ".jupyter_cache", ignore_errors=True)
    stamp.write_text(wanted)


def run_jupyter_book(root: Path, build: Path) -> tuple[int, str]:
    """Build into the empty folder build/next; gives the exit status and the log."""
    shutil.rmtree(build / "next", ignore_errors=True)
    # Collecting garbage takes a fifth of a process that ends when the pages are written (300 MB).
    program = "import gc; gc.disable(); from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", "book", "--path-output", str(build / "next"),
               "-W", "-n", "--keep-going"]
    # One thread: the cells' products are small, and threads that wait for each other on a busy
    # machine made a page of one minute take eight.
    environment = {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
    with (build / "build.log").open("wb") as file:
        done = subprocess.run(command, cwd=root, env=environment, stdout=file, stderr=file)
    log = (build / "build.log").read_text(encoding="utf-8", errors="replace")
    return done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", log)


def complaints(log: str, build: Path) -> str:
    """What is wrong: warnings, the error that ended the build, and the ends of failed cells."""
    wrong = [line for line in log.splitlines() if re.search(r"(WARNING|ERROR|CRITICAL):", line)]
    if "Traceback (most recent call last)" in log:
        error = log.split("Traceback (most recent call last)", 1)[1]
        wrong += error.split("The above exception was")[0].strip().splitlines()[-12:]
    for report in sorted((build / "next").rglob("*.err.log")):
        wrong += ["", *report.read_text(encoding="utf-8").splitlines()[-25:]]
    return "\n".join(wrong or log.splitlines()[-40:])


def executed(log: str) -> list[tuple[str, float]]:
    """Pages whose cells ran in this build, with their seconds."""
    found = re.findall(r"book/(\S+?)(?:\.\w+)?: Executed notebook in ([\d.]+) seconds", log)
    return [(page, float(seconds)) for page, seconds in found]


def publish(build: Path, key: str) -> None:
    """Put the finished site in the place of the old one, with what it was built from."""
    html, old = build / "html", build / "old"
    new = build / "next" / "_build" / "html"
    (new / ".built-from").write_text(key)
    shutil.rmtree(old, ignore_errors=True)
    if html.exists():
        html.rename(old)
    new.rename(html)
    for folder in (old, build / "next"):
        shutil.rmtree(folder, ignore_errors=True)


def build_book(root: Path) -> int:
    """Build when the content changed; on failure the old site stays. Gives the exit status."""
    build = root / "book" / "_build"
    stamp, key = build / "html" / ".built-from", fingerprint(root, INPUTS)
    if stamp.exists() and stamp.read_text() == key:
        print("The site is up to date: book/_build/html/index.html")
        return 0
    start = time.perf_counter()
    keep_cache_only_if_valid(root, build)
    status, log = run_jupyter_book(root, build)
    seconds = time.perf_counter() - start
    pages = executed(log)
    for page, spent in pages:
        print(f"{spent:7.1f} s  cells of {page}")
    print(f"{seconds:7.1f} s  in all, {seconds - sum(s for _, s in pages):.1f} s without the cells")
    if status:
        print(f"\n{complaints(log, build)}\n\nThe site was not built; the one before, if any, "
              "stays. The whole log: book/_build/build.log")
        return 1
    publish(build, key)
    print("The site is built: book/_build/html/index.html")
    return 0


def main(argv: list[str]) -> int:
    """`python -m labkit.authoring book [--root FOLDER]`: build the site of a checkout."""
    parser = argparse.ArgumentParser(prog="python -m labkit.authoring book", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="another checkout's folder")
    root = parser.parse_args(argv).root.resolve()
    build = root / "book" / "_build"
    build.mkdir(parents=True, exist_ok=True)
    with FileLock(build / ".lock"):
        return build_book(root)
