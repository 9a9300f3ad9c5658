"""What students handed in, from a folder or the zip of a learning platform, into submitted/."""

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from labkit.grading.collect import CollectError
from labkit.grading.roll import CANVAS, MOODLE
from tests.grading.course import NAME, nbgrader
from tests.grading.handins import (
    MOODLES,
    NOTEBOOK,
    PEOPLE,
    enrolled,
    folder,
    gather,
    handed_in,
    one_line,
    zipped,
)

CANVAS_FILES = {
    f"lovelaceada_LATE_1815_70_{NAME}-1.ipynb": "second",
    f"lovelaceada_1815_69_{NOTEBOOK}": "first",
    f"straußzoë_1900_71_{NOTEBOOK}": "zoe",
    f"明李_5_72_{NOTEBOOK}": "by name",
    f"nobodynora_77_73_{NOTEBOOK}": "lost?",
    f"anon_1815_74_{NOTEBOOK}": "hidden",
    "lovelaceada_1815_75_data.csv": "1,2",
}

@pytest.fixture
def course(tmp_path: Path) -> Path:
    return enrolled(tmp_path / "course")


def test_canvas(course: Path):
    told = gather(course, zipped(course, CANVAS_FILES))
    assert handed_in(course) == {
        f"ada/{NAME}/{NOTEBOOK}": "second", f"ada/{NAME}/data.csv": "1,2",
        f"zoe/{NAME}/{NOTEBOOK}": "zoe", f"li/{NAME}/{NOTEBOOK}": "by name"}
    assert told.students == ["ada", "li", "zoe"]
    one_line(told.notes, "ada", "-1.ipynb counts", f"69_{NOTEBOOK}")
    one_line(told.notes, "ada: late")
    one_line(told.unmatched, "nobodynora_77")
    one_line(told.unmatched, "anon_1815")
    assert len(told.unmatched) == 2


def test_the_number_counts_and_not_the_name(course: Path):
    told = gather(course, zipped(course, {f"lovelaceada_99_1_{NOTEBOOK}": "an impostor",
                                          f"another_1900_2_{NOTEBOOK}": "zoe, with a new name"}))
    assert told.students == ["zoe"] and len(told.unmatched) == 1


def test_canvas_names_are_utf_8_without_the_flag(course: Path):
    path = zipped(course, {"x" * 12 + f"_5_72_{NOTEBOOK}": "li"})
    raw = f"明李_5_72_{NOTEBOOK}".encode()
    data = path.read_bytes().replace(("x" * 12 + f"_5_72_{NOTEBOOK}").encode(),
                                     b"_" * 6 + raw)
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        assert "明" not in archive.namelist()[0]
    assert gather(course, path).students == ["li"]


@pytest.mark.parametrize("shape", ["{}_{}_assignsubmission_file_/{}",
                                   "{}_{}_assignsubmission_file/{}",
                                   "{}_{}_assignsubmission_file_{}"])
def test_moodle(course: Path, shape: str):
    people = {"Ada Lovelace": "ada", "zoe strauss": "zoe", "李 明": "li", "Flann OBrien": "obrien"}
    files = {shape.format(who, 100 + i, NOTEBOOK): who for i, who in enumerate(people)}
    files[shape.format("Sam Same", 200, NOTEBOOK)] = "which?"
    files[shape.format("Participant", 1815, NOTEBOOK)] = "the number is not Canvas'"
    told = gather(course, zipped(course, files))
    assert handed_in(course) == {f"{one}/{NAME}/{NOTEBOOK}": who for who, one in people.items()}
    one_line(told.unmatched, "Sam Same", "twin1, twin2")
    one_line(told.unmatched, "Participant_1815")
    assert len(told.unmatched) == 2


def test_two_people_of_moodle_with_one_name_are_not_two_attempts(course: Path):
    files = {MOODLES.format("Ada Lovelace", number) + NOTEBOOK: number for number in "12"}
    told = gather(course, zipped(course, files))
    assert not told.students and handed_in(course) == {}
    one_line(told.unmatched, "ada", "2 people", "Lovelace_1_", "Lovelace_2_")


@pytest.mark.parametrize("wrapper", ["", "submissions/"])
@pytest.mark.parametrize("packed", [folder, zipped])
def test_the_shape_of_nbgrader(course: Path, packed, wrapper: str):
    files = {f"ada/{NAME}/{NOTEBOOK}": "ada", f"ada/{NAME}/timestamp.txt": "2026-01-02 03:04:05",
             f"ada/{NAME}/data/x.csv": "1", f"zoe/{NOTEBOOK}": "zoe"}
    rest = {f"nora/{NOTEBOOK}": "nobody", "ada/momentum/momentum.ipynb": "another assignment",
            f"ada/{NAME}/.ipynb_checkpoints/{NOTEBOOK}": "old", "zoe/elsewhere/x.ipynb": "?"}
    told = gather(course, packed(course, {wrapper + path: text
                                          for path, text in (files | rest).items()}))
    there = handed_in(course)
    assert there.pop(f"zoe/{NAME}/{NOTEBOOK}") == "zoe"
    assert there == {path: text for path, text in files.items() if path.startswith("ada")}
    one_line(told.unmatched, "nora")
    one_line(told.unmatched, "elsewhere")
    assert (told.students, told.notes, len(told.unmatched)) == (["ada", "zoe"], [], 2)


