"""The commands on the page for instructors, run in their order in a fresh course."""

import csv
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from labkit.grading import status
from labkit.grading.box import Limits
from tests.grading.course import NAME, ROOT, environment, solved

LEFT_OUT = (".*", "__pycache__", "*.egg-info", "_build", "work", "dist", "build", "submitted",
            "autograded", "feedback", "grades", "gradebook.db*", "shared")


def runnable(page: str) -> list[str]:
    """The command blocks of a page that are marked `:class: runnable`, in order."""
    return re.findall(r"^```\{code-block\} bash\n:class: runnable\n(.*?)^```", page,
                      re.MULTILINE | re.DOTALL)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the course with a class of two and one perfect notebook, as Moodle packs it.

    Its .venv hands over to this interpreter, so that nothing is installed and nothing that a
    command does to .venv reaches the real one.
    """
    root = tmp_path / "course"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
    programs = root / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, module in (("python", ""), ("nbgrader", "-m nbgrader"),
                         ("labkit", "-m labkit.cli")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        (programs / name).chmod(0o755)
    (root / "students.csv").write_text("id,first_name,last_name,email\nada,Ada,L,\nbo,Bo,M,\n")
    with zipfile.ZipFile(root / "submissions.zip", "w") as archive:
        archive.writestr(f"Ada L_4711_assignsubmission_file_/{NAME}.ipynb",
                         nbformat.writes(solved(written="Six good sentences.")))
        archive.writestr(f"Someone Else_4712_assignsubmission_file_/{NAME}.ipynb", "{}")
    return root


def test_the_page_tells_the_limits_as_they_are():
    page, most = (ROOT / "book" / "appendix" / "instructors.md").read_text(), Limits()
    for words in (f"({most.storage >> 20} MiB)", f"{most.memory >> 30} GiB of memory",
                  f"{most.processes} processes and threads", f"{most.cell} s a cell",
                  f"{most.total // 60} minutes a notebook", f"{most.output >> 20} MiB of output",
                  f"after {most.cell} s, or the notebook after {most.total // 60} minutes",
                  f"more than {most.memory >> 30} GiB"):
        assert words in page, words


def read_by_hand(root: Path) -> None:
    """Give the written answer its points, as the formgrader pages do."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("written", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        gradebook.db.commit()


def test_the_pages_commands_lead_from_a_platforms_zip_to_grades_for_upload(clone: Path):
    blocks = runnable((ROOT / "book" / "appendix" / "instructors.md").read_text())
    assert len(blocks) == 5 and "make release" in blocks[0]  # the fifth command opens formgrader
    # PYTHON is what the Makefile sets the environment up with; there is nothing to set up here
    variables = environment(clone / "home") | {"PYTHON": "true"}
    said = []
    for block in blocks:
        if "generate_feedback" in block:
            assert status.read(clone / "grades" / NAME / "status.csv")["ada"].score is None
            read_by_hand(clone)
        done = subprocess.run(["bash", "-eu", "-c", block], cwd=clone, env=variables, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        said.append(done.stdout)
    rows = status.read(clone / "grades" / NAME / "status.csv")
    assert (rows["ada"].status, rows["ada"].score, rows["bo"].status) == ("graded", 19.5, "missing")
    with open(clone / "grades" / NAME / "moodle.csv", newline="", encoding="utf-8-sig") as file:
        scores = {row["username"]: row[NAME] for row in csv.DictReader(file)}
    assert scores == {"ada": "19.5", "bo": ""} and rows["ada"].reason == ""
    assert "Someone Else" in said[2]
    assert (clone / "dist" / "course-student.zip").exists()
    assert (clone / "feedback" / "ada" / NAME / f"{NAME}.html").exists()
