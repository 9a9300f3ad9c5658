"""Each of our nbgrader hooks by itself, on cells made for it."""

import copy
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.utils import compute_checksum, determine_grade

from labkit.grading.cells import RepairMetadata, RestoreCells, chosen
from labkit.grading.export import status
from labkit.grading.outputs import ForgiveWarnings, HideTests, sentences, verdict
from labkit.grading.register import register
from tests.grading import course as courses
from tests.grading.course import NAME, cell, release, solved, source

TEST = {"grade": True, "solution": False, "locked": True, "points": 2, "grade_id": "hidden_f",
        "schema_version": 3, "task": False}


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What nbgrader tells a preprocessor, for a course whose assignment is in the gradebook."""
    root = courses.make(tmp_path_factory.mktemp("hooks"))
    register(root, NAME)
    return {"nbgrader": {"db_url": f"sqlite:///{root}/gradebook.db", "notebook": NAME,
                         "assignment": NAME, "student": "ada"}}


def sanitized(notebook: NotebookNode, resources: dict[str, Any]) -> NotebookNode:
    notebook, _ = RepairMetadata().preprocess(notebook, resources)
    return RestoreCells(add_missing_cells=True).preprocess(notebook, resources)[0]


def graded(notebook: NotebookNode) -> list[str]:
    return [c.metadata.nbgrader.grade_id for c in notebook.cells
            if c.metadata.get("nbgrader", {}).get("grade")]


def failed(name: str, text: str) -> list[NotebookNode]:
    return [new_output("stream", text="x = tensor([9.])"),
            new_output("error", ename=name, evalue=text, traceback=["the line", text])]


def said(name: str, text: str, test: str) -> str:
    (output,) = verdict(failed(name, text), sentences(test))
    assert output.traceback == [output.evalue]
    return output.evalue


def test_a_warning_costs_no_point_and_an_error_does():
    warned = new_code_cell("f()", metadata={"nbgrader": TEST}, outputs=[
        new_output("stream", name="stderr", text="UserWarning: old")])
    broken = new_code_cell("f()", metadata={"nbgrader": TEST}, outputs=failed("ValueError", "no"))
    assert determine_grade(warned)[0] == 0  # what nbgrader does by itself
    scores = [determine_grade(ForgiveWarnings().preprocess_cell(c, {}, 0)[0])[0]
              for c in (warned, broken)]
    assert scores == [2, 0]


@pytest.mark.parametrize(("name", "text", "shown"), [
    ("Failed", "hidden test: fails for a column vector.", "fails for a column vector"),
    ("Failed", "hidden test: wrong for 3 features.", "wrong for 3 features"),
    ("Unfinished", "f is not written yet.", "the function is not written yet"),
    ("CellTimeoutError", "", "it took longer than the time allowed"),
    ("NameError", "name '_x' is not defined", "stopped by NameError"),
    ("Failed", "hidden test: check.close(f(_x), 7).", "it failed"),
    ("Failed", "expected 7, got 8", "it failed"),
    ("check.close(f(_x), 7)", "", "it failed"),
])
def test_only_the_authors_sentences_are_repeated(name: str, text: str, shown: str):
    test = ('with check.contract("fails for a column vector"):\n    pass\n'
            'with check.contract(f"wrong for {n} features"):\n    check.close(f(_x), 7)\n')
    assert said(name, text, test) == f"Hidden test: {shown}."


def test_a_passed_hidden_test_shows_no_output():
    assert verdict([new_output("stream", text="_x = 5")], []) == []


def test_students_own_cells_are_left_as_they_are():
    mine = new_code_cell("### BEGIN HIDDEN TESTS of mine", outputs=failed("Odd", "text"))
    before = copy.deepcopy(mine)
    assert HideTests().preprocess_cell(mine, {}, 0)[0] == before


def test_of_copies_the_worked_one_then_the_released_one_then_the_first_is_graded():
    fact = {"solution": True, "grade": True, "locked": False, "points": 3, "grade_id": "written"}

    def one(text: str, name: str) -> NotebookNode:
        return new_code_cell(text, id=name, metadata={"nbgrader": dict(fact)})

    fact["checksum"] = compute_checksum(one("stub", "written"))
    facts = {"written": fact}
    assert chosen([one("stub", "written"), one("work", "pasted")], facts) == {"written": 1}
    assert chosen([one("work", "pasted"), one("more", "written")], facts) == {"written": 1}
    assert chosen([one("work", "pasted"), one("more", "glued")], facts) == {"written": 0}


@pytest.mark.parametrize("mangled", [
    {"schema_version": 0}, {"schema_version": 1}, {"schema_version": 9},
    {"grade_id": "no_such"}, {"grade": False}, {"points": 1000},
    {"locked": False, "solution": True}, [], "text"])
def test_mangled_metadata_is_what_was_released(mangled: Any, resources: dict[str, Any]):
    notebook = solved()
    test = cell(notebook, "hidden_mse")
    right = cell(source(), "hidden_mse")
    whole = dict(test.metadata.nbgrader)
    test.metadata["nbgrader"] = whole | mangled if isinstance(mangled, dict) else mangled
    fixed = sanitized(notebook, resources)
    found = cell(fixed, "hidden_mse")
    assert right.source in found.source
    assert (found.metadata.nbgrader.points, found.metadata.nbgrader.schema_version) == (1, 3)
    assert sorted(graded(fixed)) == sorted(graded(release()))


def test_without_any_metadata_every_graded_cell_comes_back(resources: dict[str, Any]):
    notebook = solved(written="My own words.")
    for one in notebook.cells:
        one.metadata.pop("nbgrader", None)
    fixed = sanitized(notebook, resources)
    assert sorted(graded(fixed)) == sorted(graded(release()))
    # the student's words stand in a cell that nobody can name any more: a human has to look
    assert determine_grade(cell(fixed, "written"))[0] is None
    assert len({c.id for c in fixed.cells}) == len(fixed.cells)


def test_an_empty_notebook_is_graded_and_gets_nothing(resources: dict[str, Any]):
    assert sorted(graded(sanitized(new_notebook(), resources))) == sorted(graded(release()))


def test_a_submission_that_was_never_run_is_not_graded(resources: dict[str, Any]):
    with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
        gradebook.add_student("eve")
        crashed = gradebook.add_submission(NAME, "eve")
        assert crashed.score == 0
        assert status(crashed, True) == "not graded"
    assert status(None, True) == "not graded"
    assert status(None, False) == "nothing handed in"


def test_the_configuration_uses_them():
    text = (Path(courses.ROOT) / "nbgrader_config.py").read_text()
    for hook in ("RepairMetadata", "RestoreCells", "ForgiveWarnings", "HideTests", "Scores"):
        assert text.count(hook) == 2  # imported, and put in its place
