"""`labkit grade`: every submission of an assignment graded, in the box, several at a time.

What runs a submission is `engine` (see labkit/grading/unit.py); this process alone writes the
gradebook, one submission at a time, for nbgrader is not made for threads.
"""

import contextlib
import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import ClearOutput
from nbgrader.utils import compute_checksum
from sqlalchemy.exc import OperationalError
from tqdm import tqdm
from traitlets.config import Config, PyFileConfigLoader

from labkit.grading import status, unit
from labkit.grading.box import BoxError
from labkit.grading.cells import released
from labkit.grading.grader import Grader
from labkit.grading.judge import failed, judged, settled
from labkit.grading.marks import Marks, marks, one_engine
from labkit.grading.outputs import is_test
from labkit.grading.register import register
from labkit.grading.sandboxed import ENGINE, Sandboxed
from labkit.grading.status import Row
from labkit.grading.submission import fingerprint
from labkit.grading.unit import Ended

Engine = Callable[..., str]
# nbgrader sets a variable around each execution, which is not made for threads; the box has its own
SAME_ENVIRONMENT = mock.patch.object(utils, "setenv", lambda **_: contextlib.nullcontext())
NOT_YET = "handed in, and not graded yet: give the same command again"


class GradeError(Exception):
    """Why nothing is graded, and what to do."""


@dataclass
class Order:
    """What to grade: the command's words."""

    course: Path
    name: str
    jobs: int = 1
    only: str | None = None
    force: bool = False
    unsafe: bool = False


