"""From what happened to a submission to its row of status.csv, in words."""

from dataclasses import replace

from labkit.grading import status
from labkit.grading.marks import Marks
from labkit.grading.status import Row
from labkit.grading.submission import Malformed
from labkit.grading.unit import Ended

WAITS = "waits for points by hand: "
ENDED = (status.MALFORMED, status.CRASHED, status.OUT_OF_MEMORY, status.MISSING)


def judged(student: str, marks: Marks, noticed: dict[str, list[str]]) -> Row:
    """The row of a submission that ran to its end."""
    row = Row(student, status.HUMAN, repaired="; ".join(noticed.get("repaired", [])))
    if noticed.get("tampered"):
        row.status = status.TAMPERED
        row.reason = f"something silences these tests: {', '.join(noticed['tampered'])}"
    elif noticed.get("timed_out"):
        row.status = status.TIMED_OUT
        row.reason = f"stopped by the time limit: {', '.join(noticed['timed_out'])}"
    return settled(row, marks)


def settled(row: Row, marks: Marks | None) -> Row:
    """The row brought up to date with the gradebook, where humans may have graded meanwhile."""
    if marks is None or row.status in ENDED:
        return row
    if marks.machine is None:
        if row.status not in (*status.COUNTS, status.HUMAN):
            return row  # it did not run to its end, and says why
        return replace(row, machine_score=None, score=None, status=status.HUMAN,
                       reason="the gradebook has no machine grades for it: grade it again")
    row = replace(row, machine_score=marks.machine, max_score=marks.max_score, score=None,
                  late_seconds=marks.late)
    if not marks.waiting:
        row.status = status.LATE if marks.late > 0 else status.GRADED
        row.score = max(0.0, marks.total - marks.penalty)
        row.reason = "" if row.reason.startswith(WAITS) else row.reason
    elif row.status in (status.HUMAN, *status.COUNTS):
        row.status = status.HUMAN
        row.reason = f"{WAITS}{', '.join(sorted(marks.waiting))}"
    return row


def failed(student: str, error: Exception, ran: bool) -> Row:
    """The row of a submission that could not be graded; `ran` tells whether it was executed."""
    if isinstance(error, Ended):
        return Row(student, *error.args)
    if isinstance(error, Malformed):
        return Row(student, status.MALFORMED, str(error))
    said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    if ran:
        return Row(student, status.HUMAN, f"its outputs could not be scored ({said})")
    return Row(student, status.MALFORMED, f"the notebook cannot be read ({said})")
