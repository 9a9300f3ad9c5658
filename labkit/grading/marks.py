"""What the gradebook holds of an assignment, read in one query whatever the number of students."""

import contextlib
import functools
import sqlite3
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import sqlalchemy
from nbgrader import api
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    GradeCell,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy.orm import aliased


@dataclass
class Marks:
    """One submission's points: those of its tests (None: not all were run), all, what waits.

    `late` in seconds; `penalty` in points, as the course's late policy set it.
    """

    machine: float | None = 0.0
    total: float = 0.0
    max_score: float = 0.0
    waiting: list[str] = field(default_factory=list)
    late: float = 0.0
    penalty: float = 0.0


def marks(gradebook: Path, name: str, student: str | None = None) -> dict[str, Marks]:
    """The marks of every submission of an assignment, or of one student's, by student."""
    found: dict[str, Marks] = defaultdict(Marks)
    for row in grades(gradebook, name, student):
        who, _, _, cell, worth, is_answer, auto, manual, extra, waits, *when, penalty = row
        one = found[who]
        one.late, one.penalty = _late(*when), penalty or 0.0
        one.max_score += worth
        one.total += (auto if manual is None else manual) or 0.0
        one.total += extra or 0.0
        if waits:
            one.waiting.append(cell)
        if not is_answer:
            one.machine = None if auto is None or one.machine is None else one.machine + auto
        elif auto is not None and one.machine is not None:
            one.machine += auto  # an answer that was left as it was
    return dict(found)


def _late(handed_in: datetime | None, due: datetime | None, more: timedelta | None) -> float:
    if handed_in is None or due is None:
        return 0.0
    return max(0.0, (handed_in - due - (more or timedelta())).total_seconds())


def grades(gradebook: Path, name: str, student: str | None = None) -> Iterable[sqlalchemy.Row]:
    """Every grade of an assignment, in one query; nothing is written, as Gradebook() would."""
    if not gradebook.exists():
        return []
    address = f"{gradebook.resolve().as_uri()}?mode=ro"
    engine = sqlalchemy.create_engine("sqlite://",
                                      creator=lambda: sqlite3.connect(address, uri=True))
    query = _query(name)
    if student is not None:
        query = query.where(SubmittedAssignment.student_id == student)
    try:
        with engine.connect() as connection:
            return connection.execute(query).all()
    finally:
        engine.dispose()


def _query(name: str) -> sqlalchemy.Select:
    """A test cell is a grade cell that no solution cell shares its name with."""
    graded, tasks, answer = GradeCell.__table__, TaskCell.__table__, aliased(BaseCell)
    same = sqlalchemy.and_(answer.name == BaseCell.name, answer.type == "SolutionCell",
                           answer.notebook_id == BaseCell.notebook_id)
    return (sqlalchemy.select(
        SubmittedAssignment.student_id, BaseCell.id, Notebook.name, BaseCell.name,
        sqlalchemy.func.coalesce(graded.c.max_score, tasks.c.max_score, 0.0),
        sqlalchemy.or_(answer.id.is_not(None), BaseCell.type == "TaskCell"),
        Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade,
        SubmittedAssignment.timestamp, Assignment.duedate, SubmittedAssignment.extension,
        SubmittedNotebook.late_submission_penalty)
        .select_from(Grade).join(Grade.notebook).join(SubmittedNotebook.assignment)
        .join(SubmittedAssignment.assignment).join(Grade.cell).join(BaseCell.notebook)
        .outerjoin(graded, graded.c.id == BaseCell.id).outerjoin(tasks, tasks.c.id == BaseCell.id)
        .outerjoin(answer, same).where(Assignment.name == name))


@contextlib.contextmanager
def one_engine() -> Iterator[None]:
    """Let nbgrader use one database engine: it opens nine a submission, each compiling its SQL.

    The gradebook is in WAL mode meanwhile: its readers (formgrader) do not stop a run.
    """
    @functools.cache
    def create(url: str, **settings: object) -> sqlalchemy.Engine:
        engine = sqlalchemy.create_engine(url, **settings)
        sqlalchemy.event.listen(engine, "connect", _settle)
        return engine

    version = functools.cache(api.get_alembic_version)
    # nbgrader's own queries, on the first submission of each student
    warnings.filterwarnings("ignore", "Object of type <Submitted", sqlalchemy.exc.SAWarning)
    with (mock.patch.object(api, "create_engine", create),
          mock.patch.object(api, "get_alembic_version", version)):
        yield


def _settle(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA busy_timeout=30000")
