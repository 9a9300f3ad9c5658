"""`status.csv`: one row for every enrolled student; what became of their submission, in words."""

import csv
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

GRADED = "graded"
LATE = "late"  # graded, and handed in after the due date
MISSING = "missing"
MALFORMED = "malformed"
CRASHED = "crashed"
TIMED_OUT = "timed out"
OUT_OF_MEMORY = "out of memory"
TAMPERED = "tampered"
HUMAN = "needs a human"
STATUSES = (GRADED, LATE, MISSING, MALFORMED, CRASHED, TIMED_OUT, OUT_OF_MEMORY, TAMPERED, HUMAN)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COUNTS = (GRADED, LATE)  # only these are exported as a number


@dataclass
class Row:
    """One student's row.

    `score` is empty unless every part was graded; `machine_score` is what the tests gave, empty
    when they were not run to their end. `repaired` names the cells that were restored from the
    release. `fingerprint` is that of what was graded: with it a run goes on where it stopped.
    """

    student_id: str
    status: str
    reason: str = ""
    score: float | None = None
    machine_score: float | None = None
    max_score: float | None = None
    late_seconds: float = 0.0
    repaired: str = ""
    seconds: float = 0.0
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"{self.status!r} is no status; they are {', '.join(STATUSES)}")


def read(path: Path) -> dict[str, Row]:
    """The rows of a status.csv by student; empty where there is none."""
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        rows = [Row(**{name: _value(name, text) for name, text in row.items()})
                for row in csv.DictReader(file)]
    return {row.student_id: row for row in rows}


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write a status.csv, sorted by student; the old one stands until the new one is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    with open(draft, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        for row in sorted(rows, key=lambda row: row.student_id):
            writer.writerow({name: _guarded(value) for name, value in asdict(row).items()})
    os.replace(draft, path)


def _guarded(value: object) -> object:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _value(name: str, text: str) -> str | float | None:
    if name in ("late_seconds", "seconds"):
        return float(text or 0)
    if name in ("score", "machine_score", "max_score"):
        return float(text) if text else None
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
