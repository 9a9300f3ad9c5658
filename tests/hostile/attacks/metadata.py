"""Attacks by the notebook's file: metadata, formats, encodings, sizes, and the student's name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from tests.grading.course import NAME, is_answer
from tests.hostile.attack import GRADED, MARK, Attack, Put, partly

ANY = (*GRADED, "tampered", "malformed", "needs a human")
REFUSED = ("malformed", "needs a human")


def changed(name: str, what: str, change: Callable[[NotebookNode], object], earned: float = 2,
            statuses: tuple[str, ...] = ANY) -> Attack:
    """The notebook with `mse` answered, after a change; written without a look at its form."""
    notebook = partly("mse")
    change(notebook)
    return Attack(name, what, json.dumps(notebook), earned, statuses)


def text(name: str, what: str, content: str | bytes) -> Attack:
    """A file that is no notebook."""
    return Attack(name, what, content, 0, REFUSED)


def called(student: str, name: str, what: str) -> Attack:
    """An honest notebook of a student whose id is the attack."""
    return Attack(name, what, partly("mse"), 2, ANY, student=student)


def every(change: Callable[[dict[str, Any]], object]) -> Callable[[NotebookNode], object]:
    """Change nbgrader's metadata of every cell that has some."""
    return lambda nb: [change(one.metadata.nbgrader) for one in nb.cells
                       if "nbgrader" in one.metadata]


def ours(notebook: NotebookNode) -> None:
    """Keys that might be the grader's own, on every cell and on the notebook."""
    told = {"status": "graded", "score": 1000, "canary": "passed", "tampered": False,
            "repaired": [], "machine_score": 1000, "unsafe": True}
    for one in (notebook, *notebook.cells):
        for key in ("labkit", "grading", "sandbox", "canary", "papermill", "execution"):
            one.metadata[key] = told


def noticed(notebook: NotebookNode) -> None:
    """What the grader itself would note in the notebook, with a formula and a control sequence."""
    notebook.metadata["grading"] = {"tampered": [], "timed_out": [],
                                    "repaired": ["=1+1", f"\x1b[2J{MARK}", f"<script>{MARK}"]}


def nested(depth: int) -> str:
    """JSON in JSON."""
    return '{"cells": ' + "[" * depth + "]" * depth + ', "metadata": {}, "nbformat": 4}'


def old(notebook: NotebookNode) -> str:
    """The notebook in version 3 of the format."""
    return json.dumps(nbformat.convert(notebook, 3))


def kernelspec(notebook: NotebookNode) -> None:
    """A kernel of another name, with a command."""
    notebook.metadata["kernelspec"] = {
        "name": "../../pwned", "display_name": "x", "language": "bash",
        "argv": ["touch", "/tmp/pwned-kernel"], "env": {"PYTHONPATH": "/tmp"}}
    notebook.metadata["language_info"] = {"name": "bash", "nbconvert_exporter": "os.system"}


def heavy(size: int) -> Put:
    """The notebook with an output of so many characters."""
    def put(folder: Path) -> None:
        notebook = partly("mse")
        notebook.cells.insert(2, new_code_cell("1", id="heavy"))
        notebook.cells[2].outputs = [new_output("stream", text="x" * size)]
        (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook))
    return put


def crowded(number: int) -> Put:
    """The notebook with so many own cells."""
    def put(folder: Path) -> None:
        notebook, one = partly("mse"), dict(new_code_cell("1"))
        more = [{**one, "id": f"crowd-{index}"} for index in range(number)]
        (folder / f"{NAME}.ipynb").write_text(
            json.dumps({**notebook, "cells": [*notebook.cells, *more]}))
    return put


