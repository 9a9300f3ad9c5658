"""From a gradebook and what happened to a row of status.csv."""

import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from labkit.grading import status
from labkit.grading.box import BoxError
from labkit.grading.judge import failed, judged, settled
from labkit.grading.marks import Marks, marks
from labkit.grading.status import STATUSES, Row, read, write
from labkit.grading.submission import Malformed
from labkit.grading.unit import Ended

NAME = "lesson"
DUE = datetime(2026, 3, 1, 12)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment with two tests (2 and 3 points), an answer by hand (4) and a task (5)."""
    path = tmp_path_factory.mktemp("marks") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as gradebook:
        gradebook.add_assignment(NAME, duedate=DUE)
        gradebook.add_notebook(NAME, NAME)
        for name, most in (("t1", 2), ("t2", 3), ("essay", 4)):
            gradebook.add_grade_cell(name, NAME, NAME, max_score=most, cell_type="code")
        gradebook.add_solution_cell("essay", NAME, NAME)
        gradebook.add_task_cell("task", NAME, NAME, max_score=5, cell_type="markdown")
        gradebook.add_assignment("other")
        gradebook.add_notebook("other", "other")
        gradebook.add_grade_cell("t1", "other", "other", max_score=50, cell_type="code")
    return path


@pytest.fixture
def book(empty: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(empty, tmp_path))


def enter(book: Path, student: str, given: dict[str, tuple], **facts: object) -> None:
    """A submission whose grades are (auto, manual, extra, waits); None where there is none."""
    with Gradebook(f"sqlite:///{book}") as gradebook:
        gradebook.add_student(student)
        one = gradebook.add_submission(NAME, student, **{k: v for k, v in facts.items()
                                                         if k in ("timestamp", "extension")})
        one.notebooks[0].late_submission_penalty = facts.get("penalty")
        for grade in one.notebooks[0].grades:
            grade.needs_manual_grade = False
            if grade.name in given:
                (grade.auto_score, grade.manual_score, grade.extra_credit,
                 grade.needs_manual_grade) = given[grade.name]
        gradebook.db.commit()


ALL = {"t1": (2, None, None, False), "t2": (0, None, None, False),
       "essay": (None, 3, None, False), "task": (None, 4, None, False)}


def row(book: Path, student: str, **noticed: list[str]) -> Row:
    return judged(student, marks(book, NAME, student)[student], noticed)


def test_what_the_gradebook_holds(book: Path):
    enter(book, "ada", ALL)
    enter(book, "bob", ALL | {"t2": (3, 1, 0.5, False), "essay": (None, None, None, True)})
    enter(book, "cy", ALL | {"t1": (None, None, None, False)})
    enter(book, "dee", ALL | {"essay": (0, None, None, False), "task": (None, None, None, False)})
    assert marks(book, NAME) == {
        "ada": Marks(2, 9, 14), "bob": Marks(5, 7.5, 14, ["essay"]),
        "cy": Marks(None, 7, 14), "dee": Marks(2, 2, 14)}
    assert marks(book, NAME, "bob") == {"bob": Marks(5, 7.5, 14, ["essay"])}
    assert marks(book, NAME, "nobody") == marks(book, "none") == marks(book, "other") == {}
    assert marks(book.parent / "no.db", NAME) == {} and not (book.parent / "no.db").exists()


def test_it_is_what_nbgrader_says(book: Path):
    enter(book, "ada", ALL | {"t1": (2, 1, 0.25, False)}, penalty=1.5)
    with Gradebook(f"sqlite:///{book}") as gradebook:
        one = gradebook.find_submission(NAME, "ada")
        want = one.score - one.late_submission_penalty, one.max_score
    found = row(book, "ada")
    assert (found.score, found.max_score) == want and want[0] == 0 + 1 + 0.25 + 3 + 4 - 1.5


@pytest.mark.parametrize(("after", "extension", "late"), [
    (timedelta(seconds=90), None, 90.0), (timedelta(0), None, 0.0), (-timedelta(1), None, 0.0),
    (timedelta(hours=2), timedelta(hours=1), 3600.0), (timedelta(hours=2), timedelta(days=1), 0.0)])
def test_late(book: Path, after: timedelta, extension: timedelta | None, late: float):
    enter(book, "ada", ALL, timestamp=DUE + after, extension=extension)
    found = row(book, "ada")
    assert found.late_seconds == late
    assert (found.status, found.score) == (status.LATE if late else status.GRADED, 9)


def test_without_a_time_or_a_due_date_nobody_is_late(book: Path):
    enter(book, "ada", ALL)
    enter(book, "bob", ALL, timestamp=DUE + timedelta(1))
    assert row(book, "ada").status == status.GRADED and row(book, "bob").status == status.LATE
    with sqlite3.connect(book) as connection:
        connection.execute("update assignment set duedate = null")
    assert row(book, "bob").status == status.GRADED


def test_a_penalty_takes_no_more_than_there_is(book: Path):
    enter(book, "ada", ALL, timestamp=DUE + timedelta(1), penalty=2)
    enter(book, "bob", ALL, timestamp=DUE + timedelta(1), penalty=20)
    assert (row(book, "ada").score, row(book, "bob").score) == (7, 0)
    assert row(book, "ada").machine_score == 2 and row(book, "bob").status == status.LATE


def test_what_waits_has_no_score(book: Path):
    enter(book, "ada", ALL | {"task": (None, None, None, True), "t1": (2, None, None, True)},
          timestamp=DUE + timedelta(1))
    found = row(book, "ada")
    assert (found.status, found.score, found.machine_score) == (status.HUMAN, None, 2)
    assert found.reason == "waits for points by hand: t1, task" and found.late_seconds > 0


@pytest.mark.parametrize(("noticed", "what"), [
    ({"tampered": ["t1"]}, status.TAMPERED), ({"timed_out": ["t1"]}, status.TIMED_OUT),
    ({"tampered": ["t1"], "timed_out": ["t2"]}, status.TAMPERED)])
def test_a_test_in_doubt_has_no_score_until_somebody_enters_one(book: Path, noticed, what):
    enter(book, "ada", ALL | {"t1": (0, None, None, True)})
    found = row(book, "ada", **noticed)
    assert (found.status, found.score, found.machine_score) == (what, None, 0)
    assert "t1" in found.reason
    again = settled(found, marks(book, NAME)["ada"])
    assert (again.status, again.score) == (what, None)
    with Gradebook(f"sqlite:///{book}") as gradebook:
        grade = gradebook.find_grade("t1", NAME, NAME, "ada")
        grade.manual_score, grade.needs_manual_grade = 1, False
        gradebook.db.commit()
    done = settled(found, marks(book, NAME)["ada"])
    assert (done.status, done.score) == (status.GRADED, 8)


def test_an_own_cell_that_was_cut_off_costs_nothing_where_no_test_failed(book: Path):
    enter(book, "ada", ALL)
    found = row(book, "ada", timed_out=["cell 3"])
    assert (found.status, found.score) == (status.GRADED, 9) and "cell 3" in found.reason


def test_a_row_follows_what_humans_do(book: Path):
    enter(book, "ada", ALL)
    found = row(book, "ada", repaired=["copied t1", "order"])
    assert found.repaired == "copied t1; order" and found.score == 9
    with Gradebook(f"sqlite:///{book}") as gradebook:
        gradebook.find_grade("essay", NAME, NAME, "ada").needs_manual_grade = True
        gradebook.db.commit()
    waits = settled(found, marks(book, NAME)["ada"])
    assert (waits.status, waits.score) == (status.HUMAN, None) and waits.repaired


@pytest.mark.parametrize("what", [status.MALFORMED, status.CRASHED, status.OUT_OF_MEMORY,
                                  status.MISSING])
def test_what_was_not_graded_stays_so_whatever_the_gradebook_holds(what: str):
    one = Row("ada", what, "why")
    assert settled(one, Marks(5, 5, 5)) == one and settled(one, None) == one


def test_a_submission_that_ran_and_left_no_machine_score_has_none():
    one = settled(Row("ada", status.GRADED, score=5, machine_score=5), Marks(None, 5, 5))
    assert (one.score, one.machine_score) == (None, None)


def test_only_what_has_a_score_counts():
    one = settled(Row("ada", status.GRADED, score=5, machine_score=5), Marks(None, 5, 5))
    assert one.status not in status.COUNTS


@pytest.mark.parametrize(("error", "ran", "what", "words"), [
    (Ended(status.CRASHED, "gone"), True, status.CRASHED, "gone"),
    (Ended(status.TIMED_OUT, "long"), True, status.TIMED_OUT, "long"),
    (Ended(status.OUT_OF_MEMORY, "big"), True, status.OUT_OF_MEMORY, "big"),
    (Malformed("a link"), False, status.MALFORMED, "a link"),
    (Malformed("a link"), True, status.MALFORMED, "a link"),
    (ValueError("x\n" * 999), False, status.MALFORMED, "cannot be read (ValueError: x x"),
    (KeyError("text"), True, status.HUMAN, "could not be scored (KeyError"),
    (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no"), True, status.HUMAN, "UnicodeEncodeError")])
def test_each_failure_is_a_row_without_a_score(error: Exception, ran: bool, what: str, words: str):
    found = failed("ada", error, ran)
    assert (found.student_id, found.status, found.score) == ("ada", what, None)
    assert words in found.reason and len(found.reason) < 300
    assert settled(found, None) == found


def test_a_box_error_is_no_row_of_a_student_s():
    assert not issubclass(BoxError, (Ended, Malformed))


@pytest.mark.parametrize("text", ["", "a,b", 'quo"te', "two\nlines", "\r\n", "=1+1", " spaces ",
                                  "é李🙂", "tab\t", "'", "\u2028", "a;b"])
def test_status_csv_gives_back_what_was_written(tmp_path: Path, text: str):
    rows = [Row(f"z{text}", status.GRADED, text, 0.1 + 0.2, 0.0, 17, 1.5, text, 2.25, text),
            Row("ada", status.MISSING, text)]
    path = tmp_path / "new" / "status.csv"
    write(path, rows)
    assert list(read(path).values()) == rows[::-1]  # sorted by student
    assert [one.name for one in path.parent.iterdir()] == ["status.csv"]


def test_status_csv_is_replaced_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "status.csv"
    assert read(path) == {}
    write(path, [Row("ada", status.MISSING)])
    with pytest.raises(UnicodeEncodeError):
        write(path, [Row("bob", status.MISSING), Row("cy", status.CRASHED, "\udcff")])
    assert list(read(path)) == ["ada"]
    write(path, [])
    assert read(path) == {}


def test_there_are_nine_statuses_and_two_count():
    assert len(set(STATUSES)) == 9 and status.COUNTS == (status.GRADED, status.LATE)
    with pytest.raises(ValueError, match="no status"):
        Row("ada", "fine")
