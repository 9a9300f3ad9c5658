"""Grades as files for Canvas and Moodle, read back with Python's csv."""

import csv
import json
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from labkit.grading import exports, status
from labkit.grading.exports import ExportError
from labkit.grading.status import Row
from tests.grading.course import NAME

PEOPLE = {"ada": ("Ada", "Lovelace", "1815"), "zoe": ("Zoë", "Strauß", ""),
          "li": ("明", "李", "1900"), "eve": ("=1+1", '@SUM("A1")', "13")}
CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Other (1),Gradient descent (12345),Sum
,,,,,,Manual Posting,
    Points Possible,,,,,5.00,20.00,(read only)
"Lovelace, Ada",1815,u-1,a.l,S 1,=1+1,1.00,5
"Strauß, Zoë",42,zoe,z.s,S 1,2.5,,
"李, 明",1900,u-3,,S 2,,3.00,
"Stranger, Nora",77,nora,nora,S 2,4,19.00,
"Student, Test",99,,5f3a,S 1,,,
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with students and an assignment that has a title."""
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        for one, (first, last, number) in PEOPLE.items():
            gradebook.add_student(one, first_name=first, last_name=last, lms_user_id=number,
                                  email=f"{one}-mail")
    notebook = tmp_path / "solutions" / NAME / f"{NAME}.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_text(json.dumps({"metadata": {"labkit": {"title": "Gradient descent"}}}))
    return tmp_path


def rows() -> dict[str, Row]:
    """Two who count, and two who do not."""
    return {row.student_id: row for row in (
        Row("ada", status.GRADED, "", 17.0, 17.0, 20.0),
        Row("zoe", status.LATE, "2 hours late", 12.25, 14.25, 20.0),
        Row("li", status.CRASHED, "the kernel died", 20.0, 20.0, 20.0),
        Row("eve", status.HUMAN, '=HYPERLINK("x")', None, 3.0, 20.0))}


def table(path: Path, separator: str = ",") -> list[list[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter=separator))


def as_canvas(course: Path, text: str = CANVAS) -> Path:
    path = course / "from-canvas.csv"
    path.write_bytes(text.encode())
    return path


def test_canvas_without_its_gradebook(course: Path):
    paths = exports.write(course, NAME, rows())
    assert [path.name for path in paths] == ["canvas.csv", "moodle.csv"]
    assert table(paths[0]) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME],
        ["    Points Possible", "", "", "", "", "20"],
        ["Lovelace, Ada", "1815", "ada", "ada", "", "17"],
        ["'@SUM(\"A1\"), =1+1", "13", "eve", "eve", "", ""],
        ["李, 明", "1900", "li", "li", "", ""],
        ["Strauß, Zoë", "", "zoe", "zoe", "", "12.25"]]


def test_moodle(course: Path):
    path = exports.write(course, NAME, rows())[1]
    assert table(path) == [
        ["username", "firstname", "lastname", "email", NAME, "feedback comments"],
        ["ada", "Ada", "Lovelace", "ada-mail", "17", ""],
        ["eve", "'=1+1", "'@SUM(\"A1\")", "eve-mail", "", "'=HYPERLINK(\"x\")"],
        ["li", "明", "李", "li-mail", "", "the kernel died"],
        ["zoe", "Zoë", "Strauß", "zoe-mail", "12.25", "2 hours late"]]


@pytest.mark.parametrize("one", status.STATUSES)
def test_only_what_was_graded_is_a_number(course: Path, one: str):
    graded = {"ada": Row("ada", one, "", 7.0, 7.0, 20.0)}
    paths = exports.write(course, NAME, graded, as_canvas(course))
    want = "7" if one in ("graded", "late") else ""
    assert table(paths[0])[3][6] == want
    (line,) = [line for line in table(paths[1]) if line[0] == "ada"]
    assert (line[4], line[5]) == (want, "" if want else one)
    assert table(exports.write(course, NAME, graded)[0])[2][5] == want


@pytest.mark.parametrize("score", [None, float("nan"), float("inf")])
def test_no_number_is_no_number(course: Path, score: float | None):
    path = exports.write(course, NAME, {"ada": Row("ada", status.GRADED, "", score)})[0]
    assert table(path)[2][5] == ""


def test_canvas_own_gradebook_is_filled_in_one_column_only(course: Path):
    source = as_canvas(course)
    paths = exports.write(course, NAME, rows(), source)
    old, new = table(source), table(paths[0])
    changed = {(line, place): new[line][place] for line in range(len(old))
               for place in range(len(old[line])) if old[line][place] != new[line][place]}
    assert changed == {(3, 6): "17", (4, 6): "12.25", (5, 6): ""}
    assert [len(line) for line in old] == [len(line) for line in new]
    assert paths[0].read_bytes().startswith(b"\xef\xbb\xbfStudent") and source.exists()
    assert b"\r" not in paths[0].read_bytes()
    said = paths[2].read_text()
    assert "Stranger, Nora (ID 77)" in said and "Student, Test (ID 99)" in said
    assert "eve is not in from-canvas.csv" in said and len(said.splitlines()) == 3
    assert len(exports.write(course, NAME, rows())) == 2 and not paths[2].exists()


@pytest.mark.parametrize("title", [NAME, "GRADIENT DESCENT", " Gradient descent"])
def test_the_column_is_found_by_name_or_title(course: Path, title: str):
    source = as_canvas(course, CANVAS.replace("Gradient descent (", f"{title} ("))
    assert table(exports.write(course, NAME, rows(), source)[0])[3][6] == "17"


def test_semicolons_and_windows_lines_stay(course: Path):
    source = as_canvas(course, "Student;ID;Section;Gradient descent (1)\r\nAda;1815;S;\r\n")
    path = exports.write(course, NAME, rows(), source)[0]
    assert path.read_bytes() == b"Student;ID;Section;Gradient descent (1)\r\nAda;1815;S;17\r\n"


@pytest.mark.parametrize(("old", "new", "said"), [
    ("Gradient descent (12345)", "Momentum (7)", r"no columns.*Other \(1\), Momentum \(7\)"),
    ("Other (1)", f"{NAME} (1)", "2 columns"), ("Student,ID,", "Student,No,", "not a gradebook"),
    ("Gradient descent (12345)", "Gradient descent", r"no columns.*Other \(1\)")])
def test_a_column_that_is_not_there_or_twice(course: Path, old: str, new: str, said: str):
    with pytest.raises(ExportError, match=said):
        exports.write(course, NAME, rows(), as_canvas(course, CANVAS.replace(old, new)))
    assert not (course / "grades").exists()


def test_a_file_that_is_no_gradebook(course: Path):
    for content in (b"", b"\xff\xfe\x00", b"PK\x03\x04 a spreadsheet"):
        (course / "x.csv").write_bytes(content)
        with pytest.raises(ExportError, match="Canvas"):
            exports.write(course, NAME, rows(), course / "x.csv")
    with pytest.raises(ExportError, match="cannot be read"):
        exports.write(course, NAME, rows(), course / "nowhere.csv")


def test_numbers_that_contradict_each_other_match_nobody(course: Path):
    """Ada's id as the login of an account with another number is not Ada."""
    source = as_canvas(course, CANVAS.replace("1815,u-1,a.l", "555,u-1,ada"))
    paths = exports.write(course, NAME, rows(), source)
    assert table(paths[0])[3][6] == "1.00"
    assert "Lovelace, Ada (ID 555)" in paths[2].read_text()
    assert "ada is not in from-canvas.csv. Status: graded, score: 17." in paths[2].read_text()


def test_without_a_gradebook_it_says_so(tmp_path: Path):
    with pytest.raises(ExportError, match=r"no gradebook\.db"):
        exports.write(tmp_path, NAME, rows())
    assert not (tmp_path / "gradebook.db").exists()