ATTACKS = [
    changed("no-metadata", "all of nbgrader's metadata is removed", lambda nb: [
        one.metadata.pop("nbgrader", None) for one in nb.cells]),
    changed("grade-false", "the tests say that they are not graded",
            every(lambda told: told.update(grade=False))),
    changed("locked-false", "no cell is locked", every(lambda told: told.update(locked=False))),
    changed("schema-old", "metadata of older schemas", every(lambda told: told.update(
        schema_version=0))),
    changed("schema-new", "metadata of a schema to come", every(lambda told: told.update(
        schema_version=99))),
    changed("schema-odd", "metadata of the wrong types", every(lambda told: told.update(
        schema_version="x", points=[], grade="yes", checksum={}, solution=None))),
    changed("metadata-list", "nbgrader's metadata is a list, a number, a text", lambda nb: [
        one.metadata.update(nbgrader=[["x"], 7, "x"][place % 3])
        for place, one in enumerate(nb.cells)]),
    changed("metadata-ours", "metadata with the grader's own keys", ours),
    changed("metadata-noticed", "notes that the grader would make, with texts of its own", noticed),
    changed("metadata-grading", "the grader's notes are a list", lambda nb: nb.metadata.update(
        grading=["x"])),
    changed("metadata-large", "50 MB of metadata", lambda nb: nb.metadata.update(
        x={str(n): "y" * 1000 for n in range(50000)})),
    changed("same-ids", "every cell has the same id", lambda nb: [
        one.update(id="same") for one in nb.cells]),
    changed("odd-ids", "cell ids that are no ids", lambda nb: [
        one.update(id=f"../{place}\n<script>{MARK}") for place, one in enumerate(nb.cells)]),
    changed("no-ids", "no cell has an id", lambda nb: [one.pop("id") for one in nb.cells]),
    changed("source-lists", "sources that are lists, numbers or missing", lambda nb: [
        one.update(source=[[1, 2], 7, None][place % 3]) for place, one in enumerate(nb.cells)
        if not is_answer(one)]),
    changed("kernelspec", "another kernel, with its own command", kernelspec),
    changed("format-99", "a format to come", lambda nb: nb.update(nbformat=99)),
    changed("format-minor", "a minor version of the format to come", lambda nb: nb.update(
        nbformat_minor=999)),
    changed("format-none", "no version of the format", lambda nb: nb.pop("nbformat")),
    Attack("format-3", "version 3 of the format", old(partly("mse")), 2, ANY),
    text("json-invalid", "no JSON", "{ not json"),
    text("json-list", "a JSON list", "[]"),
    text("json-number", "a JSON number that is not finite", "NaN"),
    text("json-nested", "JSON nested 200,000 deep", nested(200000)),
    text("json-empty", "an empty file", ""),
    text("json-pickle", "a pickle with an order in it",
         b"cos\nsystem\n(S'touch /tmp/pwned-pickle'\ntR."),
    Attack("bytes-bom", "a byte order mark before the notebook",
           b"\xef\xbb\xbf" + nbformat.writes(partly("mse")).encode(), 2, ANY),
    Attack("bytes-utf16", "the notebook in UTF-16", nbformat.writes(partly("mse")).encode("utf-16"),
           2, ANY),
    text("bytes-nul", "a megabyte of NUL", b"\0" * (1 << 20)),
    text("bytes-surrogate", "half a character in a cell", json.dumps({
        "cells": [{"cell_type": "code", "source": "print('\ud800')", "metadata": {}, "outputs": [],
                   "execution_count": None, "id": "x"}],
        "metadata": {}, "nbformat": 4, "nbformat_minor": 5})),
    Attack("size-output", "a notebook of 300 MB", None, 2, ANY, put=heavy(300 << 20)),
    Attack("size-cells", "a notebook of 100,000 cells", None, 2, (*ANY, "timed out"),
           put=crowded(100000)),
    called(f"<img src=x onerror={MARK}()>", "name-script", "a student's id that is a script"),
    called("=1+1", "name-formula", "a student's id that is a formula in a table"),
    called("-rf", "name-option", "a student's id that is a command's option"),
    called("zo\u00eb \u674e \U0001f600", "name-unicode", "an id in letters of the world"),
    called("x', 'y\"; drop table grade; --", "name-quotes", "an id with quotes and orders"),
    called("a,b\nc\x1b[2J", "name-lines", "an id with a line's end and a control sequence"),
    called("%(x)s{0}*?[a-z]", "name-pattern", "a student's id that is a pattern of file names"),
]
