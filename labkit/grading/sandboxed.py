"""What nbgrader runs in place of its own `Execute`: a submission in the box, and what follows."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Int, List, Unicode

from labkit.grading import unit
from labkit.grading.box import Limits
from labkit.grading.outputs import is_test
from labkit.grading.submission import beside

Resources = dict[str, Any]
Preprocessed = tuple[NotebookNode, Resources]
_DEFAULT = Limits()
# What runs the unit of work; the runner sets its own (no trait: those are copied deeply).
ENGINE: ContextVar[Callable[..., str]] = ContextVar("ENGINE", default=unit.execute)


class Sandboxed(NbGraderPreprocessor):
    """Execute a submission in the box. Used first in `c.Autograde.autograde_preprocessors`."""

    unsafe = Bool(False, help="run students' code outside of the box, as yourself").tag(config=True)
    cell = Int(_DEFAULT.cell, help="seconds a cell may take").tag(config=True)
    total = Int(_DEFAULT.total, help="seconds a notebook may take").tag(config=True)
    memory = Int(_DEFAULT.memory, help="bytes of memory").tag(config=True)
    processes = Int(_DEFAULT.processes, help="processes and threads").tag(config=True)
    storage = Int(_DEFAULT.storage, help="bytes of files, in memory").tag(config=True)
    output = Int(_DEFAULT.output, help="bytes of output a cell").tag(config=True)
    readable = List(Unicode(), help="further folders that submissions may read").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Preprocessed:
        """Replace the notebook by the executed one; raises unit.Ended, box.BoxError."""
        return self.execute(nb, beside(Path(resources["metadata"]["path"]))), resources

    def execute(self, nb: NotebookNode, files: dict[str, bytes]) -> NotebookNode:
        """A notebook executed as the settings say, `files` beside it."""
        names = {field.name for field in fields(Limits)} & set(self.trait_names())
        limits = replace(_DEFAULT, **{name: getattr(self, name) for name in names})
        return v4.reads(ENGINE.get()(v4.writes(nb), files, limits, self.unsafe,
                                     tuple(self.readable)))


class AskHuman(NbGraderPreprocessor):
    """Mark for a human what a machine cannot judge: tests of which some were silenced or cut off.

    Their points wait in the formgrader page until somebody enters them; none were given. Used
    after `SaveAutoGrades` in `c.Autograde.autograde_preprocessors`.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Preprocessed:
        """Set `needs_manual_grade` for each test in doubt."""
        doubted = in_doubt(nb)
        where = resources["nbgrader"]
        if doubted:
            with Gradebook(where["db_url"]) as gradebook:
                for name in doubted:
                    grade = gradebook.find_grade(name, where["notebook"], where["assignment"],
                                                 where["student"])
                    grade.auto_score, grade.needs_manual_grade = 0.0, True
                gradebook.db.commit()
        return nb, resources


def in_doubt(nb: NotebookNode) -> list[str]:
    """Grade ids of the tests that gave no points that can be trusted.

    All of them, where one was silenced. Of a cell that was cut off: the test itself, or the first
    that fails.
    """
    noticed = nb.metadata.get("grading", {})
    tests = {cell.metadata.nbgrader.grade_id: cell for cell in nb.cells if is_test(cell)}
    if noticed.get("tampered"):
        return list(tests)
    late = set(noticed.get("timed_out", []))
    found = [name for name in tests if name in late]
    if late and not found:
        found = [name for name, cell in tests.items() if unit.failed(cell)][:1]
    return found
