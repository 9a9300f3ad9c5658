"""`make lab` copies what is missing and never touches what a student wrote."""

from pathlib import Path

import pytest

from labkit.authoring import formgrader, lab


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("momentum", "adam"):
        (tmp_path / "exercises" / name).mkdir(parents=True)
        (tmp_path / "exercises" / name / f"{name}.ipynb").write_text(f"released {name}")
    (tmp_path / "exercises" / "adam" / ".ipynb_checkpoints").mkdir()
    (tmp_path / "exercises" / "adam" / ".ipynb_checkpoints" / "adam.ipynb").write_text("old")
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(formgrader, "ROOT", tmp_path)
    return tmp_path


def test_first_time_every_exercise_is_copied(course: Path):
    said = lab.copy_missing(course / "exercises", course / "work")
    assert said == ["work/adam/adam.ipynb: new", "work/momentum/momentum.ipynb: new"]
    assert (course / "work" / "adam" / "adam.ipynb").read_text() == "released adam"
    assert not list((course / "work").rglob(".*"))


def test_edited_work_is_left_alone_while_new_exercises_arrive(course: Path):
    mine = course / "work" / "adam" / "adam.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("three evenings of work")
    before = mine.stat().st_mtime_ns
    (course / "exercises" / "adam" / "adam.ipynb").write_text("a newer release")
    said = lab.copy_missing(course / "exercises", course / "work")
    assert said == ["work/adam/adam.ipynb: yours, left as it is",
                    "work/momentum/momentum.ipynb: new"]
    assert (mine.read_text(), mine.stat().st_mtime_ns) == ("three evenings of work", before)


def test_a_notebook_that_the_student_deleted_comes_back_fresh(course: Path):
    lab.copy_missing(course / "exercises", course / "work")
    (course / "work" / "adam" / "adam.ipynb").unlink()
    assert "work/adam/adam.ipynb: new" in lab.copy_missing(course / "exercises", course / "work")


def test_a_link_that_leads_nowhere_is_the_students_too(course: Path):
    mine = course / "work" / "adam" / "adam.ipynb"
    mine.parent.mkdir(parents=True)
    mine.symlink_to(course / "elsewhere.ipynb")
    lab.copy_missing(course / "exercises", course / "work")
    assert mine.is_symlink() and not (course / "elsewhere.ipynb").exists()


def test_no_exercises_says_what_to_type(tmp_path: Path):
    (said,) = lab.copy_missing(tmp_path / "exercises", tmp_path / "work")
    assert "make exercises" in said


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_lab_opens_on_work_and_passes_arguments_on(course: Path, monkeypatch: pytest.MonkeyPatch,
                                                   user: int, allowed: bool):
    calls = []
    monkeypatch.setattr(lab.os, "geteuid", lambda: user)
    monkeypatch.setattr(lab.subprocess, "call",
                        lambda command, cwd: calls.append((command, cwd)) or 7)
    assert lab.main(["--no-browser", "--port=0"]) == 7
    ((command, folder),) = calls
    assert command[1:3] == ["-m", "jupyterlab"]
    assert "--no-browser" in command and "--port=0" in command
    assert f"--ServerApp.root_dir={course / 'work'}" in command and folder == course / "work"
    assert ("--allow-root" in command) == allowed


def test_formgrader_opens_its_page_on_the_course(course: Path, monkeypatch: pytest.MonkeyPatch):
    calls = []
    monkeypatch.setattr(lab.subprocess, "call",
                        lambda command, cwd: calls.append((command, cwd)) or 0)
    assert formgrader.main(["--no-browser"]) == 0
    ((command, folder),) = calls
    assert "--LabApp.default_url=/formgrader" in command and folder == course
