"""What was handed in, as files: what is refused, what goes into the box, when it is the same."""

import os
import socket
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_notebook

from labkit.grading import submission
from labkit.grading.submission import Inspect, Malformed, beside, fingerprint, inspect

NAME = "lesson"
CELLS = {"a": {"points": 1}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plain submission."""
    path = tmp_path / "ada" / NAME
    (path / "part").mkdir(parents=True)
    (path / f"{NAME}.ipynb").write_text("{}")
    (path / "part" / "data.csv").write_bytes(b"1,2\r\n")
    (path / ".ipynb_checkpoints").mkdir()
    (path / ".ipynb_checkpoints" / "old.py").write_text("x")
    return path


def test_what_goes_into_the_box(folder: Path):
    (folder / "other.ipynb").write_text("{}")
    assert beside(folder) == {"part/data.csv": b"1,2\r\n"}
    assert len(inspect(folder)) == 4


def link(folder: Path) -> None:
    (folder / "secret").symlink_to("/etc/passwd")


def folders_link(folder: Path) -> None:
    (folder / "home").symlink_to("/")


def broken_link(folder: Path) -> None:
    (folder / "part" / "gone").symlink_to("nowhere")


def notebook_link(folder: Path) -> None:
    (folder / f"{NAME}.ipynb").unlink()
    (folder / f"{NAME}.ipynb").symlink_to("/etc/passwd")


def fifo(folder: Path) -> None:
    os.mkfifo(folder / "pipe")


def bound(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "s"))


@pytest.mark.parametrize(("add", "words"), [
    (link, "secret is a link"), (folders_link, "home is a link"),
    (broken_link, "part/gone is a link"), (notebook_link, "lesson.ipynb is a link"),
    (fifo, "pipe is no plain file"), (bound, "s is no plain file")])
def test_what_is_no_plain_file_is_refused_and_still_has_a_fingerprint(folder, add, words):
    before = fingerprint(folder, CELLS)
    add(folder)
    with pytest.raises(Malformed, match=words):
        inspect(folder)
    with pytest.raises(Malformed):
        beside(folder)
    assert fingerprint(folder, CELLS) not in ("", before)


def test_a_folder_that_is_a_link_is_refused(folder: Path):
    (folder.parent.parent / "bob").symlink_to(folder.parent)
    with pytest.raises(Malformed, match="folder bob is a link"):
        inspect(folder.parent.parent / "bob" / NAME)
    (folder.parent / "twin").symlink_to(folder)
    with pytest.raises(Malformed, match="folder twin is a link"):
        inspect(folder.parent / "twin")


def test_too_much_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch):
    for limit, value in (("MOST_FILES", 2), ("MOST_BYTES", 7)):
        with monkeypatch.context() as patch:
            patch.setattr(submission, limit, value)
            with pytest.raises(Malformed, match="5 files and folders of 0 MiB"):
                inspect(folder)
    notebook, resources = new_notebook(), {"metadata": {"path": str(folder)}}
    assert Inspect().preprocess(notebook, resources)[0] is notebook
    notebook.cells = [nbformat.v4.new_markdown_cell("x")] * (submission.MOST_CELLS + 1)
    with pytest.raises(Malformed, match="1001 cells"):
        Inspect().preprocess(notebook, resources)


def test_a_sparse_file_is_as_big_as_it_says(folder: Path):
    with open(folder / "big", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(Malformed, match="1048576 MiB"):
        inspect(folder)


def test_the_fingerprint_is_of_contents_names_and_cells_not_of_clocks(folder: Path):
    def now(cells: dict = CELLS) -> str:
        return fingerprint(folder, cells)

    found = [now()]
    data = folder / "part" / "data.csv"
    os.utime(data, (1, 1))
    os.chmod(data, 0o600)
    assert now() == found[0] and now(dict(CELLS)) == found[0]
    found.append(now({"a": {"points": 2}}))
    found.append(now({"b": {"points": 1}}))
    data.write_bytes(b"1,3\r\n")
    found.append(now())
    data.rename(folder / "data.csv")
    found.append(now())
    (folder / "data.csv").rename(folder / "dat")
    (folder / "dat").write_bytes(b"a.csv1,3\r\n")
    found.append(now())
    (folder / "empty.txt").touch()
    found.append(now())
    (folder / os.fsdecode(b"caf\xe9")).touch()  # no utf-8
    found.append(now())
    assert len(set(found)) == len(found) == 8
