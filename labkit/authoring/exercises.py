"""Build what is derived from solutions/NAME.py: the executed notebook and the students' version.

`python -m labkit.authoring exercises [--check] [NAME ...]`. With --check nothing in the tree is
written: everything is built in a temporary folder and compared, and a difference exits 1.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config, PyFileConfigLoader

from labkit.authoring import source
from labkit.authoring.source import ROOT


class BuildError(Exception):
    """What is wrong with a source, and what to do."""


def release(notebook: Path, course: Path) -> str:
    """Students' version of a solution notebook, by nbgrader itself on a temporary gradebook."""
    name = notebook.stem
    copy = nbformat.read(notebook, as_version=4)
    # the students' version must not change when only labkit's insides did
    del copy.metadata["labkit"]["made_from"]
    source.write(course / "solutions" / name / notebook.name, copy)
    config = Config()
    if (ROOT / "nbgrader_config.py").exists():
        config = PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.db_url = f"sqlite:///{course}/gradebook.db"
    result = NbGraderAPI(config=config).generate_assignment(name)
    if not result["success"]:
        raise BuildError(f"nbgrader could not make the students' version of {name}:\n"
                         f"{result.get('error', '')}\n{result.get('log', '')}")
    return (course / "exercises" / name / notebook.name).read_text()


def without_outputs(text: str) -> dict:
    """What must be the same on every machine: a solution notebook without outputs and counts."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def build(name: str, into: Path, stored: Path | None) -> tuple[Path, Path]:
    """Write both notebooks of an assignment under `into`; run only what changed.

    `stored` is the executed notebook that may be reused when it was made from the same source.
    """
    notebook = source.read(ROOT / "solutions" / f"{name}.py")
    old = nbformat.read(stored, as_version=4) if stored and stored.exists() else None
    if old is not None and source.fingerprint(old) == source.fingerprint(notebook):
        source.take_outputs(notebook, old)
    else:
        print(f"{name}: running the solution notebook ...", flush=True)
        source.execute(notebook, cwd=ROOT)
    solution = into / "solutions" / name / f"{name}.ipynb"
    exercise = into / "exercises" / name / f"{name}.ipynb"
    source.write(solution, notebook)
    with tempfile.TemporaryDirectory() as course:
        exercise.parent.mkdir(parents=True, exist_ok=True)
        text = release(solution, Path(course))
    if not exercise.exists() or exercise.read_text() != text:
        exercise.write_text(text)
    return solution, exercise


def stale(name: str) -> list[str]:
    """What in the tree differs from what solutions/NAME.py gives, in words; empty when nothing."""
    with tempfile.TemporaryDirectory() as folder:
        committed = ROOT / "solutions" / name / f"{name}.ipynb"
        fresh = build(name, Path(folder), committed)
        wrong = []
        for path in fresh:
            there = ROOT / path.relative_to(folder)
            if not there.exists():
                wrong.append(f"{there.relative_to(ROOT)} is missing")
            elif without_outputs(there.read_text()) != without_outputs(path.read_text()):
                wrong.append(f"{there.relative_to(ROOT)} is not what solutions/{name}.py gives")
    return wrong


def names() -> list[str]:
    """Every assignment, by its source."""
    return sorted(path.stem for path in (ROOT / "solutions").glob("*.py"))


def main(argv: list[str]) -> int:
    """Build or check the assignments that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m labkit.authoring exercises")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if stale")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args(argv)
    for name in arguments.names or names():
        try:
            if arguments.check:
                wrong = stale(name)
            else:
                build(name, ROOT, ROOT / "solutions" / name / f"{name}.ipynb")
                wrong = []
        except (BuildError, source.SourceError) as error:
            wrong = [str(error)]
        if wrong:
            print("\n".join(wrong) + "\nRun `make exercises` and commit the result.",
                  file=sys.stderr)
            return 1
        print(f"{name}: up to date", flush=True)
    return 0
