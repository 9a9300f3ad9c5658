"""What grading costs over the cells' own run time: plain nbgrader beside `labkit grade`.

    python -m tests.benchmarks.grading [--submissions 40] [--batches 4] [--big N]

The same submissions of gradient_descent go through `nbgrader autograde` with nbgrader's own
`Execute` (an ordinary kernel each, one after the other) and through `labkit grade --jobs 2`, in
alternating batches, each a fresh course; batches of one show what the start costs. CPU seconds
are those of the command and all its descendants. The cells' own run time (busy to idle, no
canary's) is taken off, with two jobs half of it off the wall seconds; on a busy machine it is too
long, for a cell may wait for a core. Exit status 1: scores differ. `--big N`: N in one run.
"""

import argparse
import atexit
import contextlib
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from labkit.grading import status
from labkit.grading.marks import grades
from labkit.grading.register import register
from tests.answers.gradient_descent import ANSWERS
from tests.grading import course
from tests.grading.course import NAME

WORDS = {"nbgrader": ["nbgrader", "autograde", NAME],
         "labkit": ["labkit.cli", "grade", NAME, "--jobs", "2"]}
PLAIN = """
from nbgrader.preprocessors import Execute
ours = (Inspect, KeepOutputs, AskHuman)
for steps in (c.Autograde.sanitize_preprocessors, c.Autograde.autograde_preprocessors):
    steps[:] = [Execute if one is Sandboxed else one for one in steps if one not in ours]
"""
CGROUP = Path("/sys/fs/cgroup")


@dataclass
class Batch:
    """What one command cost, in seconds: CPU, wall, and that of its cells; what it gave."""

    size: int
    cpu: float
    wall: float
    cells: float
    scores: dict[tuple[str, str], float | None]


