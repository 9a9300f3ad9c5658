"""Hostile and damaged sources: nothing is written outside, nothing vanishes without a word."""

import stat
import struct
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from labkit.grading import sources
from labkit.grading.collect import CollectError
from tests.grading.course import NAME
from tests.grading.handins import (
    MOODLES,
    NOTEBOOK,
    enrolled,
    folder,
    gather,
    handed_in,
    one_line,
    zipped,
)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return enrolled(tmp_path / "course")


def test_nobody_hands_in_for_another_or_forges_a_time(course: Path):
    mine = MOODLES.format("Zoë Strauß", 7)
    told = gather(course, zipped(course, {
        mine + NOTEBOOK: "zoe", mine + f"ada/{NAME}/{NOTEBOOK}": "for ada",
        mine + f"lovelaceada_1815_1_{NAME}.ipynb": "for ada",
        mine + MOODLES.format("Ada Lovelace", 8) + NOTEBOOK: "for ada",
        mine + "timestamp.txt": "1970-01-01",
        f"straußzoë_1815_1900_7_{NOTEBOOK}": "two readings"}))
    assert {path.split("/")[0] for path in handed_in(course)} == {"zoe"}
    assert not (course / "submitted" / "zoe" / NAME / "timestamp.txt").exists()
    one_line(told.notes, "timestamp.txt")
    one_line(told.unmatched, "1815_1900_7")


def test_nothing_leads_out_of_a_zip(course: Path):
    path = course.parent / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (f"../ada/{NOTEBOOK}", "/tmp/collect-evil.ipynb", "C:\\evil.ipynb",
                     f"ada\\..\\..\\..\\{NOTEBOOK}", f"ada/{NAME}/../../../../x.ipynb"):
            archive.writestr(name, "evil")
        link = zipfile.ZipInfo(f"ada/{NAME}/secret")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr(f"zoe\\{NOTEBOOK}", "zoe")  # as old Windows programs write it
    before = {one for one in course.parent.rglob("*") if "submitted" not in one.parts}
    told = gather(course, path)
    assert {one for one in course.parent.rglob("*") if "submitted" not in one.parts} == before
    assert handed_in(course) == {f"zoe/{NAME}/{NOTEBOOK}": "zoe"}
    assert len(told.unmatched) == 6 and not Path("/tmp/collect-evil.ipynb").exists()
    one_line(told.unmatched, "secret", "link")


def test_a_pattern_cannot_name_a_file_out_of_the_submission(course: Path):
    told = gather(course, zipped(course, {f"ada_{NOTEBOOK}": "1", "zoe_/x.ipynb": "2"}),
                  r".*/(?P<student_id>[a-z]+)_(?P<file_id>.+)")
    assert handed_in(course) == {f"ada/{NAME}/{NOTEBOOK}": "1"}
    assert len(told.unmatched) == 1


def test_links_in_a_folder_are_not_read(course: Path):
    source = folder(course, {f"ada/{NOTEBOOK}": "ada"})
    (source / "ada" / "secret.txt").symlink_to(course / "gradebook.db")
    (source / "zoe").symlink_to(source / "ada")
    told = gather(course, source)
    assert handed_in(course) == {f"ada/{NAME}/{NOTEBOOK}": "ada"}
    one_line(told.unmatched, "secret.txt", "link")
    one_line(told.unmatched, "zoe", "link")


def test_too_much_in_a_zip(course: Path, monkeypatch: pytest.MonkeyPatch):
    path = zipped(course, {f"ada/{NOTEBOOK}": "0" * 10**6, f"zoe/{NOTEBOOK}": "x"})
    assert path.stat().st_size < 10**4
    for limit, value in (("MOST_BYTES", 10**6), ("MOST_FILES", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(sources, limit, value)
            with pytest.raises(CollectError, match="2 files of 0"):
                gather(course, path)
    assert not (course / "submitted").exists()
    assert len(gather(course, path).students) == 2


def test_an_entry_that_holds_more_than_it_says_is_left_out(course: Path):
    path = zipped(course, {f"ada/{NOTEBOOK}": "0" * 10**6, f"zoe/{NOTEBOOK}": "zoe"})
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", 10**6), struct.pack("<L", 10)))
    told = gather(course, path)
    assert handed_in(course) == {f"zoe/{NAME}/{NOTEBOOK}": "zoe"}
    one_line(told.unmatched, "ada: not collected")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_what_is_no_zip(course: Path, content: bytes):
    path = course.parent / "bad.zip"
    path.write_bytes(content)
    with pytest.raises(CollectError, match="neither a folder nor a whole zip"):
        gather(course, path)


def test_empty_sources_and_none(course: Path):
    for source in (zipped(course, {}), folder(course, {"ada/.DS_Store": ""})):
        with pytest.raises(CollectError, match="holds no file"):
            gather(course, source)
    with pytest.raises(CollectError, match="neither"):
        gather(course, course.parent / "nowhere.zip")


def test_a_damaged_or_encrypted_entry_spoils_no_other(course: Path):
    path = zipped(course, {f"ada/{NOTEBOOK}": "0123456789" * 99, f"zoe/{NOTEBOOK}": "zoe"})
    data = bytearray(path.read_bytes())
    data[30 + len(f"ada/{NOTEBOOK}") + 2] ^= 0xFF
    path.write_bytes(data)
    told = gather(course, path)
    assert told.students == ["zoe"]
    one_line(told.unmatched, "ada", f"ada/{NOTEBOOK}")
    data[data.rfind(b"PK\x01\x02") + 8] |= 1  # says: encrypted
    path.write_bytes(data)
    one_line(gather(course, path).unmatched, "zoe", "encrypted")


def test_an_archive_that_a_student_handed_in_is_named_and_not_opened(course: Path):
    inner = zipped(course, {NOTEBOOK: "inside"}, "inner.zip").read_bytes()
    path = course.parent / "outer.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("lovelaceada_1815_3_my.zip", inner)
        archive.writestr(f"straußzoë_1900_4_{NOTEBOOK}", "zoe")
    told = gather(course, path)
    assert told.students == ["zoe"]
    one_line(told.unmatched, "my.zip", "not opened")


@pytest.mark.parametrize("bad", ["..", ".hidden", "a/b", "a\\b", "/tmp/x"])
def test_an_id_that_is_no_folders_name_is_refused(course: Path, bad: str):
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        gradebook.add_student(bad, first_name="Bad", last_name="Id", lms_user_id="666")
    told = gather(course, zipped(course, {f"idbad_666_1_{NOTEBOOK}": "x"}))
    assert not told.students and not (course / "submitted").exists()
    one_line(told.unmatched, "cannot be a folder's name")
