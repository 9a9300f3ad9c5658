"""The command `labkit grade`: collect, grade, export, and say what became of everybody."""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from labkit.grading import exports, report, status
from labkit.grading.box import BoxError
from labkit.grading.collect import CollectError, collect
from labkit.grading.exports import ExportError
from labkit.grading.register import RegisterError
from labkit.grading.run import GradeError, Order, Run, reference, settings
from labkit.grading.status import Row

TROUBLE = (BoxError, CollectError, ExportError, GradeError, RegisterError)


def grade(words: argparse.Namespace) -> int:
    """Do what the command's words say; return its exit status."""
    here, course = Path.cwd(), words.course.resolve()
    try:
        if words.jobs < 1:
            raise GradeError(f"--jobs must be 1 or more, not {words.jobs}")
        config = settings(course)
        reference(course, words.name)
        if words.source:
            _collect(course, words, config)
        rows = _run(Order(course, words.name, words.jobs, words.only, words.force, words.unsafe),
                    words.scheduler)
        _summary(course, words, rows)
    except TROUBLE as error:
        print(f"labkit grade: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nlabkit grade: interrupted. What was graded is in the gradebook; the same command "
              "goes on.", file=sys.stderr)
        return 130
    finally:
        os.chdir(here)  # nbgrader changes it
    return 0


def _collect(course: Path, words: argparse.Namespace, config: object) -> None:
    """Take submissions in, and say what was done with each file that needs a word."""
    told = collect(course, words.name, words.source, config)
    lines = [f"{len(told.students)} submissions taken from {words.source}.",
             *(f"  {note}" for note in (*told.notes, *told.unmatched))]
    print("\n".join(lines))
    path = course / "grades" / words.name / "collected.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")


def _run(order: Order, scheduler: str | None) -> dict[str, Row]:
    if scheduler is None:
        return Run(order).start()
    from labkit.grading.cluster import cluster

    with cluster(scheduler) as (engine, workers):
        order.jobs = max(order.jobs, workers)
        return Run(order, engine).start()


def _summary(course: Path, words: argparse.Namespace, rows: dict[str, Row]) -> None:
    """Write the exports and the report; print counts, who needs a human, and where things are."""
    written = [*exports.write(course, words.name, rows, words.canvas),
               report.write(course, words.name, rows)]
    counts = Counter(row.status for row in rows.values())
    print(", ".join(f"{counts[one]} {one}" for one in status.STATUSES if counts[one]) + ".")
    for row in sorted(rows.values(), key=lambda row: row.student_id):
        if row.status not in (*status.COUNTS, status.MISSING, status.HUMAN):
            print(f"  {row.student_id}: {row.status}: {row.reason}")
    print("Written: " + ", ".join(str(path.relative_to(course)) for path in
                                  (course / "grades" / words.name / "status.csv", *written)))
