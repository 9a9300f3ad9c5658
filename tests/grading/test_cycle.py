"""From release to exported grades with nbgrader itself, eight submissions at once."""

import html
import re
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import GenerateFeedback
from traitlets.config import Config, PyFileConfigLoader

from tests.grading.conftest import Cycle, cases
from tests.grading.course import NAME, cell, hidden_lines, release, source

POINTS = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points for c in release().cells
          if c.metadata.get("nbgrader", {}).get("grade")}
AUTO = sum(points for name, points in POINTS.items() if name != "written")
STUDENTS = [case.student for case in cases()]


def text_of(page: Path) -> str:
    """What a reader of an HTML page sees, white space squeezed: highlighting cuts lines up."""
    return squeezed(html.unescape(re.sub(r"<[^>]*>", "", page.read_text())))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def leaks(text: str) -> set[str]:
    """Lines of hidden tests that stand in a text."""
    return {line for line in hidden_lines() if squeezed(line) in text}


def settings(cycle: Cycle) -> Config:
    """Our configuration, for the cycle's course."""
    config = PyFileConfigLoader("nbgrader_config.py", path=str(cycle.root)).load_config()
    config.CourseDirectory.root = str(cycle.root)
    return config


def test_points_are_those_of_the_plan():
    assert (AUTO, POINTS["written"]) == (17, 3)


@pytest.mark.parametrize("student", STUDENTS)
def test_score(cycle: Cycle, student: str):
    case, row = cycle.cases[student], cycle.rows[student]
    if case.lost is None:
        assert (row["score"], row["status"]) == ("", "not graded")
        return
    auto = AUTO - sum(POINTS[name] for name in case.lost)
    with Gradebook(cycle.url) as gradebook:
        notebook = gradebook.find_submission_notebook(NAME, NAME, student)
        lost = {g.name for g in notebook.grades if g.name != "written" and g.auto_score == 0}
        scores = [g.auto_score for g in notebook.grades if g.name != "written"]
    assert lost == case.lost
    assert None not in scores and sum(scores) == auto
    waits = "graded" if student == "untouched" else "needs hand grading"
    before = cycle.before[student]
    assert (float(before["raw_score"]), before["status"]) == (auto, waits)
    assert before["score"] == ("0.0" if student == "untouched" else "")
    assert (float(row["score"]), row["status"]) == (auto + case.hand, "graded")


def test_table(cycle: Cycle, capsys: pytest.CaptureFixture[str]):
    lines = [f"{'student':<11}{'what':<25}{'expected':>8}{'got':>6}  reason"]
    for case in cycle.cases.values():
        want = "" if case.lost is None else AUTO - sum(POINTS[n] for n in case.lost) + case.hand
        lines.append(f"{case.student:<11}{case.what:<25}{want!s:>8}"
                     f"{cycle.rows[case.student]['score']:>6}  {case.reason}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert len(cycle.rows) == len(cycle.cases)


def test_reference_and_stub_score_all_and_nothing(cycle: Cycle):
    assert float(cycle.before["perfect"]["raw_score"]) == 17
    assert float(cycle.before["untouched"]["raw_score"]) == 0


def test_one_unreadable_notebook_is_named_and_stops_no_other(cycle: Cycle):
    assert "There was an error processing assignment" in cycle.said["autograde"]
    assert "'unreadable'" in cycle.said["autograde"]
    graded = {path.name for path in (cycle.root / "autograded").iterdir()}
    assert graded == set(STUDENTS) - {"unreadable"}


def test_release_of_the_cycle_is_the_committed_one_and_hides_the_tests(cycle: Cycle):
    path = cycle.root / "exercises" / NAME / f"{NAME}.ipynb"
    fresh = nbformat.read(path, as_version=4)
    assert [c.source for c in fresh.cells] == [c.source for c in release().cells]
    assert not leaks(squeezed("\n".join(c.source for c in fresh.cells)))
    assert "MARK SCHEME" not in path.read_text()


def test_the_leak_check_sees_the_source(cycle: Cycle):
    whole = squeezed("\n".join(c.source for c in source().cells))
    assert len(hidden_lines()) > 30 and leaks(whole) == hidden_lines()


@pytest.mark.parametrize("student", [s for s in STUDENTS if s != "unreadable"])
def test_feedback_shows_points_and_no_hidden_test(cycle: Cycle, student: str):
    text = text_of(cycle.root / "feedback" / student / NAME / f"{NAME}.html")
    assert not leaks(text)
    assert "BEGIN HIDDEN" not in text and "MARK SCHEME" not in text
    for name in POINTS:
        got = 0 if name in cycle.cases[student].lost else POINTS[name]
        assert name == "written" or f"{name} Score: {got:.1f} / {POINTS[name]:.1f}" in text
    failed = {name for name in cycle.cases[student].lost if name.startswith("hidden")}
    assert len(re.findall("Hidden test: ", text)) == len(failed)


def test_feedback_says_which_part_of_the_contract_broke(cycle: Cycle):
    def page(student: str) -> str:
        return text_of(cycle.root / "feedback" / student / NAME / f"{NAME}.html")

    (said,) = {s for s in re.findall(r"Hidden test: (.*?)\. ", page("half")) if "column" in s}
    assert f'check.contract("{said}")' in cell(source(), "hidden_curvature").source
    assert "Hidden test: it took longer than the time allowed." in page("endless")
    assert "Hidden test: the function is not written yet." in page("untouched")
    assert "was missing from the submission" in page("deleted")


def test_without_our_hook_feedback_leaks(cycle: Cycle):
    config = settings(cycle)
    config.GenerateFeedback.preprocessors = GenerateFeedback.preprocessors.default_args[0]
    config.CourseDirectory.feedback_directory = "plain"
    assert NbGraderAPI(config=config).generate_feedback(NAME, student_id="half")["success"]
    assert leaks(text_of(cycle.root / "plain" / "half" / NAME / f"{NAME}.html"))


def test_without_our_hooks_a_copied_cell_stops_the_run(cycle: Cycle):
    config = settings(cycle)
    del config.Autograde.sanitize_preprocessors, config.OverwriteCells
    config.CourseDirectory.autograded_directory = "plain"
    config.CourseDirectory.db_url = f"sqlite:///{cycle.root}/plain.db"
    config.CourseDirectory.release_directory = "plain"
    api = NbGraderAPI(config=config)
    assert api.generate_assignment(NAME)["success"]
    result = api.autograde(NAME, "copied")
    assert not result["success"] and "old version" in result["log"]


def test_graded_notebook_keeps_the_students_answers(cycle: Cycle):
    graded = nbformat.read(cycle.root / "autograded" / "copied" / NAME / f"{NAME}.ipynb", 4)
    assert cell(graded, "mse").source == cell(source(), "mse").source
    assert graded.metadata.kernelspec.name == "python3"
