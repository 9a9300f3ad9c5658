"""What students and instructors see of a graded notebook: no hidden test, no script."""

import functools
import html
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.apps import NbGraderAPI
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config, PyFileConfigLoader

from labkit.grading.grader import Grader
from labkit.grading.marks import one_engine
from labkit.grading.outputs import HANDED_IN, MOST_KEPT, KeepOutputs, as_handed_in
from tests.grading.course import ROOT, cell
from tests.grading.tiny import EVIL, MARKDOWN, NAME, SECRET, STUDENTS, failure, graded, lesson, own


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with four submissions, graded, with feedback."""
    folder = tmp_path_factory.mktemp("feedback")
    config = (ROOT / "nbgrader_config.py").read_text()
    (folder / "nbgrader_config.py").write_text(f"{config}\nc.Sandboxed.cell = 5\n")
    path = folder / "solutions" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(lesson(), path)
    api = NbGraderAPI(config=settings(folder))
    assert api.generate_assignment(NAME)["success"]
    for student, make in STUDENTS.items():
        path = folder / "submitted" / student / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(make(folder), path)
        with one_engine():
            noticed = Grader(settings(folder), NAME, student).grade()
        assert not any(noticed.values()), noticed
    done = api.generate_feedback(NAME)
    assert done["success"], done["log"]
    return folder


def settings(folder: Path) -> Config:
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    return config


def feedback(root: Path, student: str) -> str:
    return (root / "feedback" / student / NAME / f"{NAME}.html").read_text()


@functools.cache
def formgrader(root: Path, student: str) -> str:
    """The page of a submission, by the exporter as nbgrader's server extension sets it up."""
    config = settings(root)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    about = {"assignment_id": NAME, "notebook_id": NAME, "submission_id": "1", "index": 0,
             "total": 1, "base_url": "", "student": student, "last_name": None,
             "first_name": None, "notebook_path": ""}
    path = root / "autograded" / student / NAME / f"{NAME}.ipynb"
    return HTMLExporter(config=config).from_filename(str(path), resources=about)[0]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", "", page)))


def live(page: str) -> list[str]:
    """Every place of a page where a browser would run, load or follow what the student wrote."""
    found = []
    for tag in BeautifulSoup(page, "html.parser").find_all(True):
        if tag.name in ("script", "iframe", "object", "embed", "style", "base", "meta", "link") \
                and "EVIL" in str(tag):
            found.append(str(tag)[:80])
        for name, value in tag.attrs.items():
            active = name.startswith("on") or name in ("srcdoc", "style") or re.match(
                r"\s*(javascript|data:text)", str(value), re.I)
            if active and "EVIL" in str(value):
                found.append(f"{tag.name} {name}={value}"[:80])
    return found


def test_the_search_for_scripts_finds_them():
    assert all(live(one) for one in MARKDOWN if "](" not in one and "<!--" not in one)
    assert live(f'<a href=" JavaScript:{EVIL}">x</a>') and not live("<b>EVIL</b>")


def test_the_hidden_test_was_run_and_the_graded_notebook_has_it(root: Path):
    """Else the tests below could not fail."""
    for student in STUDENTS:
        text = (root / "autograded" / student / NAME / f"{NAME}.ipynb").read_text()
        assert SECRET in text
    shown = nbformat.read(root / "autograded" / "eve" / NAME / f"{NAME}.ipynb", as_version=4)
    leaks = [c for c in shown.cells if SECRET in str(c.outputs if c.cell_type == "code" else "")]
    assert len(leaks) >= 6  # the hidden test's own, test_g's and the cells at the end


def test_nothing_that_a_later_cell_shows_tells_of_the_hidden_test(root: Path):
    for student in STUDENTS:
        page = feedback(root, student)
        assert SECRET not in page and "HIDDEN TESTS" not in text_of(page)
    text = text_of(feedback(root, "eve"))
    assert "what I saw at home" in text
    assert "Hidden test: is wrong for large numbers." in text
    # an error of another kind than the one at home: what to do, not what came
    assert "This test failed when it was graded" in text and SECRET[::-1] not in text


