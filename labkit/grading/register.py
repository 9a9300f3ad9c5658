"""Enter an assignment in the gradebook; when it was edited after submissions exist, a way out.

nbgrader refuses a notebook with other cells once there are submissions, and takes over changed
tests and points without a word, so that some students are graded by the old and some by the new.
"""

import shutil
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config, PyFileConfigLoader

from labkit.grading.cells import released

Cells = dict[str, dict[str, Any]]


class RegisterError(Exception):
    """Why an assignment cannot be entered in the gradebook, and what to do."""


@dataclass
class Kept:
    """What one student's submission holds in the gradebook that no rerun brings back."""

    student: str
    submission: dict[str, Any]
    grades: dict[str, dict[str, Any]]
    comments: dict[str, str]


def register(course: Path, name: str, regrade: bool = False) -> list[str]:
    """Enter assignment `name` in course/gradebook.db; return what was done, in sentences.

    Raises RegisterError when it differs from the one that was graded, unless `regrade`: then the
    gradebook is backed up and takes the new cells; scores by hand and comments stay.
    """
    book = course / "gradebook.db"
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "gradebook.db"
        _generate(course, name, fresh)
        new = _cells(fresh, name)
    old = _cells(book, name) if book.exists() else {}
    students = _students(book, name) if old else []
    if old == new:
        return [f"{name}: in the gradebook, unchanged ({len(students)} graded)."]
    if not students:
        working = book.with_name(f"{book.name}.new")
        working.unlink(missing_ok=True)
        if book.exists():
            _copy(book, working)
        _generate(course, name, working)
        _replace(working, book)
        return [f"{name}: entered in the gradebook with {len(new)} cells."]
    if not regrade:
        raise RegisterError(_refusal(name, students, _difference(old, new)))
    return _regrade(course, name, book, old, new)


def _regrade(course: Path, name: str, book: Path, old: Cells, new: Cells) -> list[str]:
    """Back the gradebook up; enter new cells and what was kept in a copy, which then replaces it.

    A grade by hand comes back where its cell still exists; a grade by machine only where the cell
    is the very same.
    """
    backup = book.with_name(f"{book.name}.{datetime.now():%Y-%m-%dT%H-%M-%S.%f}")
    working = book.with_name(f"{book.name}.new")
    _copy(book, backup)
    _copy(book, working)
    kept = _take_out(working, name)
    _generate(course, name, working)
    lost = [loss for one in kept for loss in _put_back(working, name, one, old, new)]
    _replace(working, book)
    return [f"{name}: {len(new)} cells entered anew. {_difference(old, new)}",
            f"The gradebook as it was: {backup.name}",
            f"Scores by hand and comments of {len(kept)} students stay, for review. "
            + (f"Only in the backup, because their cell is gone: {'; '.join(lost)}. "
               if lost else "None was lost."),
            f"Now type: labkit grade {name} --force"]


def _generate(course: Path, name: str, book: Path) -> None:
    """nbgrader's generate_assignment into a gradebook; the notebook that it writes is dropped."""
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.db_url = _url(book)
    with tempfile.TemporaryDirectory() as folder:
        config.CourseDirectory.release_directory = folder
        result = NbGraderAPI(config=config).generate_assignment(name)
    if not result["success"]:
        raise RegisterError(f"nbgrader cannot read solutions/{name}:\n"
                            f"{result.get('error', '')}\n{result.get('log', '')}")


def _cells(book: Path, name: str) -> Cells:
    """What a gradebook says of each cell of an assignment; empty when it does not know it."""
    with Gradebook(_url(book)) as gradebook:
        try:
            return released(gradebook.find_notebook(name, name))
        except MissingEntry:
            return {}


def _students(book: Path, name: str) -> list[str]:
    with Gradebook(_url(book)) as gradebook:
        return sorted(one.student.id for one in gradebook.assignment_submissions(name))


def _take_out(book: Path, name: str) -> list[Kept]:
    """Remove the submissions of an assignment from a gradebook; return what they held."""
    kept = []
    with Gradebook(_url(book)) as gradebook:
        for one in gradebook.assignment_submissions(name):
            grades = {g.name: {"auto_score": g.auto_score, "manual_score": g.manual_score,
                               "extra_credit": g.extra_credit,
                               "needs_manual_grade": g.needs_manual_grade}
                      for notebook in one.notebooks for g in notebook.grades}
            comments = {c.name: c.manual_comment for notebook in one.notebooks
                        for c in notebook.comments if c.manual_comment}
            kept.append(Kept(one.student.id, {"timestamp": one.timestamp,
                                              "extension": one.extension}, grades, comments))
        for one in kept:
            gradebook.remove_submission(name, one.student)
    return kept


def _put_back(book: Path, name: str, kept: Kept, old: Cells, new: Cells) -> list[str]:
    """Enter a submission again with what it held; return what has no cell any more, in words."""
    lost = []
    with Gradebook(_url(book)) as gradebook:
        gradebook.add_submission(name, kept.student, **kept.submission)
        for cell, values in kept.grades.items():
            by_hand = values["manual_score"] is not None or values["extra_credit"] is not None
            if not new.get(cell, {}).get("grade"):
                lost += [f"{kept.student} {cell} {values['manual_score']}"] if by_hand else []
                continue
            grade = gradebook.find_grade(cell, name, name, kept.student)
            same = old.get(cell) == new[cell]
            for key, value in (values if same else values | {"auto_score": None}).items():
                setattr(grade, key, value)
            grade.needs_manual_grade |= by_hand and not same
        for cell, text in kept.comments.items():
            if new.get(cell, {}).get("solution"):
                gradebook.find_comment(cell, name, name, kept.student).manual_comment = text
            else:
                lost.append(f"{kept.student} {cell} {text!r}")
        gradebook.db.commit()
    return lost


def _difference(old: Cells, new: Cells) -> str:
    """Which cells came, went or changed, in one sentence."""
    both = old.keys() & new.keys()
    groups = {"added": new.keys() - old.keys(), "removed": old.keys() - new.keys(),
              "changed": {cell for cell in both if old[cell] != new[cell]}}
    return "Cells " + "; ".join(f"{what}: {', '.join(sorted(cells))}"
                                for what, cells in groups.items() if cells) + "."


def _refusal(name: str, students: list[str], difference: str) -> str:
    return (f"{name} was edited after {len(students)} submissions were graded. {difference}\n"
            "Nothing was written. Either keep the version that was graded: take the edit out of\n"
            f"solutions/{name}.py (git has the old one), type `make exercises`, and bring the\n"
            "edit with the next course; or grade everybody by the new version:\n"
            f"  python -m labkit.authoring release --regrade {name}\n"
            "which backs gradebook.db up, takes the new cells, keeps scores by hand and comments,\n"
            "and tells what to type next.")


def _copy(source: Path, target: Path) -> None:
    """Copy a gradebook whole, also while somebody has it open."""
    target.unlink(missing_ok=True)
    with sqlite3.connect(source) as read, sqlite3.connect(target) as write:
        read.backup(write)
    shutil.copymode(source, target)


def _replace(working: Path, book: Path) -> None:
    """Make a gradebook what another one is, in one step, also while somebody has it open."""
    with sqlite3.connect(working) as read, sqlite3.connect(book) as write:
        read.backup(write)
    working.unlink()


def _url(book: Path) -> str:
    return f"sqlite:///{book.resolve()}"
