"""A course whose students are enrolled, and what they hand in: as a folder, or as a zip."""

import zipfile
from pathlib import Path

from nbgrader.api import Gradebook
from traitlets.config import Config

from labkit.grading.collect import Collected, collect
from tests.grading.course import NAME

NOTEBOOK = f"{NAME}.ipynb"
PEOPLE = {"ada": ("Ada", "Lovelace", "1815"), "zoe": ("Zoë", "Strauß", "1900"),
          "li": ("李", "明", ""), "obrien": ("Flann", "O'Brien", ""),
          "twin1": ("Sam", "Same", ""), "twin2": ("Sam", "Same", "")}
MOODLES = "{}_{}_assignsubmission_file_/"


def enrolled(root: Path) -> Path:
    """A course with students and two assignments, and nothing handed in."""
    root.mkdir()
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for one, (first, last, number) in PEOPLE.items():
            gradebook.add_student(one, first_name=first, last_name=last, lms_user_id=number)
        for assignment in (NAME, "momentum"):
            gradebook.add_assignment(assignment)
    return root


def zipped(course: Path, files: dict[str, str], name: str = "lms.zip") -> Path:
    """A zip beside the course."""
    path = course.parent / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, text in files.items():
            archive.writestr(entry, text)
    return path


def folder(course: Path, files: dict[str, str]) -> Path:
    """A folder beside the course."""
    root = course.parent / "source"
    for entry, text in files.items():
        path = root / entry
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def gather(course: Path, source: Path, pattern: str = "") -> Collected:
    return collect(course, NAME, source, Config({"FileNameCollectorPlugin":
                                                 {"named_regexp": pattern}} if pattern else {}))


def handed_in(course: Path) -> dict[str, str]:
    """Text of every file in submitted/, but for what was replaced."""
    root = course / "submitted"
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*"))
            if path.is_file() and ".replaced" not in path.parts}


def one_line(lines: list[str], *words: str) -> None:
    """Exactly one line holds all these words."""
    assert len([line for line in lines if all(word in line for word in words)]) == 1, lines
