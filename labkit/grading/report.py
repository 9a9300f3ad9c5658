"""`report.html`: what an instructor wants to see after a run of `labkit grade`, on one page."""

import math
import os
import re
import shlex
import statistics
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from labkit.grading import status
from labkit.grading.marks import grades
from labkit.grading.status import Row

ENOUGH = 5  # with fewer submissions, "nobody passes this test" says nothing about the test
RUN = (*status.COUNTS, status.HUMAN)  # the tests ran to their end, and what they say is believed
AGAIN = (status.CRASHED, status.TIMED_OUT, status.OUT_OF_MEMORY, status.MALFORMED)
# What to do next, most pressing first; `code` in backticks.
NEXT = {
    status.TAMPERED: "Look at the named cells in the pages of `make formgrader` and enter their "
                     "points by hand.",
    status.CRASHED: "Run the submission's command once more; if it ends so again, take the cell "
                    "that ends it out of the notebook in submitted/ and run the command again.",
    status.TIMED_OUT: "Run the submission's command on a quiet machine, then look: a second "
                      "time-out is most likely a loop that never ends.",
    status.OUT_OF_MEMORY: "Look for the line that fills the memory and ask for the file again, or "
                          "run the submission's command where more memory is free.",
    status.MALFORMED: "Open the file, ask for it again, put the new one in its place, then run "
                      "the submission's command.",
    status.HUMAN: "Read the written answers in `make formgrader` and enter their points; where "
                  "the reason names something else, look at that first.",
    status.MISSING: "Nothing was handed in: ask whether it went astray. No score is exported.",
}


@dataclass
class Cell:
    """A graded cell, and what each counted submission got for it.

    `points` are final (a human's where there are any, else the tests'); `auto` the tests' alone.
    """

    notebook: str
    name: str
    max_score: float
    is_test: bool
    points: list[float] = field(default_factory=list)
    auto: list[float] = field(default_factory=list)

    @property
    def task(self) -> str:
        """The task it belongs to: `mse` for `test_mse` and `hidden_mse`."""
        return re.sub(r"^(test|hidden)_", "", self.name)

    @property
    def mean(self) -> float:
        """Mean points."""
        return statistics.fmean(self.points)

    @property
    def lost(self) -> float:
        """Mean points lost."""
        return self.max_score - self.mean

    @property
    def full(self) -> float:
        """The share of students with full points, 0 to 1."""
        return sum(points >= self.max_score for points in self.points) / len(self.points)

    @property
    def zero(self) -> float:
        """The share of students without a point, 0 to 1."""
        return sum(points <= 0 for points in self.points) / len(self.points)

    def always(self, passed: bool) -> bool:
        """Whether enough submissions were tested, and everybody passed (or nobody did)."""
        return len(self.auto) >= ENOUGH and all((score >= self.max_score) == passed
                                                for score in self.auto)


@dataclass
class Scores:
    """The scores of the counted submissions, whole or by the tests alone, in points."""

    title: str
    values: list[float]

    @property
    def quartiles(self) -> list[float]:
        """Lower quartile, median, upper quartile, linearly interpolated; needs one value."""
        if len(self.values) == 1:
            return self.values * 3
        return statistics.quantiles(self.values, n=4, method="inclusive")


