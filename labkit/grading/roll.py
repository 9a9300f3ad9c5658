"""Whose file is it? Who is enrolled, and what a learning platform writes into a file's name."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nbgrader.api import Gradebook
from nbgrader.plugins import FileNameCollectorPlugin
from traitlets.config import Config

from labkit.grading.sources import CollectError

# lib/content_zipper.rb of github.com/instructure/canvas-lms names a file by the student's sortable
# name, LATE, the user's number, the file's number and the file. A file whose own name begins with a
# number could be read in two ways, and an anonymous one (anon_...) in none.
CANVAS = (r"(?:.*/)?(?!anon_)(?P<name>(?:(?!_\d+_)[^/])*?)(?P<late>_LATE)?"
          r"_(?P<student_id>\d+)_(?P<upload>\d+)_(?P<file_id>(?!\d+_)[^/]+)$")
# mod/assign/classes/downloader.php of github.com/moodle/moodle: a folder for each student, or one
# folder for all. The number is the participant's in this assignment, known nowhere else.
MOODLE = (r"(?:.*?/)?(?P<name>[^/_]+)_(?P<participant>\d+)_assignsubmission_file(?:_?/|_)"
          r"(?P<file_id>.+)$")


@dataclass(frozen=True)
class Person:
    """An enrolled student: id, the number that the LMS gave them, names to be found by."""

    id: str
    account: str
    names: frozenset[str]


def enrolled(course: Path, name: str) -> tuple[dict[str, Person], set[str]]:
    """The students of the gradebook by id, and the other assignments' names."""
    book = course / "gradebook.db"
    people, others = {}, set()
    if book.exists():
        with Gradebook(f"sqlite:///{book.resolve()}") as gradebook:
            for one in gradebook.students:
                first, last = one.first_name or "", one.last_name or ""
                names = {key(first + last), key(last + first)} - {""}
                people[one.id] = Person(one.id, (one.lms_user_id or "").strip(), frozenset(names))
            others = {one.name for one in gradebook.assignments} - {name}
    if not people:
        raise CollectError(f"Nobody is enrolled in {book}. Write students.csv with the columns "
                           "id,first_name,last_name,email,lms_user_id and type, in the course's "
                           "folder: nbgrader db student import students.csv")
    return people, others


def read_name(path: str, config: Config) -> dict[str, str | None]:
    """What nbgrader's plugin reads from a name, by the course's pattern or one of ours."""
    of_course = FileNameCollectorPlugin(config=config)
    ours = [FileNameCollectorPlugin(named_regexp=pattern, valid_ext=[PurePosixPath(path).suffix])
            for pattern in (MOODLE, CANVAS)]
    for plugin in [of_course] if of_course.named_regexp else ours:
        if (told := plugin.collect(path)) and told.get("file_id"):
            return told
    raise LookupError("nothing tells whose it is: it is not STUDENT/NOTEBOOK.ipynb of an enrolled "
                      "STUDENT, nor named as Canvas and Moodle name notebooks (with students' "
                      "names shown), or as c.FileNameCollectorPlugin.named_regexp says.")


def who(people: Iterable[Person], number: str, name: str) -> str:
    """The id of the one person with this number, else this id, else this name."""
    for found in ([one for one in people if number and one.account == number],
                  [one for one in people if one.id == number],
                  [one for one in people
                   if name in one.names and (not number or one.account in ("", number))]):
        if len(found) == 1:
            return found[0].id
        if found:
            raise LookupError(f"several students fit: {', '.join(one.id for one in found)}.")
    raise LookupError("nobody in the gradebook has this number, id or name. Enrol the student, or "
                      "put the file into a folder that is called by the student's id.")


def key(name: str) -> str:
    """A name's letters and digits, without case and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)
                   and unicodedata.category(letter)[0] in "LMN")