def test_honest_feedback_has_its_messages(root: Path):
    text = text_of(feedback(root, "ada"))
    assert "expected 4, got 6. Look at: the example" in text and "shown at home" in text
    assert "my own cell" in text  # its source
    assert "hidden_f Score: 2.0 / 2.0" in text and "test_g Score: 0.0 / 1.0" in text
    text = text_of(feedback(root, "bob"))
    assert "expected 4, got 2. Look at: the example" in text
    assert "Hidden test: is wrong for large numbers." in text
    assert "hidden_f Score: 0.0 / 2.0" in text and "test_g Score: 1.0 / 1.0" in text


def test_what_was_handed_in_is_kept_for_feedback_only(root: Path):
    graded = nbformat.read(root / "autograded" / "ada" / NAME / f"{NAME}.ipynb", as_version=4)
    assert cell(graded, "test_g").metadata[HANDED_IN][0].evalue.startswith("expected 4, got 6")
    assert all(HANDED_IN not in feedback(root, student) for student in STUDENTS)


@pytest.mark.parametrize("page", [feedback, formgrader])
@pytest.mark.parametrize("student", ["ada", "bob", "eve"])
def test_pages_show_what_they_should(root: Path, page, student: str):
    text = text_of(page(root, student))
    assert "def f(x):" in text and "with your answer." in text and live(page(root, student)) == []


@pytest.mark.parametrize("page", [feedback, formgrader])
def test_what_is_harmless_stays(root: Path, page):
    (words,) = [one for one in BeautifulSoup(page(root, "ada"), "html.parser").select(
        ".text_cell_render") if "My own words" in one.text]
    assert words.strong.text == "own" and words.code.text == "a < b" and "$x_1 < y$" in words.text
    assert words.a["href"] == "https://example.org"
    assert [one.text for one in words.select("table td")] == ["1", "2"] and words.li


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg"])
def test_a_picture_s_size_is_no_attribute_of_another_kind(root: Path, kind: str):
    for size in ("width", "height"):
        picture = new_output("display_data", {kind: "AAAA"},
                             metadata={kind: {size: f"1 onload={EVIL}"}})
        notebook = new_notebook(cells=[new_code_cell("1", outputs=[picture])])
        page = HTMLExporter(config=settings(root)).from_notebook_node(notebook)[0]
        assert live(page) == []


def test_outputs_have_no_scripts(root: Path):
    for page in (feedback(root, "mal"), formgrader(root, "mal")):
        soup = BeautifulSoup(page, "html.parser")
        assert len(soup.select(".output_area")) > 5
        assert [one for area in soup.select(".output_wrapper") for one in live(str(area))] == []


@pytest.mark.parametrize("page", [feedback, formgrader])
def test_nothing_of_a_submission_runs_in_a_browser(root: Path, page):
    assert "written" in text_of(page(root, "mal"))
    assert live(page(root, "mal")) == []


def test_big_outputs_are_not_kept_and_nobody_writes_them_in(tmp_path: Path):
    big = own("1", "x" * (MOST_KEPT + 1))
    forged = own("1")
    for one in (big, forged):
        one.metadata[HANDED_IN] = [new_output("stream", text="forged")]
        assert HANDED_IN not in KeepOutputs().preprocess_cell(one, {}, 0)[0].metadata
    small = own("1", "x")
    assert KeepOutputs().preprocess_cell(small, {}, 0)[0].metadata[HANDED_IN] == small.outputs


def test_of_a_visible_test_the_message_as_its_student_had_it():
    def shown(now: list[NotebookNode], before: list[NotebookNode]) -> list[str]:
        test = graded("test", "1", 1)
        test.outputs = now
        return [one.get("evalue", one.get("text")) for one in as_handed_in(test, before)]

    printed = new_output("stream", text="printed at home")
    assert shown([failure("now")], [printed, failure("home")]) == ["home"]
    assert shown([printed], [printed, failure("home")]) == []
    (told,) = shown([failure("now")], [printed])
    assert "now" not in told and "run it in your notebook" in told
    (told,) = shown([failure("now", "CellTimeoutError")], [])
    assert "longer than the time allowed" in told