class Run:
    """One run over a course: reads status.csv, grades what is not in it yet, keeps it up to date.
    """

    def __init__(self, order: Order, engine: Engine = unit.execute) -> None:
        self.order, self.name, self.course = order, order.name, order.course
        self.book = order.course / "gradebook.db"
        self.config = settings(order.course)
        self.config.Sandboxed.unsafe = order.unsafe
        self._turn = threading.Lock()  # held by whoever is in nbgrader's code
        self.engine = engine
        self.path = order.course / "grades" / order.name / "status.csv"
        self.rows = status.read(self.path)

    def start(self) -> dict[str, Row]:
        """Grade; return every enrolled student's row. Ctrl-C ends it with what is done written."""
        with one_engine(), SAME_ENVIRONMENT:
            self.cells = self._cells()
            todo = self._todo()
            if todo:
                self._control()
            try:
                self._grade_all(todo)
            finally:
                self._settle_all()
        return self.rows

    def _grade_all(self, todo: dict[str, Path]) -> None:
        """Grade the students of `todo`; write status.csv after each."""
        pool = ThreadPoolExecutor(self.order.jobs, thread_name_prefix="grade")
        futures = {pool.submit(self._grade, *one) for one in todo.items()}
        try:
            with tqdm(total=len(todo), desc=self.name, unit="submission",
                      disable=not todo) as bar:
                while futures:
                    done, futures = wait(futures, return_when=FIRST_COMPLETED)
                    for future in done:
                        row = future.result()
                        self.rows[row.student_id] = row
                        bar.update()
                    status.write(self.path, self.rows.values())
        except BaseException:
            for future in futures:
                future.cancel()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def _grade(self, student: str, folder: Path) -> Row:
        """Grade one submission; whatever goes wrong with it becomes its row."""
        start, before = time.monotonic(), fingerprint(folder, self.cells)
        ENGINE.set(functools.partial(self._aside, self.engine))
        with self._turn:
            grader = Grader(self.config, self.name, student)
            try:
                noticed = grader.grade()
                row = judged(student, marks(self.book, self.name, student)[student], noticed)
            except (BoxError, GradeError, OperationalError):
                raise  # the fault is not the student's: the run ends, and goes on later
            except Exception as error:
                row = failed(student, error, grader.ran)
        return replace(row, seconds=round(time.monotonic() - start, 2), fingerprint=before)

    def _aside(self, engine: Engine, *arguments: object) -> str:
        """Run the unit of work while others use nbgrader."""
        self._turn.release()
        try:
            return engine(*arguments)
        finally:
            self._turn.acquire()

    def _cells(self) -> dict[str, dict[str, object]]:
        """The assignment's cells, entered in the gradebook if it does not know them."""
        source = reference(self.course, self.name)
        known = self._known()
        if not known:
            register(self.course, self.name)
            known = self._known()
        edited = [cell.metadata.nbgrader.grade_id for cell in nbformat.read(source, 4).cells
                  if is_test(cell) and not same(cell, known.get(cell.metadata.nbgrader.grade_id))]
        if edited:
            raise GradeError(f"{', '.join(edited)} of solutions/{self.name} differ from what the "
                             "gradebook holds, and nobody was graded. Type: make release (it tells "
                             "the ways out where students were graded by the other version).")
        return known

    def _known(self) -> dict[str, dict[str, object]]:
        """The assignment's cells in the gradebook; empty where it does not know it."""
        with Gradebook(f"sqlite:///{self.book}") as gradebook:
            try:
                return released(gradebook.find_notebook(self.name, self.name))
            except MissingEntry:
                return {}

    def _control(self) -> None:
        """Grade the reference solution first: where it fails, every grade would be wrong."""
        notebook = nbformat.read(reference(self.course, self.name), as_version=4)
        notebook, _ = ClearOutput().preprocess(notebook, {})
        ENGINE.set(self.engine)
        try:
            done = Sandboxed(config=self.config).execute(notebook, {})
        except Ended as error:
            raise GradeError("the reference solution does not run to its end here, so nobody was "
                             f"graded: {': '.join(error.args)}") from error
        wrong = [f"{cell.metadata.nbgrader.grade_id}: {error.evalue}" for cell in done.cells
                 if is_test(cell) for error in cell.outputs if error.output_type == "error"]
        if wrong:
            raise GradeError("the reference solution does not pass its own tests here, so nobody "
                             "was graded:\n  " + "\n  ".join(wrong))

    def _todo(self) -> dict[str, Path]:
        """The submissions to grade now, by student, sorted."""
        found = {path.parent.name: path
                 for path in (self.course / "submitted").glob(f"*/{self.name}")}
        only = self.order.only
        if only is not None and only not in found:
            raise GradeError(f"{only} handed nothing in: there is no submitted/{only}/{self.name}")
        known = marks(self.book, self.name)
        return {student: folder for student, folder in sorted(found.items())
                if only in (None, student)
                and (self.order.force or self._stale(student, folder, known))}

    def _stale(self, student: str, folder: Path, known: dict[str, Marks]) -> bool:
        """Whether what status.csv says of a student is not of this submission, or was lost."""
        row = self.rows.get(student)
        lost = row is not None and row.machine_score is not None and student not in known
        return row is None or lost or row.fingerprint != fingerprint(folder, self.cells)

    def _settle_all(self) -> None:
        """Bring every row up to date with the gradebook; add whoever has none."""
        known = marks(self.book, self.name)
        with Gradebook(f"sqlite:///{self.book}") as gradebook:
            enrolled = [student.id for student in gradebook.students]
        handed_in = {path.parent.name for path in
                     (self.course / "submitted").glob(f"*/{self.name}")}
        for student in {*self.rows, *enrolled} - handed_in:
            self.rows[student] = Row(student, status.MISSING, "nothing was handed in")
        for student in handed_in - {*self.rows}:
            self.rows[student] = Row(student, status.HUMAN, NOT_YET)
        self.rows = {student: row if row.reason == NOT_YET else settled(row, known.get(student))
                     for student, row in self.rows.items()}
        status.write(self.path, self.rows.values())


def same(cell: NotebookNode, known: dict[str, object] | None) -> bool:
    """Whether a test of the source is what the gradebook holds: its text and its points."""
    return known is not None and known["checksum"] == compute_checksum(cell) and (
        known["points"] == cell.metadata.nbgrader.points)


def reference(course: Path, name: str) -> Path:
    """The solution notebook of an assignment; raises GradeError where there is none."""
    path = course / "solutions" / name / f"{name}.ipynb"
    if not path.exists():
        raise GradeError(f"there is no assignment {name!r} in this course: "
                         f"{path.relative_to(course)} is missing.")
    return path


def settings(course: Path) -> Config:
    """A course's nbgrader configuration; raises GradeError where there is none."""
    if not (course / "nbgrader_config.py").exists():
        raise GradeError(f"{course} is no course: there is no nbgrader_config.py. Type the "
                         "command in the course's folder, or say --course FOLDER.")
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.CourseDirectory.root = str(course)
    return config