def write(course: Path, name: str, rows: dict[str, Row]) -> Path:
    """Write grades/NAME/report.html of a course from its gradebook and `rows`; return its path."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"number": _number, "mean": "{:.2f}".format, "share": _share,
                            "late": _late, "code": _code}
    path = course / "grades" / name / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    page = environment.get_template("report.html.j2").render(_page(course, name, rows))
    # a file name that is no text gives characters that utf-8 cannot hold
    draft.write_text(page, encoding="utf-8", errors="xmlcharrefreplace")
    os.replace(draft, path)
    return path


def _page(course: Path, name: str, rows: dict[str, Row]) -> dict[str, object]:
    """What the template prints."""
    everybody = sorted(rows.values(), key=lambda row: row.student_id)
    counted = {row.student_id for row in everybody
               if row.status in RUN and row.machine_score is not None}
    cells = _cells(course / "gradebook.db", name, counted)
    tests = [cell for cell in cells if cell.is_test and cell.max_score > 0]
    counts = Counter(row.status for row in everybody)
    scores = _scores(everybody, counted)
    return {"name": name, "made": datetime.now().astimezone(), "total": len(everybody),
            "counts": [(one, counts[one]) for one in status.STATUSES if counts[one]],
            "groups": [(one, NEXT[one], one in AGAIN, chosen) for one in NEXT
                       if (chosen := [row for row in everybody if row.status == one])],
            "missing": status.MISSING, "command": _command, "ENOUGH": ENOUGH,
            "repaired": [row for row in everybody if row.repaired],
            "late": sorted((row for row in everybody if row.late_seconds > 0),
                           key=lambda row: -row.late_seconds),
            "n": len(counted), "scores": scores, "bins": _bins(scores, everybody),
            "tasks": _tasks([cell for cell in cells if cell.points]),
            "nobody": [cell for cell in tests if cell.always(passed=False)],
            "everyone": [cell for cell in tests if cell.always(passed=True)]}


def _cells(gradebook: Path, name: str, counted: set[str]) -> list[Cell]:
    """The graded cells of an assignment with the points of the counted students."""
    cells: dict[str, Cell] = {}
    for student, key, notebook, cell, worth, is_answer, auto, manual, extra, waits, *_ in grades(
            gradebook, name):
        if student not in counted:
            continue
        one = cells.setdefault(key, Cell(notebook, cell, worth, not is_answer))
        given = auto if manual is None else manual
        if given is not None and not waits:
            one.points.append(given + (extra or 0))
        if auto is not None:
            one.auto.append(auto)
    return sorted(cells.values(), key=lambda cell: (cell.notebook, cell.name))


def _scores(rows: list[Row], counted: set[str]) -> list[Scores]:
    by_tests = [row.machine_score for row in rows if row.student_id in counted]
    whole = [row.score for row in rows if row.status in status.COUNTS and row.score is not None]
    return [Scores(title, values) for title, values in
            (("by the tests", by_tests), ("total", whole)) if values]


def _bins(scores: list[Scores], rows: list[Row]) -> list[tuple[str, list[int]]]:
    """The histogram: from each edge up to the next, and last, full points; at most 11 bins."""
    top = max([row.max_score or 0 for row in rows] + [x for one in scores for x in one.values],
              default=0)
    width = next(step * 10**power for power in range(9) for step in (1, 2, 5)
                 if top <= step * 10**power * 10)
    last = math.floor(top / width)
    found = [Counter(min(last, max(0, math.floor(x / width + 1e-9))) for x in one.values)
             for one in scores]
    return [(f"{i * width} or more" if i == last else f"{i * width} to under {(i + 1) * width}",
             [counts[i] for counts in found]) for i in range(last + 1)]


def _tasks(cells: list[Cell]) -> list[tuple[str, list[Cell]]]:
    """Cells by task, most points lost first; the notebook is named where there are several."""
    several = len({cell.notebook for cell in cells}) > 1
    key = (lambda cell: f"{cell.notebook}: {cell.task}") if several else (lambda cell: cell.task)
    groups = [(task, sorted(group, key=lambda cell: -cell.lost))
              for task, group in groupby(sorted(cells, key=key), key)]
    return sorted(groups, key=lambda group: -sum(cell.lost for cell in group[1]))


def _command(name: str, student: str) -> str:
    return f"labkit grade {shlex.quote(name)} --only {shlex.quote(student)} --force"


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _share(value: float) -> str:
    return f"{100 * value:.3g} %"


def _code(text: str) -> Markup:
    return Markup(re.sub(r"`(.+?)`", r"<code>\1</code>", str(escape(text))))


def _late(seconds: float) -> str:
    """The two largest units, rounded up to a minute: `2 d 3 h`."""
    minutes = math.ceil(seconds / 60)
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    return " ".join(f"{n} {unit}" for n, unit in [part for part in parts if part[0]][:2])
