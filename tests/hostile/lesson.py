"""One run: build the classroom, grade it, give feedback, look at everything before and after."""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from labkit.grading import status
from tests.grading.course import NAME
from tests.hostile import judge, snapshot
from tests.hostile.attack import Attack
from tests.hostile.classroom import Classroom, build, command, grade, servers
from tests.hostile.neighbours import neighbours

FEEDBACK = "import sys; from nbgrader.apps import NbGraderAPI\n" \
    "from traitlets.config import PyFileConfigLoader\n" \
    "config = PyFileConfigLoader('nbgrader_config.py', path='.').load_config()\n" \
    "api = NbGraderAPI(config=config)\n" \
    "for one in sys.argv[2:]: print(one, api.generate_feedback(sys.argv[1], student_id=one))"
Grader = Callable[[Classroom], object]


@dataclass
class Lesson:
    """What came of a run."""

    said: str
    code: int
    verdicts: dict[str, judge.Verdict]
    scores: dict[str, tuple[str, float | None]]  # of the neighbours
    harms: list[str]  # of nobody in particular
    reasons: dict[str, str]  # by student, as the grader told them
    most: dict[str, int]  # memory in bytes and processes, at the worst moment


def hold(folder: Path, attacks: Sequence[Attack], *words: str, ordinary: bool = False) -> Lesson:
    """Grade the neighbours and these attacks in a new classroom below `folder`."""
    room = Classroom(folder, ordinary)
    snapshot.adopt()
    folder.mkdir(parents=True, exist_ok=True)
    with servers(room):
        build(room, attacks)
        before, book = snapshot.surroundings(room), snapshot.rows(room.root / "gradebook.db")
        processes = snapshot.descendants()
        with snapshot.watching(most := {}):
            done = grade(room, "--jobs", "2", *words)
        harms = [f"alive: {one}" for one in snapshot.alive(processes)]
        harms += snapshot.changes(before, snapshot.surroundings(room))
        harms += snapshot.lost(book, snapshot.rows(room.root / "gradebook.db"))
        harms += [f"reached: {one}" for one in room.reached]
    found = status.read(room.root / "grades" / NAME / "status.csv")
    feedback(room, [one.id for one in attacks if one.id in found])
    harms += judge.exported(room, done.stdout)
    return Lesson(done.stdout, done.returncode,
                  {one.name: judge.judge(room, one, found.get(one.id)) for one in attacks},
                  {name: (found[name].status, found[name].score) if name in found else ("", None)
                   for name in neighbours()}, harms,
                  {name: row.reason for name, row in found.items()}, most)


def feedback(room: Classroom, students: list[str]) -> None:
    """Feedback for some students, by nbgrader, in two processes."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda part: command(room, sys.executable, "-c", FEEDBACK, NAME, *part),
                      (students[::2], students[1::2])))
