"""The course's data files: what is wrong with one is said; what they promise is there."""

import ast
import re
from collections import Counter
from pathlib import Path

import course_data as data
import pytest

ROW = {"id": "L04", "document": "001", "section": "4.3", "kind": "listing", "says": "x",
       "verdict": "wrong", "truth": "y", "source": "z", "test": "none: only a source decides"}


def write(folder: Path, name: str, content: object) -> None:
    """Write one data file; YAML reads JSON, and so Python's own form of these plain values."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content if isinstance(content, str) else repr(content))


@pytest.mark.parametrize(("rows", "word"), [
    ([{**ROW, "truth": ""}], "lacks truth"),
    ([{k: v for k, v in ROW.items() if k != "test"}], "lacks test"),
    ([{**ROW, "verdict": "bad"}], "'bad'; known are wrong"),
    ([ROW, ROW], "row 2 (L04) repeats"),
    ("- {id: L04", "not valid YAML"),
])
def test_bad_rows_are_named(tmp_path: Path, rows: object, word: str) -> None:
    write(tmp_path, "errata/x.yml", rows)
    with pytest.raises(data.DataError) as error:
        data.errata(tmp_path, "x")
    assert word in str(error.value)


def test_rows_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(data.DataError, match=r"no errata/y\.yml"):
        data.errata(tmp_path, "y")


def test_reason_of_a_row_without_test() -> None:
    assert data.untested(ROW) == "only a source decides"
    assert data.untested({**ROW, "test": "none", "reason": "why"}) == "why"
    assert data.untested({**ROW, "test": "tests/trials/test_x.py::test_none"}) is None


def test_a_term_has_one_definition(tmp_path: Path) -> None:
    term = {"term": "Loss", "zh": "损失", "definition": "a number"}
    write(tmp_path, "glossary/a.yml", [term, {**term, "term": "argmin"}])
    assert [entry["term"] for entry in data.glossary(tmp_path)] == ["argmin", "Loss"]
    write(tmp_path, "glossary/b.yml", [{**term, "term": "loss"}])
    with pytest.raises(data.DataError, match=r"b\.yml and a\.yml both define 'loss'"):
        data.glossary(tmp_path)


def test_assignments_come_from_the_headers(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "# ---\n# jupyter: {}\n# course:\n#   title: A\n#   minutes: 9\n"
                            "#   points: 20\n# ---\nx = 1\n")
    assert data.assignments(tmp_path) == [data.Assignment("a", "A", 9, 20)]
    write(tmp_path, "b.py", "x = 1\n")
    with pytest.raises(data.DataError, match=r"b\.py: its header lacks.*title, minutes, points"):
        data.assignments(tmp_path)


def test_a_home_that_the_plan_does_not_list(tmp_path: Path) -> None:
    write(tmp_path, "course.yml", "parts: []\npages: {setup: setup}")
    write(tmp_path, "homes.csv", "id,chapter\nT001,setup\nT002,nowhere\n")
    with pytest.raises(data.DataError, match="T002 lives in 'nowhere'"):
        data.homes(tmp_path)


# What the pages promise: every id that lives in a written chapter is served there.


def written(root: Path) -> list[tuple[str, Path, list[str]]]:
    """(name, page, ids that live there) of each chapter that is written."""
    folder = root / "book" / "_data"
    homes = data.homes(folder)
    chapters = [c for part in data.parts(folder) for c in part["chapters"]]
    found = [(c.name, root / "book" / f"{c.page}.md", homes.get(c.name, [])) for c in chapters]
    return [entry for entry in found if entry[1].exists()]


def unserved(labels: set[str], rows: set[str], ids: list[str]) -> set[str]:
    """Topics and questions without a label, and all other ids without a row."""
    return {i for i in ids if i.lower() not in labels and i[0] in "TQ"} | {
        i for i in ids if i not in rows and i[0] not in "TQ"}


def test_each_id_of_a_written_chapter_is_served(root: Path) -> None:
    for name, page, ids in written(root):
        labels = set(re.findall(r"^\((\w+)\)=\s*$", page.read_text(encoding="utf-8"), re.M))
        rows = {row["id"] for row in data.errata(root / "book" / "_data", name)}
        assert not unserved(labels, rows, ids), name
        assert rows <= set(ids), f"{name}: rows of ids that live elsewhere: {rows - set(ids)}"


def test_an_unserved_id_is_seen() -> None:
    ids = ["T014", "Q02", "L04", "D1"]
    assert unserved({"t014", "l04"}, {"D1", "Q02"}, ids) == {"Q02", "L04"}


def functions(path: Path) -> set[str]:
    """Names of the functions at the top of a Python file; none when there is no such file."""
    if not path.is_file():
        return set()
    return {n.name for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)}


def faults_of_tests(root: Path, rows: list[dict]) -> list[str]:
    """Rows whose test does not exist or that give no reason, and tests that serve over five."""
    tested = [row for row in rows if data.untested(row) is None]
    wrong = [f"{row['id']}: no reason" for row in rows if data.untested(row) == ""]
    for row in tested:
        file, _, name = row["test"].partition("::")
        if name.split("[")[0] not in functions(root / file):
            wrong.append(f"{row['id']}: {row['test']} is not there")
    uses = Counter(row["test"] for row in tested)
    return wrong + [f"{test} serves {n} ids" for test, n in uses.items() if n > 5]


def test_each_row_has_its_test(root: Path) -> None:
    checkout = Path(__file__).parents[2]  # a copied book is held against the tests of this checkout
    for name, _, _ in written(root):
        assert not faults_of_tests(checkout, data.errata(root / "book" / "_data", name))


def test_missing_and_overworked_tests_are_seen(tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text("def test_a(): ...\n")
    rows = [{"id": i, "test": "t.py::test_a"} for i in range(6)]
    rows += [{"id": 6, "test": "t.py::test_b"}, {"id": 7, "test": "none"}]
    assert faults_of_tests(tmp_path, rows) == [
        "7: no reason", "6: t.py::test_b is not there", "t.py::test_a serves 6 ids"]
