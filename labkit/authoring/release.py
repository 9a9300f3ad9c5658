"""Pack what students receive, dist/course-student.zip, and enter the assignments in the gradebook.

`python -m labkit.authoring release [--no-gradebook] [--regrade NAME]`. The zip's bytes depend on
its content alone. It holds no answers: only exercises/, labkit without its wings, the versions
that are known to work, and the set-up page.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from labkit.authoring import exercises
from labkit.authoring.source import ROOT

WINGS = ("authoring", "grading")
TOP = "course-student"
# The earliest time that zip files know: one content, one file, whenever it is packed.
EPOCH, ZIP_TIME = "315532800", (1980, 1, 1, 0, 0, 0)


def main(argv: list[str]) -> int:
    """Refuse what is stale, register, pack; 1 with a message when something is in the way."""
    parser = argparse.ArgumentParser(prog="python -m labkit.authoring release")
    parser.add_argument("--no-gradebook", action="store_true", help="write the zip alone")
    parser.add_argument("--regrade", metavar="NAME", action="append", default=[],
                        help="take an assignment's new cells although it was graded")
    arguments = parser.parse_args(argv)
    if exercises.main(["--check"]):
        print("Nothing was packed: exercises/ is not what solutions/ give.", file=sys.stderr)
        return 1
    if not arguments.no_gradebook and not enter(ROOT, exercises.names(), arguments.regrade):
        return 1
    print(f"{pack(ROOT, ROOT / 'dist' / f'{TOP}.zip').relative_to(ROOT)} is ready")
    return 0


def enter(course: Path, names: list[str], regrade: list[str]) -> bool:
    """Enter the assignments in the course's gradebook; say what was done; False if one cannot."""
    from labkit.grading.register import RegisterError, register

    unknown = sorted(set(regrade) - set(names))
    if unknown:
        print(f"--regrade: no assignment {', '.join(unknown)}; there are {', '.join(names)}",
              file=sys.stderr)
        return False
    try:
        for name in names:
            print("\n".join(register(course, name, name in regrade)), flush=True)
    except RegisterError as error:
        print(error, file=sys.stderr)
        return False
    return True


def pack(root: Path, target: Path) -> Path:
    """Write the zip; return where."""
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder) / TOP
        shutil.copytree(root / "exercises", top / "exercises",
                        ignore=shutil.ignore_patterns(".*", "__pycache__"))
        wheel = build_wheel(root, top)
        shutil.copy(root / "constraints.txt", top)
        page = (root / "book" / "setup.md").read_text()
        (top / "SETUP.md").write_text(plain(page, wheel.name, listing(top / "exercises")))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        write_zip(top, part)
        part.replace(target)
    return target


def build_wheel(root: Path, into: Path) -> Path:
    """Build labkit without its wings, from a copy; return the wheel in `into`."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(root / "labkit", Path(folder) / "labkit",
                        ignore=shutil.ignore_patterns(*WINGS, "__pycache__", ".*"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(root / name, folder)
        for path in Path(folder).rglob("*"):  # modes go into the wheel, and differ by umask
            path.chmod(0o755 if path.is_dir() else 0o644)
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index",
                   "--no-build-isolation", "--no-cache-dir", "--disable-pip-version-check",
                   "--wheel-dir", str(into), folder]
        done = subprocess.run(command, env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"labkit's wheel could not be built:\n{done.stdout}")
    return next(into.glob("labkit-*.whl"))


def write_zip(folder: Path, target: Path) -> None:
    """Pack a folder: sorted names, one time stamp, one mode, so that the bytes can be compared."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder.parent).as_posix(), ZIP_TIME)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def listing(folder: Path) -> str:
    """The exercises of a folder as a Markdown list."""
    facts = {path: json.loads(path.read_text())["metadata"]["labkit"]
             for path in sorted(folder.glob("*/*.ipynb"))}
    return "".join(f"- {fact['title']}, {fact['minutes']} minutes, {fact['points']} points: "
                   f"`{path.relative_to(folder.parent).as_posix()}`\n"
                   for path, fact in facts.items())


def plain(page: str, wheel: str, assignments: str) -> str:
    """The set-up page as plain Markdown: without MyST's labels, options and directives.

    `labkit-*.whl` becomes the wheel's name, because not every shell resolves the star.
    """
    page = re.sub(r"\A---\n.*?\n---\n", "", page, flags=re.DOTALL)
    page = re.sub(r"^\(\S+\)=\n", "", page, flags=re.MULTILINE)
    page = re.sub(r"^`{3,}\{assignments\}\n`{3,}\n", assignments, page, flags=re.MULTILINE)
    page = re.sub(r"^( *`{3,})\{code-block\} ?(\w*)\n((?: *:[\w-]+:.*\n)*)", r"\1\2\n", page,
                  flags=re.MULTILINE)
    page = re.sub(r"^(`{3,}|:{3,})\{[^`]*?^\1\n?", "", page, flags=re.MULTILINE | re.DOTALL)
    page = re.sub(r"\{[\w:-]+\}`([^`<]*?)(?: ?<[^`>]*>)?`", r"\1", page)
    page = re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", page)
    return re.sub(r"labkit-\*\.whl", wheel, page)