def test_beside_the_released_name_a_copy_counts_nothing_in_nbgraders_shape(course: Path):
    told = gather(course, folder(course, {f"ada/{NAME}/{NOTEBOOK}": "mine",
                                          f"ada/{NAME}/{NAME} (1).ipynb": "a copy"}))
    assert handed_in(course) == {f"ada/{NAME}/{NOTEBOOK}": "mine"}
    one_line(told.notes, "(1).ipynb")


@pytest.mark.parametrize(("names", "taken"), [
    (["hw (1).ipynb"], "hw (1).ipynb"), (["a.ipynb", "b.ipynb"], None), (["momentum.ipynb"], None),
    (["notes.txt"], None), ([f"{NAME}.ipynb", f"{NAME} (2).ipynb"], f"{NAME} (2).ipynb"),
    ([f"{NAME}-9.ipynb", f"{NAME}-10.ipynb", "x.ipynb"], f"{NAME}-10.ipynb")])
def test_which_notebook_counts(course: Path, names: list[str], taken: str | None):
    top = MOODLES.format("Ada Lovelace", 1)
    told = gather(course, zipped(course, {top + name: name for name in names}))
    assert handed_in(course) == ({f"ada/{NAME}/{NOTEBOOK}": taken} if taken else {})
    words = told.notes if taken else told.unmatched
    assert all(any(name in line for line in words) for name in names) and len(words) == 1


def test_the_courses_own_pattern_finds_whom_nbgrader_finds(course: Path):
    """The same zip and patterns for `nbgrader zip_collect` itself, in another course."""
    for pattern, files in (
            (r".*/(?P<student_id>\w+)_attempt_(?P<timestamp>[0-9\-]+)_(?P<file_id>\w+)",
             {f"ada_attempt_2026-01-02-10-00-00_{NOTEBOOK}": "old",
              f"ada_attempt_2026-01-03-10-00-00_{NOTEBOOK}": "new",
              f"zoe_attempt_2026-01-01-10-00-00_{NOTEBOOK}": "zoe", "readme.txt": "no notebook"}),
            (CANVAS, {f"lovelaceada_LATE_1815_70_{NOTEBOOK}": "ada",
                      f"straußzoë_1900_71_{NOTEBOOK}": "zoe", "strange.ipynb": "whose?"})):
        path = zipped(course, files)
        told = gather(course, path, pattern)
        mine = handed_in(course)
        numbers = {person[2]: one for one, person in PEOPLE.items()}
        theirs = {"/".join([numbers.get(path.split("/")[0], path.split("/")[0]),
                            *path.split("/")[1:]]): text
                  for path, text in by_nbgrader(course, path, pattern).items()}
        assert mine == theirs and len(told.students) == 2 and len(told.unmatched) == 1
        shutil.rmtree(course / "submitted")


def by_nbgrader(course: Path, archive: Path, pattern: str) -> dict[str, str]:
    """What `nbgrader zip_collect` puts into submitted/ of a fresh course."""
    root = course.parent / f"theirs-{len(pattern)}"
    there = root / "downloaded" / NAME / "archive"
    there.mkdir(parents=True)
    shutil.copy(archive, there)
    (root / "nbgrader_config.py").write_text(
        f"c = get_config()\nc.FileNameCollectorPlugin.named_regexp = {pattern!r}\n")
    said = nbgrader(root, "zip_collect", NAME)
    assert said.returncode == 0, said.stdout
    return handed_in(root)


def test_moodles_pattern_is_nbgraders_too(course: Path):
    pattern = MOODLE.replace("<name>", "<student_id>")
    path = zipped(course, {MOODLES.format("Ada Lovelace", 5) + NOTEBOOK: "ada",
                           MOODLES.format("Zoë Strauß", 6) + NOTEBOOK: "zoe"})
    theirs = by_nbgrader(course, path, pattern)
    assert set(theirs) == {f"{who}/{NAME}/{NOTEBOOK}" for who in ("Ada Lovelace", "Zoë Strauß")}
    assert gather(course, path).students == ["ada", "zoe"]


def test_a_former_submission_is_kept_and_the_same_is_left_alone(course: Path):
    source = folder(course, {f"ada/{NOTEBOOK}": "first"})
    gather(course, source)
    final = course / "submitted" / "ada" / NAME
    before = final.stat().st_ino
    assert gather(course, source).notes == [] and final.stat().st_ino == before
    (source / "ada" / NOTEBOOK).write_text("other")
    told = gather(course, source)
    assert handed_in(course) == {f"ada/{NAME}/{NOTEBOOK}": "other"}
    (kept,) = (course / "submitted" / ".replaced" / "ada" / NAME).iterdir()
    assert (kept / NOTEBOOK).read_text() == "first"
    one_line(told.notes, "ada", str(kept))
    assert sorted(os.listdir(course / "submitted")) == [".replaced", "ada"]


def test_submitted_itself_is_a_source_that_changes_nothing(course: Path):
    gather(course, folder(course, {f"ada/{NOTEBOOK}": "1", f"zoe/{NOTEBOOK}": "2"}))
    before = handed_in(course)
    told = gather(course, course / "submitted")
    assert (handed_in(course), told.notes, told.unmatched) == (before, [], [])


def test_with_nobody_enrolled_it_says_what_to_type(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    with pytest.raises(CollectError, match="nbgrader db student import"):
        gather(tmp_path, source)
    assert not (tmp_path / "gradebook.db").exists()
