"""Grade answers as nbgrader would, task by task, in forks of a process that has imported torch.

Only the set-up cells, the answer and the answered task's graded cells run. The parent imports
torch and never computes with it: forking after a torch operation can hang.
"""

import contextlib
import io
import json
import math
import os
import resource
import signal
import sys
import traceback
import types
from dataclasses import dataclass
from pathlib import Path

import scipy.sparse.linalg  # noqa: F401  (imported here so that every fork finds it warm)

import labkit.check  # noqa: F401  (the same)

ROOT = Path(__file__).resolve().parents[2]
CPU_SECONDS = 20.0  # of one answer: importing torch.func takes 3, twice that on a busy machine
PATIENCE = 20.0  # how much longer than its CPU time an answer may take on a busy machine
MEMORY = 4 * 2**30  # bytes of address space of one answer; torch alone takes 1
LONGEST = 300  # characters kept of what a cell says, so that all of it fits in a pipe


@dataclass(frozen=True)
class Cell:
    """A graded cell of a task."""

    id: str
    points: float
    source: str


@dataclass(frozen=True)
class Task:
    """A task: its reference, its stub, and the graded cells that follow it."""

    id: str
    reference: str
    stub: str
    tests: tuple[Cell, ...]

    @property
    def points(self) -> float:
        """What the task's graded cells give together."""
        return sum(cell.points for cell in self.tests)


@dataclass(frozen=True)
class Assignment:
    """What the harness needs of an assignment's two notebooks."""

    name: str
    setup: tuple[str, ...]
    tasks: dict[str, Task]


def load(name: str, root: Path = ROOT) -> Assignment:
    """Read the solution notebook and the students' version of an assignment."""
    solved = _cells(root / "solutions" / name / f"{name}.ipynb")
    stubs = {c["id"]: _source(c) for c in _cells(root / "exercises" / name / f"{name}.ipynb")}
    setup = tuple(_source(c) for c in solved if "setup" in c["metadata"].get("tags", []))
    tasks: dict[str, Task] = {}
    for cell in solved:
        role = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or not role:
            continue
        if role["solution"]:
            last = role["grade_id"]
            tasks[last] = Task(last, _source(cell), stubs[last], ())
        elif role["grade"]:
            test = Cell(role["grade_id"], role["points"], _source(cell))
            old = tasks[last]
            tasks[last] = Task(old.id, old.reference, old.stub, (*old.tests, test))
    return Assignment(name, setup, tasks)


def grade(assignment: Assignment, task: Task, answer: str,
          seconds: float = CPU_SECONDS, hurry: bool = False) -> dict[str, str]:
    """What each graded cell of a task says to an answer: "" for full marks, else the reason.

    `seconds` of CPU time are allowed; in a hurry, nothing is run after the first cell that fails.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _in_child(writer, [*assignment.setup, answer], task.tests, seconds, hurry)
    os.close(writer)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what the answer itself has started
    os.set_blocking(reader, False)  # everything is in the pipe, but its other end may be held open
    with os.fdopen(reader, "rb") as pipe:
        said = dict(json.loads(line) for line in (pipe.read() or b"").splitlines())
    lost = f"the process ended early (wait status {status}): too long, too large, or an exit"
    return {cell.id: said.get(cell.id, lost) for cell in task.tests}


def score(task: Task, said: dict[str, str]) -> float:
    """Points of the graded cells that were passed."""
    return sum(cell.points for cell in task.tests if said[cell.id] == "")


def _in_child(writer: int, code: list[str], tests: tuple[Cell, ...], seconds: float,
              hurry: bool) -> None:
    """Run the cells in a fresh __main__ and write one line a graded cell; never returns."""
    try:
        _limit(seconds)
        sys.stdout = sys.stderr = io.StringIO()
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        import torch

        torch.set_num_threads(1)
        for cell in code:
            _run(cell, main)  # like nbgrader, go on after a cell that fails
        for test in tests:
            said = _run(test.source, main)
            os.write(writer, (json.dumps([test.id, said]) + "\n").encode())
            if said and hurry:
                break
    finally:
        os._exit(0)


def _limit(seconds: float) -> None:
    """Bound the CPU time, the waiting and the memory of this process, in a group of its own."""
    os.setpgid(0, 0)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # the signal ends the process
    hard = math.ceil(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * hard)  # for an answer that sleeps
    with contextlib.suppress(ValueError):  # a system that knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _run(code: str, main: types.ModuleType) -> str:
    """Execute one cell; "" when it ends well, else its last word."""
    try:
        exec(compile(code, f"cell {hash(code)}", "exec"), vars(main))  # a kernel names each, too
    except BaseException:
        return traceback.format_exc().strip().splitlines()[-1][:LONGEST]
    return ""


def _cells(path: Path) -> list[dict]:
    return json.loads(path.read_text())["cells"]


def _source(cell: dict) -> str:
    return "".join(cell["source"])
