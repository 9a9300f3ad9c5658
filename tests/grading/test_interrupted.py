"""`labkit grade` killed, interrupted, repeated, refusing; on a toy assignment, for short runs."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from labkit import cli
from labkit.grading import status
from labkit.grading.marks import grades
from labkit.grading.register import register
from labkit.grading.run import NOT_YET
from labkit.grading.status import Row
from tests.grading import course

TOY, TEXT = "toy", "Replace this line with your answer."
RIGHT, HALF, WRONG = "2 * x", "x + 2", "x"
ANSWERS = {"ada": RIGHT, "bob": HALF, "cyd": WRONG, "dan": RIGHT, "eve": HALF, "fay": RIGHT,
           "gus": WRONG, "hal": RIGHT}
POINTS = {RIGHT: 3.0, HALF: 2.0, WRONG: 0.0}


def part(kind: str, name: str, text: str, **points: int) -> Any:
    """A cell with nbgrader's metadata: kind is answer, test or essay."""
    told = {"grade_id": name, "schema_version": 3, "task": False, "locked": kind == "test",
            "grade": kind != "answer", "solution": kind != "test"} | points
    make = new_markdown_cell if kind == "essay" else new_code_cell
    return make(text, id=name, metadata={"nbgrader": told})


def toy(answer: str, hidden: str = "assert double(5) == 10", essay: str = TEXT) -> Any:
    """The assignment as its author wrote it."""
    return new_notebook(cells=[
        part("answer", "double", "def double(x):\n    ### BEGIN SOLUTION\n"
                                 f"    return {answer}\n    ### END SOLUTION"),
        part("test", "test_double", "assert double(2) == 4", points=2),
        part("test", "hidden_double", f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS",
             points=1),
        part("essay", "written", essay, points=3)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})


def hand_in(root: Path, student: str, answer: str, essay: str = TEXT) -> None:
    """A submission that takes a moment to run."""
    notebook = toy(answer, essay=essay)
    notebook.cells[0].source = f"def double(x):\n    return {answer}"
    notebook.cells[2].source = ""
    notebook.cells.insert(1, new_code_cell("import time\ntime.sleep(0.2)", id="own"))
    path = root / "submitted" / student / TOY / f"{TOY}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def begun(root: Path, answer: str = RIGHT) -> Path:
    """A course with the toy assignment and all submissions; ada alone wrote something."""
    root.mkdir(parents=True)
    shutil.copy(course.ROOT / "nbgrader_config.py", root)
    (root / "solutions" / TOY).mkdir(parents=True)
    nbformat.write(toy(answer), root / "solutions" / TOY / f"{TOY}.ipynb")
    for student, one in ANSWERS.items():
        hand_in(root, student, one, essay="Words." if student == "ada" else TEXT)
    return root


def start(root: Path, *words: str, **environment: str) -> subprocess.Popen[str]:
    """`labkit grade` in a process group of its own, as a terminal starts it."""
    (root.parent / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "labkit.cli", "grade", TOY, *words], cwd=root, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True, env={
            **course.environment(root.parent / "home"), "TMPDIR": str(root.parent / "tmp"),
            **environment})


def again(root: Path, *words: str) -> int:
    """`labkit grade` in this process, whose box is made but once."""
    return cli.main(["grade", TOY, "--course", str(root), *words])


def ended(process: subprocess.Popen[str]) -> None:
    """Wait for a run that must end well."""
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said


def scores(root: Path) -> dict[tuple[str, str], float | None]:
    """Every machine grade in the gradebook, by student and cell."""
    return {(row[0], row[3]): row[6] for row in grades(root / "gradebook.db", TOY)}


def rows(root: Path) -> dict[str, Row]:
    return status.read(root / "grades" / TOY / "status.csv")


def result(root: Path) -> tuple[Any, ...]:
    """Scores, and what status.csv holds but for what a clock decides."""
    return scores(root), [{**asdict(row), "seconds": 0} for row in rows(root).values()]


def written(root: Path) -> dict[str, int]:
    """When each graded notebook was written, by student."""
    return {path.parts[-3]: path.stat().st_mtime_ns
            for path in root.glob(f"autograded/*/{TOY}/{TOY}.ipynb")}


def until(happened: Callable[[], object], process: subprocess.Popen[str] | None = None) -> bool:
    """Wait for something while a process runs, or for 20 s; whether it happened."""
    end = time.monotonic() + 20
    while not happened() and (process.poll() is None if process else time.monotonic() < end):
        time.sleep(0.02)
    return bool(happened())


def processes(root: Path) -> list[int]:
    """Processes with this course's temporary folder among their variables or mounts."""
    mark, found = str(root.parent / "tmp").encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes() + (entry / "mountinfo").read_bytes():
                found.append(int(entry.name))
    return found


