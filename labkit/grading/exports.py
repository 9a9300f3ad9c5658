"""Grades as the files that Canvas and Moodle take: canvas.csv and moodle.csv.

Canvas: the columns that lib/gradebook_importer.rb of github.com/instructure/canvas-lms asks
for (Student, ID, then SIS columns, Section, then assignments), a student found by ID, then by SIS
User ID, then by SIS Login ID, and a row that says Points Possible. An empty cell clears a score.

Moodle: docs.moodle.org/en/Grade_import and grade/import/csv/classes/load_data.php of
github.com/moodle/moodle. Columns have no fixed names: on the import page map `username` (or
`email`) to a user, `NAME` to the assignment, and `feedback comments` to its feedback. Map grade
and feedback both: feedback alone would wipe the grades out.
"""

import csv
import io
import json
import math
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

from labkit.grading.status import COUNTS, Row

IDS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
# A spreadsheet takes a cell that begins so for a formula; some take the wide signs too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class ExportError(Exception):
    """Why grades cannot be written for Canvas or Moodle, and what to do."""


@dataclass(frozen=True)
class _Student:
    """A student of the gradebook; `account` is the number that Canvas gave them."""

    id: str
    first: str = ""
    last: str = ""
    email: str = ""
    account: str = ""


def write(course: Path, name: str, rows: dict[str, Row], canvas: Path | None = None) -> list[Path]:
    """Write grades/NAME/canvas.csv and moodle.csv; return the files that were written.

    `canvas` is the gradebook as exported from Canvas: only this assignment's column is filled.
    Who stands in one of them alone is named in canvas-unmatched.txt. Only what was graded is a
    number. Raises ExportError if `canvas` is no such file or has no such column, or several.
    """
    folder = course / "grades" / name
    students = _students(course, rows)
    unmatched: list[str] = []
    text = (_filled(course, name, students, rows, canvas, unmatched) if canvas
            else _built(name, students, rows))
    files = {"canvas.csv": text, "moodle.csv": _moodle(name, students, rows),
             "canvas-unmatched.txt": "".join(f"{line}\n" for line in unmatched)}
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        _replace(folder / file, content)
    return [folder / file for file, content in files.items() if content]


def _students(course: Path, rows: dict[str, Row]) -> list[_Student]:
    """Everybody in the gradebook, and whoever has a row and is not there."""
    book = course / "gradebook.db"
    if not book.exists():
        raise ExportError(f"There is no gradebook.db in {course}: names come from it. Type this "
                          "command in the course's folder, or give it as --course.")
    with Gradebook(f"sqlite:///{book.resolve()}") as gradebook:
        known = {one.id: _Student(one.id, one.first_name or "", one.last_name or "",
                                  one.email or "", (one.lms_user_id or "").strip())
                 for one in gradebook.students}
    return [known.get(one) or _Student(one) for one in sorted({*known, *rows})]


def _built(name: str, students: list[_Student], rows: dict[str, Row]) -> str:
    """A gradebook for Canvas with nothing but the columns it asks for, and this assignment's."""
    most = next((row.max_score for row in rows.values() if row.max_score is not None), None)
    table = [[*IDS, name], ["    Points Possible", "", "", "", "", _number(most)]]
    for one in students:
        shown = ", ".join(filter(None, (one.last, one.first))) or one.id
        words = (shown, one.account, one.id, one.id, "")
        table.append([*map(_text, words), _score(rows.get(one.id))])
    return _csv(table)


def _moodle(name: str, students: list[_Student], rows: dict[str, Row]) -> str:
    """A row for each student: who, the grade, and in words why there is none."""
    table = [["username", "firstname", "lastname", "email", name, "feedback comments"]]
    for one in students:
        words = (one.id, one.first, one.last, one.email)
        table.append([*map(_text, words), _score(rows.get(one.id)), _text(_why(rows.get(one.id)))])
    return _csv(table)


