"""What became of each attack: points, status, and harm, if there was any."""

import csv
import html
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry

from labkit.grading import status
from tests.grading.course import NAME, hidden_lines
from tests.hostile.attack import MARK, Attack
from tests.hostile.classroom import Classroom

ACTIVE = ("iframe", "object", "embed", "base", "form", "meta", "applet", "link")


@dataclass
class Verdict:
    """A row of the table; `given` is None where there is no score."""

    name: str
    what: str
    earned: float
    given: float | None
    status: str
    harm: str
    allowed: str

    @property
    def succeeded(self) -> bool:
        """Whether the attack gained a point, read what it must not, or changed anything."""
        return bool(self.harm)


def judge(room: Classroom, one: Attack, row: status.Row | None) -> Verdict:
    """Look at the score, the outputs and the feedback of one attack."""
    given = None if row is None else row.score
    harms = []
    if max(given or 0, _in_gradebook(room, one.id)) > one.earned:
        harms.append("gained points")
    harms += _stolen(room, one.id)
    page = room.root / "feedback" / one.id / NAME / f"{NAME}.html"
    if page.is_file():
        harms += _page(page.read_text(errors="replace"))
    return Verdict(one.name, one.what, one.earned, given, row.status if row else "no row",
                   "; ".join(dict.fromkeys(harms)), one.allowed)


def _in_gradebook(room: Classroom, student: str) -> float:
    """The points by machine that the gradebook gives, whatever the status says."""
    with Gradebook(f"sqlite:///{room.root}/gradebook.db") as book:
        try:
            found = book.find_submission(NAME, student)
        except MissingEntry:
            return 0
        return sum(grade.auto_score or 0 for notebook in found.notebooks
                   for grade in notebook.grades)


def _stolen(room: Classroom, student: str) -> list[str]:
    """What a submission's graded files show that it must not have seen, or could do."""
    harms = []
    for folder in (room.root / "autograded" / student, room.root / "feedback" / student):
        for path in folder.rglob("*"):
            if path.is_symlink():
                harms.append("a link was kept")
            elif path.is_file() and path.stat().st_size < 1 << 28:
                text = path.read_text(errors="replace")
                harms += [f"read: {what}" for what in
                          re.findall(rf"BAIT-(\w+)-{room.token}", text)]
    graded = room.root / "autograded" / student / NAME / f"{NAME}.ipynb"
    return harms + (_said(graded) if graded.is_file() else [])


def _said(path: Path) -> list[str]:
    """What the attack itself reports in its outputs: `HARM: ...`, or lines of hidden tests."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except ValueError:
        return []
    text = "\n".join(str(output.get("text", "")) for cell in notebook.cells
                     for output in cell.get("outputs", []))
    harms = [line.removeprefix("HARM: ") for line in text.splitlines() if line.startswith("HARM: ")]
    if "STOLEN: GRADER" in text:
        harms.append("read: grader")
    stolen = text.partition("STOLEN:")[2]
    if any(line in stolen for line in hidden_lines()):
        harms.append("read: hidden tests")
    return harms


def _page(text: str) -> list[str]:
    """Whether a page of feedback holds a script of the student's, or a hidden test."""
    harms = ["a script in feedback"] if scripts(text) else []
    words = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", text)))
    if any(re.sub(r"\s+", " ", line) in words for line in hidden_lines()):
        harms.append("read: hidden tests")
    return harms


def scripts(text: str) -> list[str]:
    """The parts of a page that a browser would act on and that bear an attack's mark."""
    reader = _Active()
    reader.feed(text)
    reader.close()
    return [part for part in reader.found if MARK in part]


class _Active(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script"
        for name, value in attrs:
            value = value or ""
            scheme = re.sub(r"[\s\x00-\x1f]", "", value).lower()
            if name.startswith("on") or tag in (*ACTIVE, "script") or scheme.startswith(
                    ("javascript:", "vbscript:", "data:text", "data:image/svg")):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found.append(data)


def exported(room: Classroom, said: str) -> list[str]:
    """What is wrong with the files for the instructor and with what the run said."""
    harms = []
    folder = room.root / "grades" / NAME
    for path in (*folder.glob("*.csv"),):
        with open(path, newline="", encoding="utf-8") as file:
            harms += [f"a formula in {path.name}: {value!r}" for row in csv.reader(file)
                      for value in row if value[:1] in ("=", "+", "@", "\t", "\r")]
    for path in folder.glob("*.html"):
        harms += [f"a script in {path.name}: {part}" for part in scripts(path.read_text())]
    text = said + "".join(p.read_text(errors="replace") for p in folder.glob("*.csv"))
    harms += [f"control characters: {part!r}" for part in re.findall(r".{9}\x1b.{9}", text)[:3]
              if MARK in part or "[2J" in part]
    if f"-{room.token}" in said:
        harms.append("bait in what the run said")
    return harms


def as_table(verdicts: list[Verdict]) -> str:
    """The table as JSON, sorted by name, without anything that changes from run to run."""
    ordered = [vars(one) for one in sorted(verdicts, key=lambda one: one.name)]
    return json.dumps(ordered, indent=1, ensure_ascii=False) + "\n"
