"""A submission's cells put right: what was done to them, what is said of it, what stays."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader

from labkit.grading.cells import RepairMetadata, RestoreCells, grade_id, in_order, released
from labkit.grading.register import register
from tests.grading import course as courses
from tests.grading.course import NAME, cell, copied, release, solved, source, without

Resources = dict[str, Any]


@dataclass
class Course:
    """A course with its release, and what nbgrader tells a preprocessor in it."""

    api: NbGraderAPI
    resources: Resources

    def repair(self, notebook: NotebookNode) -> NotebookNode:
        """The notebook after both steps."""
        given = nbformat.reads(nbformat.writes(notebook), as_version=4)
        given, _ = RepairMetadata().preprocess(given, self.resources)
        return RestoreCells(parent=self.api).preprocess(given, self.resources)[0]


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    root = courses.make(tmp_path_factory.mktemp("cells"))
    register(root, NAME)
    target = root / "exercises" / NAME / f"{NAME}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(release(), target)
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    return Course(NbGraderAPI(config=config), {"nbgrader": {
        "db_url": f"sqlite:///{root}/gradebook.db", "notebook": NAME, "assignment": NAME,
        "student": "ada"}})


def names(notebook: NotebookNode) -> list[str]:
    return [name for c in notebook.cells if (name := grade_id(c.metadata.get("nbgrader")))]


def noted(notebook: NotebookNode) -> list[str]:
    return list(notebook.metadata.grading.repaired)


def moved(notebook: NotebookNode, name: str, to: int) -> NotebookNode:
    one = cell(notebook, name)
    notebook.cells = [c for c in notebook.cells if c is not one]
    notebook.cells.insert(to, one)
    return notebook


def edited(notebook: NotebookNode, name: str, change: Callable[[str], str]) -> NotebookNode:
    one = cell(notebook, name)
    one.source = change(one.source)
    return notebook


def as_jupyterlab(notebook: NotebookNode) -> NotebookNode:
    """Format 4.4: no cell ids; outputs, counts and its own metadata in."""
    notebook.nbformat_minor = 4
    for count, one in enumerate(notebook.cells):
        one.pop("id", None)
        one.metadata["jupyter"] = {"source_hidden": False}
        if one.cell_type == "code":
            one.execution_count = count
    notebook.metadata["widgets"] = {}
    return notebook


def test_an_honest_notebook_is_left_alone(course: Course):
    fixed = course.repair(solved(written="My words."))
    assert noted(fixed) == [] and names(fixed) == names(release())
    for name in names(release()):
        one, right = cell(fixed, name), cell(source(), name)
        if one.metadata.nbgrader.locked:
            assert one.source == right.source  # with the hidden tests
        assert one.metadata.nbgrader.locked == right.metadata.nbgrader.locked
    assert cell(fixed, "written").source == "My words."


@pytest.mark.parametrize("save", [
    as_jupyterlab,
    lambda nb: edited(nb, "test_mse", lambda text: text.replace("\n", "\r\n")),
    lambda nb: edited(nb, "test_mse", lambda text: text.replace("\n", "  \n") + "\n\n"),
    lambda nb: edited(nb, "setup", lambda text: f"\n{text}\n"),
    lambda nb: nb,
], ids=["jupyterlab", "crlf", "spaces", "newlines", "as it is"])
def test_how_an_editor_saves_is_no_edit(course: Course, save: Callable):
    fixed = course.repair(save(solved()))
    assert noted(fixed) == [] and names(fixed) == names(release())
    assert cell(fixed, "test_mse").source == cell(source(), "test_mse").source


@pytest.mark.parametrize(("change", "said"), [
    (lambda nb: copied(nb, "test_mse", 0), ["copied test_mse"]),
    (lambda nb: copied(nb, "mse", 999), ["copied mse"]),
    (lambda nb: without(nb, "hidden_mse"), ["deleted hidden_mse"]),
    (lambda nb: without(nb, "test_mse", "hidden_descend"),
     ["deleted hidden_descend", "deleted test_mse"]),
    (lambda nb: edited(nb, "test_mse", lambda _: "pass"), ["edited test_mse"]),
    (lambda nb: edited(nb, "test_mse", lambda text: text.replace("0.5", "0.6")),
     ["edited test_mse"]),
    (lambda nb: edited(nb, "test_mse", lambda text: " " + text), []),  # stripped at both ends
    (lambda nb: edited(nb, "test_mse", lambda text: text.replace("\ncheck", "\n check", 1)),
     ["edited test_mse"]),
    (lambda nb: edited(nb, "setup", lambda text: text + "\ncheck = 1"), ["edited setup"]),
    (lambda nb: moved(nb, "test_mse", 0), ["order"]),
    (lambda nb: moved(nb, "written", 0), ["order"]),
    (lambda nb: moved(edited(copied(without(nb, "hidden_mse"), "descend", 0), "setup", str.upper),
                      "test_descend", 0),
     ["copied descend", "deleted hidden_mse", "edited setup", "order"]),
])
def test_what_was_done_is_put_right_and_named(course: Course, change: Callable, said: list[str]):
    fixed = course.repair(change(solved()))
    assert sorted(noted(fixed)) == said
    assert names(fixed) == names(release())
    for name in names(release()):
        if cell(release(), name).metadata.nbgrader.locked:
            assert cell(source(), name).source in cell(fixed, name).source


def test_a_cell_of_another_type_is_put_right(course: Course):
    notebook = solved()
    place = notebook.cells.index(cell(notebook, "test_mse"))
    old = notebook.cells[place]
    notebook.cells[place] = new_markdown_cell(old.source, metadata=old.metadata)
    fixed = course.repair(notebook)
    assert cell(fixed, "test_mse").cell_type == "code"
    assert noted(fixed) == ["edited test_mse"]


def test_own_cells_stay_behind_what_they_followed(course: Course):
    notebook = solved()
    for text, after in (("mine = 'first'", None), ("mine = 'mse'", "test_mse"),
                        ("mine = 'mse too'", "test_mse")):
        place = 0 if after is None else notebook.cells.index(cell(notebook, after)) + 1
        notebook.cells.insert(place, new_code_cell(text))
    one, other = (notebook.cells.index(cell(notebook, n)) for n in ("test_mse", "test_descend"))
    swapped = notebook.cells[one:one + 3]
    notebook.cells = notebook.cells[:one] + notebook.cells[one + 3:other + 1] + swapped \
        + notebook.cells[other + 1:]
    fixed = course.repair(notebook)
    texts = [c.source for c in fixed.cells]
    assert texts[0] == "mine = 'first'" and noted(fixed) == ["order"]
    place = texts.index(cell(source(), "test_mse").source)
    assert texts[place + 1:place + 3] == ["mine = 'mse too'", "mine = 'mse'"]
    assert len(texts) == len(notebook.cells)


def test_tags_and_all_other_metadata_of_released_cells_are_the_release_s(course: Course):
    notebook = solved()
    for name in ("test_mse", "hidden_mse", "mse"):
        cell(notebook, name).metadata |= {"tags": ["skip-execution", "raises-exception"],
                                          "deletable": True, "magics_language": "x"}
    own = new_code_cell("1", metadata={"tags": ["raises-exception"], "mine": 1})
    notebook.cells.insert(1, own)
    notebook.metadata["grading"] = {"repaired": ["nothing"], "tampered": [], "x": 1}
    fixed = course.repair(notebook)
    for name in ("test_mse", "hidden_mse", "mse"):
        assert set(cell(fixed, name).metadata) == {"nbgrader"}
    assert fixed.cells[1].metadata == own.metadata and fixed.cells[1].source == "1"
    assert fixed.metadata.grading == {"repaired": []}


@pytest.mark.parametrize("told", [
    {"grade_id": "no_such", "grade": True, "points": 99, "solution": False, "locked": False},
    {"grade_id": ["mse"]}, {"grade_id": None}, {"grade_id": 7}, {}, [], "mse", 5, True])
def test_an_own_cell_that_says_it_is_graded_is_not(course: Course, told: Any):
    notebook = solved()
    notebook.cells.insert(3, new_code_cell("mine = 1", metadata={"nbgrader": told}))
    fixed = course.repair(notebook)
    (mine,) = [c for c in fixed.cells if c.source == "mine = 1"]
    assert "nbgrader" not in mine.metadata and names(fixed) == names(release())
    assert noted(fixed) == ([] if not told else
                            ["unknown no_such"] if "no_such" in str(told) else ["unknown cell"])


def test_points_in_the_submission_count_nothing(course: Course):
    notebook = solved()
    cell(notebook, "test_mse").metadata.nbgrader |= {"points": 1000, "grade_id": "test_mse"}
    cell(notebook, "mse").metadata.nbgrader |= {"grade": True, "points": 50, "locked": True}
    fixed = course.repair(notebook)
    with Gradebook(course.resources["nbgrader"]["db_url"]) as gradebook:
        facts = released(gradebook.find_notebook(NAME, NAME))
    assert {n: dict(cell(fixed, n).metadata.nbgrader) for n in names(fixed)} == facts
    assert cell(fixed, "mse").source == cell(source(), "mse").source  # the answer is theirs


def test_labels_that_were_swapped_give_each_test_its_own_text(course: Course):
    notebook = solved()
    one, other = cell(notebook, "test_mse"), cell(notebook, "test_descend")
    one.metadata, other.metadata = copy.deepcopy(other.metadata), copy.deepcopy(one.metadata)
    fixed = course.repair(notebook)
    assert cell(fixed, "test_mse").source == cell(source(), "test_mse").source
    assert names(fixed) == names(release())
    assert sorted(noted(fixed)) == ["edited test_descend", "edited test_mse", "order"]


@pytest.mark.parametrize(("given", "want"), [
    ("abc", "abc"), ("cab", "abc"), ("1a2b3", "1a2b3"), ("b2a1", "a1b2"), ("1b2c3a", "1ab2c3"),
    ("", ""), ("12", "12"), ("c", "c")])
def test_in_order(given: str, want: str):
    """Letters are released cells, digits a student's own."""
    cells = [new_code_cell(one, metadata={"nbgrader": {"grade_id": one}} if one.isalpha() else {})
             for one in given]
    assert "".join(c.source for c in in_order(cells, list("abc"))) == want


def test_without_a_release_nothing_is_moved_and_what_is_missing_comes_back(course: Course):
    notebook, _ = RepairMetadata().preprocess(without(solved(), "hidden_mse"), course.resources)
    fixed = RestoreCells(add_missing_cells=True).preprocess(notebook, course.resources)[0]
    assert noted(fixed) == ["deleted hidden_mse"] and sorted(names(fixed)) \
        == sorted(names(release()))