def _filled(course: Path, name: str, students: list[_Student], rows: dict[str, Row],
            canvas: Path, unmatched: list[str]) -> str:
    """The gradebook that Canvas exported, with this assignment's column filled."""
    text, table, separator = _read(canvas)
    column = _column(table[0], {name, _title(course, name)}, canvas)
    found: set[str] = set()
    for line in table[1:]:
        cells = dict(zip(table[0], line, strict=False))
        if len(line) <= column or not any(cells.get(key, "").strip() for key in IDS[1:4]):
            continue  # Points Possible, Manual Posting, an empty line
        who = _who(cells, students)
        if who is None or who in found:
            unmatched.append(f"{canvas.name}: {line[0]} (ID {cells.get('ID', '')}) is nobody in "
                             "the gradebook, or is there twice. The cell stays as it was.")
            continue
        found.add(who)
        line[column] = _score(rows.get(who))
    unmatched += [_absent(one.id, rows.get(one.id), canvas) for one in students
                  if one.id not in found]
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    return mark + _csv(table, separator, "\r\n" if "\r\n" in text else "\n")


def _absent(student: str, row: Row | None, canvas: Path) -> str:
    return (f"gradebook.db: {student} is not in {canvas.name}. Status: "
            f"{row.status if row else 'none'}, score: {_score(row) or 'none'}.")


def _read(canvas: Path) -> tuple[str, list[list[str]], str]:
    """A gradebook of Canvas': its text, its table, and what separates its cells."""
    try:
        text = canvas.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{canvas} cannot be read ({error}). Export the gradebook from Canvas "
                          "again, and do not save it with a spreadsheet program.") from error
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    plain = io.StringIO(text.removeprefix("\ufeff"), newline="")
    try:
        table = list(csv.reader(plain, delimiter=separator))
    except csv.Error:
        table = []
    if not table or not {"ID", "Section"} <= set(table[0]):
        raise ExportError(f"{canvas} is not a gradebook from Canvas: its first line should name "
                          "the columns Student, ID, ..., Section. In Canvas: Grades, Export.")
    return text, table, separator


def _column(header: list[str], titles: set[str], canvas: Path) -> int:
    """The place of the column "Title (12345)" that belongs to the assignment."""
    wanted = {title.strip().casefold() for title in titles if title}
    titled = {place: re.fullmatch(r"(.*) \(\d+\)", one, re.S) for place, one in enumerate(header)}
    found = [place for place, match in titled.items()
             if match and match[1].strip().casefold() in wanted]
    if len(found) == 1:
        return found[0]
    there = ", ".join(header[place] for place, match in titled.items() if match) or "none"
    raise ExportError(f"{canvas} has {len(found) or 'no'} columns called {' or '.join(titles)}; "
                      f"its assignments are: {there}. Name the assignment in Canvas so, and "
                      "export the gradebook again.")


def _who(cells: dict[str, str], students: list[_Student]) -> str | None:
    """The one student whose number or id stands in a row of Canvas'."""
    number = cells.get("ID", "").strip()
    logins = {cells.get("SIS Login ID", "").strip(), cells.get("SIS User ID", "").strip()}
    by_number = [one.id for one in students if number and one.account == number]
    by_login = [one.id for one in students
                if one.id in logins and (not number or one.account in ("", number))]
    found = by_number or by_login
    return found[0] if len(found) == 1 else None


def _title(course: Path, name: str) -> str:
    """The assignment's title, as its notebook's metadata has it; empty where it has none."""
    try:
        notebook = json.loads((course / "solutions" / name / f"{name}.ipynb").read_text("utf-8"))
        return str(notebook["metadata"]["labkit"]["title"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _why(row: Row | None) -> str:
    return "" if row is None else row.reason or ("" if row.status in COUNTS else row.status)


def _score(row: Row | None) -> str:
    """A number only for what was graded."""
    return _number(row.score) if row is not None and row.status in COUNTS else ""


def _number(value: float | None) -> str:
    return f"{value:.10g}" if value is not None and math.isfinite(value) else ""


def _text(words: str) -> str:
    """Words that no spreadsheet takes for a formula."""
    return f"'{words}" if words.startswith(FORMULA) else words


def _csv(table: Iterable[list[str]], separator: str = ",", end: str = "\r\n") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator=end).writerows(table)
    return file.getvalue()


def _replace(path: Path, content: str) -> None:
    """Write a file, or remove it when there is nothing to say; the old one stands until then."""
    if not content:
        path.unlink(missing_ok=True)
        return
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(content, encoding="utf-8", newline="")
    os.replace(draft, path)
