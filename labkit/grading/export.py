"""Grades as csv that tell a zero from a submission which was never graded."""

import csv
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Student,
    SubmittedAssignment,
)
from nbgrader.plugins import ExportPlugin

COLUMNS = ("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email",
           "raw_score", "late_submission_penalty", "score", "max_score", "status")


class Scores(ExportPlugin):
    """nbgrader's own csv with one column more, `status`, and no score where none was given.

    nbgrader exports a submission that crashed as 0.0. Used as `c.ExportApp.plugin_class`.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write one row for each assignment and student to `--to` (grades.csv)."""
        with open(self.to or "grades.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            for assignment in gradebook.assignments:
                if not self.assignment or assignment.name in map(str, self.assignment):
                    writer.writerows(self._rows(gradebook, assignment))

    def _rows(self, gradebook: Gradebook, assignment: Assignment) -> list[dict[str, Any]]:
        """One row for each student of the gradebook, and for each folder that none was made of."""
        known = {student.id: student for student in gradebook.students}
        handed_in = self._handed_in(assignment.name)
        wanted = [str(name) for name in self.student] or sorted({*known, *handed_in})
        return [row(gradebook, assignment, known.get(name), name, name in handed_in)
                for name in wanted]

    def _handed_in(self, assignment: str) -> set[str]:
        """Who has a folder in submitted/."""
        course = getattr(self.parent, "coursedir", None)
        if course is None:
            return set()
        folder = Path(course.root) / course.submitted_directory
        return {path.parent.name for path in folder.glob(f"*/{assignment}")}


def row(gradebook: Gradebook, assignment: Assignment, student: Student | None, name: str,
        handed_in: bool) -> dict[str, Any]:
    """One student's row; the score stays empty where not everything was graded.

    `raw_score` is what was given so far.
    """
    try:
        submission = gradebook.find_submission(assignment.name, name)
    except MissingEntry:
        submission = None
    cells = {"assignment": assignment.name, "duedate": assignment.duedate, "student_id": name,
             "max_score": assignment.max_score, "status": status(submission, handed_in)}
    if student is not None:
        cells |= {key: getattr(student, key) for key in ("last_name", "first_name", "email")}
    if submission is None or cells["status"] == "not graded":
        return cells
    penalty = submission.late_submission_penalty or 0.0
    whole = cells["status"] == "graded"
    return cells | {"timestamp": submission.timestamp, "raw_score": submission.score,
                    "late_submission_penalty": penalty,
                    "score": max(0.0, submission.score - penalty) if whole else None}


def status(submission: SubmittedAssignment | None, handed_in: bool) -> str:
    """`graded`, `needs hand grading`, `not graded` (look at its log) or `nothing handed in`."""
    if submission is None:
        return "not graded" if handed_in else "nothing handed in"
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    if any(_by_machine(grade) and grade.auto_score is None and grade.manual_score is None
           for grade in grades):
        return "not graded"
    waiting = any(grade.needs_manual_grade for grade in grades)
    return "needs hand grading" if waiting else "graded"


def _by_machine(grade: Grade) -> bool:
    """Whether a grade is a test cell's, and not an answer's that a human marks."""
    answers = {cell.name for cell in grade.cell.notebook.solution_cells}
    return isinstance(grade.cell, GradeCell) and grade.name not in answers
