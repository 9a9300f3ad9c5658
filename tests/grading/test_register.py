"""An assignment that is edited after submissions exist: refused, or regraded with nothing lost."""

import sqlite3
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import PyFileConfigLoader

from labkit.grading import register as module
from labkit.grading.register import RegisterError, register
from tests.grading import course as courses
from tests.grading.course import NAME, cell, solved, source, submit

ESSAY = "The limit on the step is 2 over the largest curvature."


def edited() -> NotebookNode:
    """A hidden test changed, one removed, one added."""
    notebook = source()
    changed, removed = cell(notebook, "hidden_mse"), cell(notebook, "hidden_find_curvature")
    changed.source = changed.source.replace("### END", "assert 1 + 1 == 2\n### END")
    removed.metadata.nbgrader.grade_id, removed.id = "hidden_again", "hidden_again"
    removed.source = "assert callable(mse)"
    return notebook


def replace_source(root: Path, notebook: NotebookNode) -> None:
    nbformat.write(notebook, root / "solutions" / NAME / f"{NAME}.ipynb")


def autograde(root: Path) -> None:
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    result = NbGraderAPI(config=config).autograde(NAME, "ada", force=True)
    assert result["success"], result


def opened(root: Path, book: str = "gradebook.db") -> Gradebook:
    return Gradebook(f"sqlite:///{root / book}")


def dump(path: Path) -> list[str]:
    """Everything a gradebook holds, as text."""
    with sqlite3.connect(path) as connection:
        return sorted(connection.iterdump())


def graded(folder: Path) -> Path:
    """A course with a student graded by nbgrader and by hand, and one entered by hand alone."""
    root = courses.make(folder)
    register(root, NAME)
    submit(root, "ada", solved(written=ESSAY))
    autograde(root)
    with opened(root) as gradebook:
        gradebook.add_student("bob")
        gradebook.add_submission(NAME, "bob")
        written = gradebook.find_grade("written", NAME, NAME, "ada")
        written.manual_score, written.needs_manual_grade = 2.5, False
        gradebook.find_comment("written", NAME, NAME, "ada").manual_comment = "well argued"
        gradebook.find_grade("hidden_mse", NAME, NAME, "ada").extra_credit = 0.5
        gradebook.find_grade("hidden_find_curvature", NAME, NAME, "ada").manual_score = 0.25
        gradebook.db.commit()
    return root


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The course before, what was said, and what the gradebook held at each stage."""
    root = graded(tmp_path_factory.mktemp("edited"))
    book = root / "gradebook.db"
    seen: dict[str, object] = {"root": root, "before": dump(book),
                               "same": register(root, NAME)}
    replace_source(root, edited())
    with pytest.raises(RegisterError) as refusal:
        register(root, NAME)
    seen |= {"refusal": str(refusal.value), "after refusal": dump(book)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_take_out", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            register(root, NAME, regrade=True)
    seen |= {"after crash": dump(book), "backups": set(root.glob("gradebook.db.2*"))}
    seen["said"] = register(root, NAME, regrade=True)
    return seen


def test_a_new_assignment_is_entered_and_an_unchanged_one_left_alone(tmp_path: Path, stages):
    root = courses.make(tmp_path / "new")
    assert "entered in the gradebook" in register(root, NAME)[0]
    assert "unchanged" in register(root, NAME)[0]
    assert stages["same"] == [f"{NAME}: in the gradebook, unchanged (2 graded)."]


def test_an_edit_before_any_submission_is_taken_over(tmp_path: Path):
    root = courses.make(tmp_path / "early")
    register(root, NAME)
    replace_source(root, edited())
    assert "entered in the gradebook" in register(root, NAME)[0]
    with opened(root) as gradebook:
        assert gradebook.find_grade_cell("hidden_again", NAME, NAME).max_score == 1


def test_the_refusal_says_what_changed_and_both_ways_out(stages):
    text = stages["refusal"]
    assert "after 2 submissions were graded" in text
    assert "added: hidden_again; removed: hidden_find_curvature; changed: hidden_mse" in text
    assert "make exercises" in text and f"--regrade {NAME}" in text


def test_neither_the_refusal_nor_a_crash_changes_the_gradebook(stages):
    assert stages["after refusal"] == stages["before"] == stages["after crash"]


def test_the_backup_holds_what_was(stages):
    root = stages["root"]
    (backup,) = set(root.glob("gradebook.db.2*")) - stages["backups"]
    assert dump(backup) == stages["before"]
    assert any(backup.name in line for line in stages["said"])


def test_by_hand_stays_and_what_has_no_cell_is_named(stages):
    with opened(stages["root"]) as gradebook:
        assert gradebook.find_grade("written", NAME, NAME, "ada").manual_score == 2.5
        comment = gradebook.find_comment("written", NAME, NAME, "ada")
        assert comment.manual_comment == "well argued"
        kept = gradebook.find_grade("test_mse", NAME, NAME, "ada")
        assert (kept.auto_score, kept.needs_manual_grade) == (1, False)
        changed = gradebook.find_grade("hidden_mse", NAME, NAME, "ada")
        assert (changed.auto_score, changed.extra_credit) == (None, 0.5)
        assert changed.needs_manual_grade
        assert gradebook.find_submission(NAME, "bob").score == 0
    assert any("ada hidden_find_curvature 0.25" in line for line in stages["said"])


def test_what_it_says_to_type_grades_everybody_by_the_new_version(stages):
    root = stages["root"]
    assert stages["said"][-1] == f"Now type: labkit grade {NAME} --force"
    assert (root / "submitted" / "ada" / NAME / f"{NAME}.ipynb").exists()
    autograde(root)
    with opened(root) as gradebook:
        # 17 by machine, the removed point replaced by the new one; 0.5 extra; 2.5 by hand
        assert gradebook.find_submission(NAME, "ada").score == 17 + 0.5 + 2.5
