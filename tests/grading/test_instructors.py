"""The commands on the page for instructors, run in their order in a fresh course."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.grading.course import NAME, ROOT, environment, solved

LEFT_OUT = (".*", "__pycache__", "*.egg-info", "_build", "work", "dist", "build", "submitted",
            "autograded", "feedback", "gradebook.db*", "shared")


def runnable(page: str) -> list[str]:
    """The command blocks of a page that are marked `:class: runnable`, in order."""
    return re.findall(r"^```\{code-block\} bash\n:class: runnable\n(.*?)^```", page,
                      re.MULTILINE | re.DOTALL)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the course with one perfect notebook in work/.

    Its .venv hands over to this interpreter, so that nothing is installed and nothing that a
    command does to .venv reaches the real one.
    """
    root = tmp_path / "course"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
    programs = root / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, module in (("python", ""), ("nbgrader", "-m nbgrader")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        (programs / name).chmod(0o755)
    work = root / "work" / NAME
    work.mkdir(parents=True)
    nbformat.write(solved(written="Six good sentences."), work / f"{NAME}.ipynb")
    return root


def test_the_pages_commands_lead_from_release_to_a_score(clone: Path):
    blocks = runnable((ROOT / "book" / "appendix" / "instructors.md").read_text())
    assert len(blocks) >= 5
    # PYTHON is what the Makefile sets the environment up with; there is nothing to set up here
    variables = environment(clone / "home") | {"PYTHON": "true"}
    for block in blocks:
        done = subprocess.run(["bash", "-eu", "-c", block], cwd=clone, env=variables, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        assert done.returncode == 0, f"{block}\n{done.stdout}"
    with open(clone / "grades.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["student_id"], row["score"], row["max_score"]) == ("ada", "17.0", "20.0")
    assert row["status"] == "needs hand grading"
    assert (clone / "dist" / "course-student.zip").exists()
    assert (clone / "feedback" / "ada" / NAME / f"{NAME}.html").exists()
