"""A course in a temporary folder, with our real configuration, and the submissions to it."""

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
NAME = "gradient_descent"
STUB = "raise NotImplementedError"


def source() -> NotebookNode:
    """The solution notebook, hidden tests and all."""
    return nbformat.read(ROOT / "solutions" / NAME / f"{NAME}.ipynb", as_version=4)


def release() -> NotebookNode:
    """What students get."""
    return nbformat.read(ROOT / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)


def make(folder: Path, extra: str = "") -> Path:
    """A course in `folder`: our configuration (and `extra` lines), solutions, no gradebook yet."""
    folder.mkdir(parents=True, exist_ok=True)
    config = (ROOT / "nbgrader_config.py").read_text()
    (folder / "nbgrader_config.py").write_text(f"{config}\n{extra}\n")
    shutil.copytree(ROOT / "solutions" / NAME, folder / "solutions" / NAME)
    return folder


def environment(home: Path) -> dict[str, str]:
    """The environment of a user who has just begun: an empty home, no settings, one thread."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("JUPYTER", "IPYTHON", "NBGRADER"))}
    # some kernels of this machine start slowly when a debugger warns about frozen modules
    return kept | {"HOME": str(home), "OMP_NUM_THREADS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1",
                   "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def nbgrader(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an nbgrader command in a course, as its instructor would; stdout and stderr together."""
    return subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=course, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
                          env=environment(course / "home"))


def cell(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    """The cell of a grade id."""
    return next(c for c in notebook.cells
                if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)


def is_answer(one: NotebookNode) -> bool:
    """Whether students write in this cell."""
    return one.metadata.get("nbgrader", {}).get("solution", False)


def solved(**answers: str) -> NotebookNode:
    """The student's notebook with the reference's answers; `answers` replaces some, by grade id."""
    notebook, reference = release(), source()
    for one in notebook.cells:
        if is_answer(one):
            name = one.metadata.nbgrader.grade_id
            one.source = answers.get(name, cell(reference, name).source)
    return notebook


def without(notebook: NotebookNode, *grade_ids: str) -> NotebookNode:
    """The notebook with some cells deleted."""
    gone = [id(cell(notebook, name)) for name in grade_ids]
    notebook.cells = [one for one in notebook.cells if id(one) not in gone]
    return notebook


def copied(notebook: NotebookNode, grade_id: str, to: int) -> NotebookNode:
    """The notebook with a cell copied and pasted at a place: same metadata, another cell id."""
    twin = copy.deepcopy(cell(notebook, grade_id))
    twin.id = f"pasted-{to}"
    notebook.cells.insert(to, twin)
    return notebook


def submit(course: Path, student: str, notebook: NotebookNode | str) -> None:
    """Put a notebook, or the text of a file that should be one, where nbgrader looks for it."""
    path = course / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))


def hidden_lines(shortest: int = 12) -> set[str]:
    """Lines that only hidden tests hold: long enough to mean something, not in the release too."""
    visible = {line.strip() for one in release().cells for line in one.source.splitlines()}
    lines = set()
    for one in source().cells:
        inside = False
        for line in map(str.strip, one.source.splitlines()):
            if "HIDDEN TESTS" in line and line.startswith("###"):
                inside = "BEGIN" in line
            elif inside and len(line) > shortest and line not in visible:
                lines.add(line)
    return lines