def submission(index: int) -> NotebookNode:
    """One of endlessly many: perfect, half right, untouched, in another style, with more cells."""
    draw, kind, release = random.Random(index), index % 5, course.release()
    tasks = sorted({one.task for one in ANSWERS})
    own = {task: draw.choice([one.code for one in ANSWERS if (one.task, one.score) == (task, None)])
           for task in tasks if kind == 3}
    left = {1: draw.sample(tasks, len(tasks) // 2), 2: tasks}.get(kind, [])
    notebook = course.solved(**own, **{task: course.cell(release, task).source for task in left})
    for number in range(8 if kind == 4 else 0):
        extra = new_code_cell(f"print({draw.random()})", id=f"own-{number}")
        notebook.cells.insert(draw.randrange(1, len(notebook.cells)), extra)
    return notebook


def prepared(root: Path, tool: str, indices: list[int]) -> Path:
    """A fresh course with these submissions, its assignment in the gradebook."""
    course.make(root, PLAIN if tool == "nbgrader" else "")
    for index in indices:
        course.submit(root, f"student{index:04}", submission(index))
    register(root, NAME)
    return root


class Clock:
    """CPU seconds of commands and all that they start: by a cgroup, else by looking at /proc.

    Resource usage of children is no help: the warm parent never waits for its own.
    """

    def __init__(self) -> None:
        first = (CGROUP / "cpuacct").exists()  # version 1 of cgroups; else it is 2, or none
        self.group = CGROUP / ("cpuacct" if first else "") / f"labkit-benchmark-{os.getpid()}"
        self._file, self._seen = self.group / ("cpuacct.usage" if first else "cpu.stat"), {}
        with contextlib.suppress(OSError):
            self.group.mkdir()
        self.exact = self._file.exists()
        if self.exact:
            atexit.register(self.group.rmdir)

    def words(self, words: list[str]) -> list[str]:
        """A command's words such that it is counted."""
        enter = ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(self.group)]
        return enter * self.exact + words

    def look(self, process: psutil.Process) -> None:
        """Note what a process and those below it have used until now, where no cgroup does."""
        with contextlib.suppress(psutil.Error):
            for one in () if self.exact else (process, *process.children(recursive=True)):
                self._seen[one.pid] = sum(one.cpu_times()[:2])

    def total(self) -> float:
        """CPU seconds of every command so far."""
        if not self.exact:
            return sum(self._seen.values())
        used = self._file.read_text().split()
        return int(used[0]) / 1e9 if len(used) == 1 else int(used[1]) / 1e6


def run(root: Path, tool: str, clock: Clock,
        watch: Callable[[psutil.Process], None] = lambda _: None) -> tuple[float, float, str]:
    """Grade a course; CPU and wall seconds, and what the command said."""
    folder, before, start = root.parent, clock.total(), time.perf_counter()
    with open(root / "said.txt", "w") as said:
        process = psutil.Popen(
            clock.words([sys.executable, "-m", *WORDS[tool]]), stdout=said, stderr=said, cwd=root,
            env=course.environment(folder / "home") | {"TMPDIR": str(folder)})
        while process.poll() is None:
            clock.look(process)
            watch(process)
            time.sleep(0.05)
    wall, text = time.perf_counter() - start, (root / "said.txt").read_text()
    if process.returncode:
        sys.exit(f"{tool} ended with {process.returncode}:\n{text[-3000:]}")
    return clock.total() - before, wall, text


def batch(folder: Path, tool: str, indices: list[int], clock: Clock) -> Batch:
    """Grade some submissions in a fresh course."""
    root = prepared(Path(tempfile.mkdtemp(dir=folder)), tool, indices)
    cpu, wall, _ = run(root, tool, clock)
    cells = sum(map(own_time, root.glob(f"autograded/*/{NAME}/{NAME}.ipynb")))
    print(f"{tool:9}{len(indices):3}{cpu:8.2f} CPU{wall:8.2f} wall{cells:8.2f} cells", flush=True)
    return Batch(len(indices), cpu, wall, cells,
                 {(row[0], row[3]): row[6] for row in grades(root / "gradebook.db", NAME)})


def own_time(path: Path) -> float:
    """Seconds that the cells of an executed notebook ran."""
    told = [cell.metadata.get("execution", {}) for cell in nbformat.read(path, as_version=4).cells]
    busy, idle = ([datetime.fromisoformat(times[f"iopub.status.{word}"]) for times in told if times]
                  for word in ("busy", "idle"))
    return sum((end - begin).total_seconds() for begin, end in zip(busy, idle, strict=True))


def measured(folder: Path, count: int, batches: int, clock: Clock) -> dict[str, list[Batch]]:
    """Batches of both tools in the order A B B A; after each, the first submission alone."""
    batch(folder, "nbgrader", [0], clock)  # the first run in a new home makes caches in it
    found: dict[str, list[Batch]] = {tool: [] for tool in WORDS}
    for number in range(batches):
        for indices in (list(range(number, count, batches)), [0]):
            for tool in list(WORDS)[::-1 if number % 2 else 1]:
                found[tool].append(batch(folder, tool, indices, clock))
    return found


def spent(found: dict[str, list[Batch]], tool: str, clock: str,
          whose: str) -> dict[str, list[float]]:
    """Seconds over the cells' own, of each batch; `whose` cells, by tool."""
    lanes = 2 if (tool, clock) == ("labkit", "wall") else 1
    seconds = [getattr(one, clock) - other.cells / min(lanes, one.size)
               for one, other in zip(found[tool], found[whose], strict=True)]
    size, many, ones = found[tool][0].size, seconds[::2], seconds[1::2]
    first = statistics.median(ones)
    return {"start and first submission": ones,
            "each further submission": [(m - first) / (size - 1) for m in many],
            f"each of {size}, start and all": [m / size for m in many]}


def table(found: dict[str, list[Batch]], imports: bool) -> str:
    """Print seconds over the cells' own; return the ratios of each further submission, in words.

    With `imports`, cells are taken to run as long as in the box, which has imported already what
    they import: so an ordinary kernel's imports count as its cost.
    """
    line = ""
    print(f"\n{'over the cells, imports counted' if imports else 'over its own cells':36}"
          f"{'nbgrader':26}{'labkit':26}ratio")
    for clock in ("cpu", "wall"):
        both = [spent(found, tool, clock, "labkit" if imports else tool) for tool in WORDS]
        for what, *columns in zip(both[0], *(one.values() for one in both), strict=True):
            plain, ours = middles = [statistics.median(column) for column in columns]
            texts = (f"{middle:7.2f} [{min(column):.2f}, {max(column):.2f}]"
                     for middle, column in zip(middles, columns, strict=True))
            print(f"{clock} {what:32}{next(texts):26}{next(texts):26}{ours / plain:.2f}")
            line += f"{clock} ratio {ours / plain:.2f} " * what.startswith("each further")
    return line


def different(found: dict[str, list[Batch]]) -> list[str]:
    """Grades that the two tools do not agree on, in words."""
    plain, ours = ({key: score for one in found[tool] for key, score in one.scores.items()}
                   for tool in WORDS)
    pairs = {" ".join(key): (plain.get(key, "no grade"), ours.get(key, "no grade"))
             for key in sorted(plain.keys() | ours.keys())}
    return [f"{key}: {one} and {other}" for key, (one, other) in pairs.items() if one != other]


def big(folder: Path, count: int, clock: Clock) -> None:
    """Grade many submissions in one run; print what became of locks, rows, memory and spool."""
    root, seen = prepared(folder / "big", "labkit", list(range(count))), {0: (0.0, 0.0)}
    path = root / "grades" / NAME / "status.csv"

    def watch(process: psutil.Process) -> None:
        rows = len(path.read_text().splitlines()) - 1 if path.exists() else 0
        with contextlib.suppress(OSError, psutil.Error):
            if rows not in seen:
                spool = sum(f.lstat().st_size for f in folder.glob("labkit-box-*/spool/**/*"))
                seen[rows] = (process.memory_info().rss / 1e6, spool / 1e6)

    cpu, wall, said = run(root, "labkit", clock, watch)
    kinds, locks = Counter(r.status for r in status.read(path).values()), said.count("locked")
    print(f"\n{count} submissions in one run: {cpu:.0f} CPU s, {wall:.0f} wall s; {locks} lock "
          f"errors; {kinds.total()} rows: {dict(kinds)}")
    low, half, high = (min(seen, key=lambda n, s=s: abs(n - s * count)) for s in (0.1, 0.5, 0.9))
    grown = (seen[high][0] - seen[low][0]) / max(1, high - low) * 100
    sizes = ", ".join(f"{seen[n][0]:.1f} MB at {n}" for n in (low, half, high))
    print(f"  the grader: {sizes}; {grown:+.2f} MB each 100; spool {seen[max(seen)][1]:.2f} MB")


def main() -> int:
    """Measure, print; the last line is the one that the budget reads."""
    words = argparse.ArgumentParser()
    for option, value in (("--submissions", 40), ("--batches", 4), ("--big", 0)):
        words.add_argument(option, type=int, default=value)
    asked, clock = words.parse_args(), Clock()
    print("CPU seconds by", "cgroup;" if clock.exact else "looking at /proc 20 times a second;",
          f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as name:
        found = measured(Path(name), asked.submissions, asked.batches, clock)
        if asked.big:
            big(Path(name), asked.big, clock)
    table(found, imports=False)
    ratios, wrong = table(found, imports=True), different(found)
    print(ratios + (f"scores DIFFER: {'; '.join(wrong[:9])}" if wrong else "scores equal"))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