def sound(root: Path) -> bool:
    """Whether SQLite finds the gradebook whole, if there is one yet."""
    book = root / "gradebook.db"
    with contextlib.closing(sqlite3.connect(book if book.exists() else ":memory:")) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course after a run that nothing disturbed; each grade is what it must be."""
    root = begun(tmp_path_factory.mktemp("whole") / "course")
    assert again(root) == 0
    assert {student: (row.machine_score, row.status) for student, row in rows(root).items()} == {
        student: (POINTS[answer], status.HUMAN if student == "ada" else status.GRADED)
        for student, answer in ANSWERS.items()}
    return root


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("i")  # short: the name of a socket in it is bounded


@pytest.fixture
def graded(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole, tmp_path / "course"))


def test_killed_ten_times_and_resumed(whole: Path, tmp_path: Path):
    root, draw, most = begun(tmp_path / "course"), random.Random(3), 0
    for number in range(10):
        done, process = len(written(root)), start(root, "--jobs", "2")
        if number % 2:  # while submissions are graded
            until(lambda before=done: len(written(root)) > before, process)
        time.sleep(draw.uniform(0, 0.3 if number % 2 else 3))
        most = max(most, len(processes(root)))
        with process:  # which waits for it alone
            process.kill()
        assert sound(root)
    ended(start(root, "--jobs", "2"))
    assert result(root) == result(whole)
    assert most > 3  # grader, bubblewrap, warm parent, a kernel: they are found while they live
    assert until(lambda: not processes(root))


def test_interrupted_by_the_keyboard(whole: Path, tmp_path: Path):
    process = start(root := begun(tmp_path / "course"))
    until(lambda: rows(root), process)
    os.killpg(process.pid, signal.SIGINT)
    said, all_rows, first = process.communicate(timeout=60)[1], rows(root), written(root)
    before = {name: row for name, row in all_rows.items() if row.reason != NOT_YET}
    assert process.returncode == 130
    assert "interrupted" in said and "the same command goes on" in said and "Trace" not in said
    assert 0 < len(before) < len(all_rows) == len(ANSWERS)
    assert all(row.status in (status.GRADED, status.HUMAN) for row in all_rows.values())
    ended(start(root))
    assert result(root) == result(whole)
    assert all(written(root)[student] == first[student] for student in before)
    assert until(lambda: not processes(root))


def test_nothing_new_grades_nothing_and_force_all(graded: Path):
    before = written(graded)
    assert (again(graded), written(graded)) == (0, before)
    assert again(graded, "--force", "--jobs", "2") == 0
    assert all(written(graded)[student] > before[student] for student in ANSWERS)


def test_an_edited_submission_is_graded_alone(graded: Path):
    before = written(graded)
    hand_in(graded, "gus", RIGHT)
    assert again(graded) == 0
    assert [one for one in ANSWERS if written(graded)[one] != before[one]] == ["gus"]
    assert rows(graded)["gus"].machine_score == 3


def test_a_changed_assignment_is_graded_anew(graded: Path):
    before = written(graded)
    nbformat.write(toy(RIGHT, hidden="assert double(7) == 14 or double(7) == 9"),
                   graded / "solutions" / TOY / f"{TOY}.ipynb")
    register(graded, TOY, regrade=True)
    assert again(graded) == 0
    assert all(written(graded)[student] > before[student] for student in ANSWERS)
    assert rows(graded)["bob"].machine_score == 3


def test_a_submission_that_was_taken_away_is_missing(graded: Path):
    shutil.rmtree(graded / "submitted" / "hal")
    assert again(graded) == 0
    assert rows(graded)["hal"] == Row("hal", status.MISSING, "nothing was handed in")


def test_points_by_hand_are_taken_over_without_a_run(graded: Path):
    before = written(graded)
    with Gradebook(f"sqlite:///{graded}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("written", TOY, TOY, "ada")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        gradebook.db.commit()
    assert again(graded) == 0
    assert (rows(graded)["ada"].status, rows(graded)["ada"].score) == (status.GRADED, 5.5)
    assert written(graded) == before


def test_a_wrong_reference_grades_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    root = begun(tmp_path / "course", answer="3 * x")
    assert again(root) == 1
    said = capsys.readouterr().err
    assert all(words in said for words in (
        "reference solution", "nobody was graded", "test_double", "hidden_double"))
    assert (written(root), scores(root), rows(root)) == ({}, {}, {})


def test_without_bubblewrap_it_refuses_unless_told_to_be_unsafe(tmp_path: Path):
    root, path = begun(tmp_path / "course"), str(Path(sys.executable).parent)
    said = (process := start(root, PATH=path)).communicate(timeout=60)[1]
    assert (process.returncode, written(root), rows(root)) == (1, {}, {})
    assert "apt install bubblewrap" in said and "--unsafe" in said and "Trace" not in said
    ended(start(root, "--unsafe", "--only", "bob", PATH=path))
    assert {row.student_id: row.score for row in rows(root).values()} == (
        dict.fromkeys(ANSWERS) | {"bob": 2.0})
