"""The budgets of DESIGN.md, section 6, each beside its figure.

    python -m tests.benchmarks.budgets [WORD ...]

Words (chapters, assignments, banks, pages, fit, elsewhere) choose parts; without any, all are
measured, which takes some minutes. CPU seconds, unless the row says wall. It informs: the exit
status is 0 whatever it finds.
"""

import gzip
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import util
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlparse

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "book" / "_build" / "html"
CACHE = ROOT / "book" / "_build" / ".jupyter_cache"
Row = tuple[str, float | None, float | None, str]  # what, at most, figure, remark
PROBE = "import time as _time; print(_time.process_time())"
WARM = "import matplotlib.pyplot, numpy, torch, torch._dynamo, labkit.check, labkit.data\n"


class NotMeasured(Exception):
    """Why a row has no figure."""


def chapters() -> Iterator[Row]:
    """Wall seconds of each page's cells, from the cache of their last execution."""
    if not CACHE.exists():
        raise NotMeasured("no executed book; run make book")
    from jupyter_cache import get_cache
    newest = {Path(r.uri).stem: r.data.get("execution_seconds")
              for r in sorted(get_cache(CACHE).list_cache_records(), key=lambda r: r.created)}
    seconds = {name: spent for name, spent in newest.items() if spent is not None}
    if not seconds:
        raise NotMeasured("the cache holds no execution time")
    for name, spent in sorted(seconds.items()):
        yield f"chapter {name} executes", 60, spent, "wall s"
    yield "chapters on average", 30, sum(seconds.values()) / len(seconds), "wall s"


def assignments() -> Iterator[Row]:
    """CPU seconds of a solved notebook's cells, imports aside, and of its slowest cell."""
    import nbformat
    from nbclient import NotebookClient
    paths = sorted((ROOT / "solutions").glob("*/*.ipynb"))
    if not paths:
        raise NotMeasured("no solution notebook; run make exercises")
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        probe = nbformat.v4.new_code_cell
        notebook.cells = [probe(WARM + PROBE), *(c for cell in code for c in (cell, probe(PROBE)))]
        NotebookClient(notebook, timeout=300, kernel_name="python3",
                       resources={"metadata": {"path": str(path.parent)}}).execute()
        clock = [float(cell.outputs[0].text) for cell in notebook.cells[::2]]
        cells = [after - before for before, after in pairwise(clock)]
        most = 2 if path.stem == "gradient_descent" else 5
        yield f"assignment {path.stem} executes", most, sum(cells), f"after {clock[0]:.1f} start"
        yield f"assignment {path.stem}, slowest cell", 3, max(cells), ""


def banks() -> Iterator[Row]:
    """CPU seconds of each assignment's whole bank of answers."""
    names = [path.stem for path in sorted((ROOT / "solutions").glob("*.py"))]
    if not names:
        raise NotMeasured("no assignment yet")
    for name in names:
        if not (ROOT / "tests" / "answers" / f"{name}.py").exists():
            yield f"bank {name}", 60, None, "no bank of answers yet"
            continue
        spent, done = child("tests.answers", name)
        yield f"bank {name}", 60, spent, last_line(done.stdout) or f"exit status {done.returncode}"


def pages() -> Iterator[Row]:
    """Compressed bytes of a first visit, requests to other hosts, and errors in the console."""
    front = SITE / "index.html"
    if not front.exists():
        raise NotMeasured("no site; run make book")
    if util.find_spec("playwright") is None:
        raise NotMeasured("no playwright in this environment")
    names = [path.stem for path in sorted((ROOT / "solutions").glob("*.py"))]
    for page in [front, *(p for name in names for p in sorted(SITE.glob(f"*/{name}.html")))]:
        urls, errors = visit(page)
        local = {unquote(urlparse(u).path) for u in urls if u.startswith("file:")}
        outside = [u for u in urls if not u.startswith(("file:", "data:", "blob:"))]
        weight = sum(compressed(Path(path)) for path in local if Path(path).is_file())
        name = page.relative_to(SITE).as_posix()
        yield f"page {name}, first visit", 450, weight / 1000, f"kB, {len(local)} files"
        yield f"page {name}, external requests", 0, len(outside), " ".join(outside[:2])
        yield f"page {name}, console errors", 0, len(errors), " ".join(errors[:1])[:60]


def visit(page: Path) -> tuple[list[str], list[str]]:
    """Every address that a browser asks for, and what goes wrong, on a first visit to a page."""
    from playwright.sync_api import sync_playwright
    urls: list[str] = []
    errors: list[str] = []
    with sync_playwright() as kit:
        # Debian's Chromium has its own name; Playwright's own is found without one.
        own = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser")
                    if Path(p).exists()), None)
        browser = kit.chromium.launch(executable_path=own, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.on("request", lambda request: urls.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        tab.route(re.compile("^https?:"), lambda route: route.abort())
        tab.goto(page.as_uri(), wait_until="networkidle")
        browser.close()
    return urls, errors


def compressed(path: Path) -> int:
    """Bytes on the wire: gzip, but for what is compressed already."""
    content = path.read_bytes()
    return len(content) if path.suffix in (".woff2", ".png", ".jpg") else len(
        gzip.compress(content, 6))


def fit() -> Iterator[Row]:
    """The last line of the benchmark of `fit`."""
    _, done = child("tests.benchmarks.fit")
    found = re.findall(r"(mlp|cnn) ([\d.]+)x \[([\d.]+), ([\d.]+)\]", last_line(done.stdout))
    if not found:
        raise NotMeasured(f"the benchmark gave no result: {last_line(done.stderr)[:80]}")
    for name, ratio, low, high in found:
        yield f"fit over a loop by hand, {name}", 1.03, float(ratio), f"[{low}, {high}] times"


def elsewhere() -> Iterator[Row]:
    """What other commands measure and print."""
    yield "make book, cold, over the cells", 90, None, "printed by make book after make clean"
    yield "make book, warm, after one edit", 15, None, "printed by make book after an edit"
    yield "make test, all stages", 3600, None, "printed by make test at its end"
    yield "autograding over the cells' own time", 0.25, None, "python -m tests.benchmarks.grading"


def child(module: str, *arguments: str) -> tuple[float, subprocess.CompletedProcess]:
    """Run a module in one thread; its CPU seconds, those of its own children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, text=True,
                          capture_output=True, check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


def measured(part: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    """The rows of one part; whatever goes wrong in it becomes a row that says so."""
    try:
        yield from part()
    except NotMeasured as reason:
        yield part.__name__, None, None, str(reason)
    except Exception as error:  # it informs about a half-built course too
        yield part.__name__, None, None, f"{type(error).__name__}: {last_line(str(error))[:90]}"


def main(words: list[str]) -> None:
    """Print the table, row by row as it is measured."""
    parts = [p for p in (chapters, assignments, banks, pages, fit, elsewhere)
             if not words or any(word in p.__name__ for word in words)]
    print(f"{'':48}{'at most':>9}{'figure':>9}")
    for part in parts:
        for what, most, figure, remark in measured(part):
            over = figure is not None and most is not None and figure > most
            print(f"{what:48}{'' if most is None else f'{most:g}':>9}"
                  f"{'-' if figure is None else f'{figure:.4g}':>9}  "
                  f"{'OVER  ' if over else ''}{remark}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
