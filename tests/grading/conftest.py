"""One run of the whole cycle, which the tests of this folder look at from all sides."""

import csv
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbgrader import api
from nbgrader.api import Gradebook

from tests.grading import course
from tests.grading.course import NAME, cell, copied, nbgrader, release, solved, submit, without

ESSAY = "On raw areas the limit on the step is about 2e-7. Standardizing makes the columns alike."
WRONG_GRADIENT = """def mse_gradient(x, y, theta):
    error = x @ theta[:-1] + theta[-1] - y
    return torch.cat([x.T @ error, error.sum()[None]]) / len(x)"""
FLOAT32 = """def curvature(x):
    x1 = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    values = torch.linalg.eigvalsh(2 / len(x) * x1.T @ x1)
    low, high = values[0].item(), values[-1].item()
    return {"largest_step": 2 / high, "best_step": 2 / (low + high),
            "rate": (high - low) / (high + low)}"""
BROKEN = "def descend(a, c, start, eta, steps:\n    return None"
ENDLESS = """import time
def mse(x, y, theta):
    while True:
        time.sleep(0.05)"""


@pytest.fixture(scope="session", autouse=True)
def one_alembic() -> Iterator[None]:
    """Ask the program `alembic` for the gradebook's version once, not for each new gradebook."""
    with pytest.MonkeyPatch.context() as patch:
        ask = functools.cache(api.get_alembic_version)
        patch.setattr(api, "get_alembic_version", ask)
        yield


@dataclass
class Case:
    """A submission, the test cells it loses, and its points by hand; all written beforehand."""

    student: str
    what: str
    notebook: NotebookNode | str
    lost: set[str] | None  # None: it cannot be graded, and must not be exported as a zero
    hand: float
    reason: str


def foreign(notebook: NotebookNode) -> NotebookNode:
    """The notebook as another kernel would have saved it."""
    notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    notebook.metadata["language_info"] = {"name": "R"}
    return notebook


def cases() -> list[Case]:
    """Eight submissions, and a ninth that is no notebook at all."""
    answer = {"written": ESSAY}
    half = solved(**answer, mse_gradient=WRONG_GRADIENT, curvature=FLOAT32)
    cell(half, "house_prices").source = cell(release(), "house_prices").source
    tests = {c.metadata.nbgrader.grade_id for c in release().cells
             if c.metadata.get("nbgrader", {}).get("grade") and not course.is_answer(c)}
    deleted = without(solved(**answer, curvature=FLOAT32), "test_mse", "hidden_curvature")
    pasted = copied(copied(solved(**answer), "hidden_mse", 2), "descend", len(release().cells))
    return [
        Case("perfect", "perfect", solved(**answer), set(), 3, "all of 17"),
        Case("untouched", "untouched", release(), tests, 0, "every function raises"),
        Case("half", "half right", half,
             {"test_mse_gradient", "hidden_mse_gradient", "hidden_curvature", "test_house_prices",
              "hidden_house_prices"}, 1.5,
             "no factor 2: -2; float32 only fails hidden: -2; one task not done: -3"),
        Case("syntax", "a syntax error", solved(**answer, descend=BROKEN),
             {"test_descend", "hidden_descend"}, 3, "one function is missing: -4"),
        Case("endless", "an endless loop", solved(**answer, mse=ENDLESS),
             {"test_mse", "hidden_mse"}, 3, "one function never returns: -2"),
        Case("deleted", "two deleted test cells", deleted, {"hidden_curvature"}, 3,
             "put back and run: test_mse passes, hidden_curvature fails: -2"),
        Case("copied", "copied test and answer", pasted, set(), 3, "the copies count nothing"),
        Case("kernel", "another kernel's name", foreign(solved(**answer)), set(), 3,
             "graded with ours"),
        Case("unreadable", "no notebook at all", "{ not json", None, 0, "for a human to look at"),
    ]


@dataclass
class Cycle:
    """The course after the cycle, what its commands said, and the exported rows by student."""

    root: Path
    cases: dict[str, Case]
    said: dict[str, str]
    before: dict[str, dict[str, str]]
    rows: dict[str, dict[str, str]]

    @property
    def url(self) -> str:
        """The gradebook's address."""
        return f"sqlite:///{self.root}/gradebook.db"


@pytest.fixture(scope="session")
def cycle(tmp_path_factory: pytest.TempPathFactory) -> Cycle:
    """generate_assignment, submit, autograde all, export, grade by hand, feedback, export."""
    root = course.make(tmp_path_factory.mktemp("cycle"), "c.Sandboxed.cell = 10")
    run = {case.student: case for case in cases()}
    said = {"generate": nbgrader(root, "generate_assignment", NAME).stdout}
    for case in run.values():
        submit(root, case.student, case.notebook)
    said["autograde"] = nbgrader(root, "autograde", NAME).stdout
    (root / "autograde.log").write_text(said["autograde"])
    before = exported(root)
    mark(root, run)
    said["feedback"] = nbgrader(root, "generate_feedback", NAME).stdout
    return Cycle(root, run, said, before, exported(root))


def exported(root: Path) -> dict[str, dict[str, str]]:
    """Rows of `nbgrader export`, by student."""
    done = nbgrader(root, "export")
    assert done.returncode == 0, done.stdout
    with open(root / "grades.csv", newline="") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def mark(root: Path, run: dict[str, Case]) -> None:
    """Grade by hand, as the formgrader page does, what waits: answers, and tests cut off by time.
    """
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for submission in gradebook.assignment_submissions(NAME):
            for grade in submission.notebooks[0].grades if submission.notebooks else ():
                if grade.needs_manual_grade and run[submission.student.id].lost is not None:
                    hand = run[submission.student.id].hand if grade.name == "written" else 0.0
                    grade.manual_score, grade.needs_manual_grade = hand, False
        gradebook.db.commit()
