"""From solutions/NAME.py to what students get: repeatable, complete, and stale work is noticed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.authoring import exercises, source

ROOT = Path(__file__).resolve().parents[2]
NAMES = exercises.names()


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the build reads, so that a test may change it."""
    for folder in ("solutions", "exercises", "labkit", "book/_data"):
        shutil.copytree(ROOT / folder, tmp_path / folder,
                        ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    monkeypatch.setattr(exercises, "ROOT", tmp_path)
    monkeypatch.setattr(source, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_rebuilding_from_nothing_gives_the_same_bytes(name: str, course: Path) -> None:
    kept = {}
    for kind in ("solutions", "exercises"):
        path = course / kind / name / f"{name}.ipynb"
        kept[path] = path.read_text()
        shutil.rmtree(path.parent)
    assert exercises.main([name]) == 0
    solution, exercise = kept
    assert exercise.read_text() == kept[exercise]
    assert exercises.without_outputs(solution.read_text()) == exercises.without_outputs(
        kept[solution])


@pytest.mark.parametrize("name", NAMES)
def test_a_second_build_changes_nothing_and_runs_nothing(
        name: str, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "execute", lambda *_, **__: pytest.fail("it ran again"))
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in course.rglob("*.ipynb")}
    assert exercises.main([name]) == 0
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in course.rglob("*.ipynb")}


def test_an_edited_source_without_a_rebuild_is_stale(
        course: Path, capsys: pytest.CaptureFixture) -> None:
    path = course / "solutions" / "gradient_descent.py"
    path.write_text(path.read_text().replace("mse: the visible tests pass", "mse: passes", 1))
    assert exercises.main(["--check", "gradient_descent"]) == 1
    said = capsys.readouterr().err
    assert "exercises/gradient_descent/gradient_descent.ipynb is not what" in said
    assert "make exercises" in said


def test_an_edit_of_what_it_imports_means_a_new_run(course: Path) -> None:
    path = course / "solutions" / "gradient_descent.py"
    before = source.fingerprint(source.read(path))
    values = course / "labkit" / "check" / "values.py"
    values.write_text(values.read_text() + "\n# edited\n")
    assert source.fingerprint(source.read(path)) != before


def test_outputs_do_not_make_a_notebook_stale(course: Path) -> None:
    path = course / "solutions" / "gradient_descent" / "gradient_descent.ipynb"
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell.get("outputs"):
            cell["outputs"][0]["text"] = ["another machine's words\n"]
    path.write_text(json.dumps(notebook))
    assert exercises.stale("gradient_descent") == []


@pytest.mark.parametrize(("old", "new", "said"), [
    ("points: 20", "points: 21", "its cells give 20 points, its header says 21"),
    ('"grade_id": "test_mse"', '"grade_id": "mse"', "two cells have the grade id 'mse'"),
    ("course:", "cuorse:", "its header has no `course:`"),
    ("{{listing L04}}", "{{listing L99}}", "L99"),
    ("_x = torch", "x = torch", "the cell test_mse binds 'x', which may be the name of"),
])
def test_a_bad_source_says_what_is_wrong(old: str, new: str, said: str, course: Path) -> None:
    path = course / "solutions" / "gradient_descent.py"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(Exception, match=said.replace("`", ".")):
        source.read(path)


@pytest.mark.parametrize("name", NAMES)
def test_students_get_stubs_and_no_hidden_tests(name: str) -> None:
    cells = json.loads((ROOT / "exercises" / name / f"{name}.ipynb").read_text())["cells"]
    text = "".join("".join(c["source"]) for c in cells)
    assert not any(word in text for word in ("BEGIN SOLUTION", "HIDDEN TESTS", "MARK SCHEME"))
    assert all(not c.get("outputs") for c in cells)
    for cell in cells:
        role = cell["metadata"].get("nbgrader", {})
        if role.get("solution") and cell["cell_type"] == "code":
            assert "raise NotImplementedError" in "".join(cell["source"])


@pytest.mark.parametrize("name", NAMES)
def test_the_untouched_notebook_runs_to_its_end(name: str, tmp_path: Path) -> None:
    path = ROOT / "exercises" / name / f"{name}.ipynb"
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute",
         "--allow-errors", "--output-dir", str(tmp_path), str(path)],
        capture_output=True, text=True, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    cells = json.loads((tmp_path / path.name).read_text())["cells"]
    outputs = [o for c in cells for o in c.get("outputs", [])]
    assert {o["ename"] for o in outputs if o["output_type"] == "error"} == {"Unfinished"}
    assert any("not written yet" in "".join(o.get("text", "")) for o in outputs)
