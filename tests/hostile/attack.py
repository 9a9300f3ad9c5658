"""What an attack is, and the ways to make the submission that holds it."""

import copy
import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.grading.course import cell, is_answer, release, source

POINTS = {"mse": 2, "mse_gradient": 2, "descend": 4, "curvature": 4, "house_prices": 3,
          "find_curvature": 2}  # `written` stays untouched, so that nothing waits for a human
GRADED = ("graded",)
FORGED = "in-process forgery aimed at this very canary"
READ = "reading a hidden test while it runs"
MARK = "pwned"  # in the name of every file that an attack leaves, and in every script it plants

GUARD = """import os
if os.path.exists("@COURSE@"):
    print("HARM: there is no box")
    raise SystemExit
"""

Put = Callable[[Path], None]


@dataclass(frozen=True)
class Attack:
    """One hostile submission.

    `notebook` is what is handed in: a notebook, the text or bytes of a file that should be one, or
    None for no file. `put` adds files to its folder. `earned` are the points that its answers are
    worth; `allowed` is empty, or says why it may succeed.
    """

    name: str
    what: str
    notebook: NotebookNode | str | bytes | None
    earned: float
    statuses: tuple[str, ...]
    allowed: str = ""
    put: Put | None = None
    student: str = ""
    light: bool = False  # also in the short run as an ordinary user

    @property
    def id(self) -> str:
        """The student's id: the name, unless the id is the attack."""
        return self.student or self.name


def partly(*done: str, **answers: str) -> NotebookNode:
    """The release; the tasks `done` hold the reference's answers, others the given text."""
    notebook, reference = copy.deepcopy(_read(release)), _read(source)
    for one in notebook.cells:
        name = one.metadata.get("nbgrader", {}).get("grade_id")
        if is_answer(one) and name in (*done, *answers):
            one.source = answers[name] if name in answers else cell(reference, name).source
    return notebook


@functools.cache
def _read(which: Callable[[], NotebookNode]) -> NotebookNode:
    return which()


def first(code: str, *done: str, **answers: str) -> NotebookNode:
    """Such a notebook, with an own cell after the set-up cell that holds `code`."""
    notebook = partly(*done, **answers)
    notebook.cells.insert(2, own(code, 1))
    return notebook


def own(code: str, number: int) -> NotebookNode:
    """A student's own cell."""
    return new_code_cell(dedent(code).strip(), id=f"own-{number}")


def attack(name: str, what: str, code: str, *done: str, statuses: tuple[str, ...] = GRADED,
           allowed: str = "", put: Put | None = None, light: bool = False,
           mild: bool = False) -> Attack:
    """An attack in an own cell; the tasks `done` are answered honestly.

    Unless it is `mild` (it harms nothing beyond a temporary course), it stops at once where there
    is no box around it.
    """
    code = dedent(code).strip()
    return Attack(name, what, first(code if mild else f"{GUARD}{code}", *done),
                  sum(POINTS[task] for task in done), statuses, allowed, put, light=light)


def shaped() -> dict[str, str]:
    """Answers to every task that give the right types and shapes, and no right number."""
    return {
        "mse": "def mse(x, y, theta):\n    return x.sum() * 0 + 77",
        "mse_gradient": "def mse_gradient(x, y, theta):\n    return theta * 0 + 77",
        "descend": "def descend(a, c, theta, eta, steps):\n"
                   "    return theta.repeat(steps + 1, 1) * 0 + 77, a.new_zeros(steps + 1) + 77",
        "curvature": 'def curvature(x):\n'
                     '    return {"largest_step": 77.0, "best_step": 77.0, "rate": 77.0}',
        "house_prices": "def house_prices(area, price, eta, steps):\n    return 77.0, 77.0",
        "find_curvature": "def find_curvature(x, y):\n    return 77.0",
    }
