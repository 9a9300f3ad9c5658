"""Recorded runs: a result belongs to its recipe, and comes out again when labkit has changed."""

import json
import math
from pathlib import Path

import pytest

from labkit import store
from labkit.authoring import record

RECIPE = '''"""A sum."""

from labkit import measure

ROWS, CHECK, TOLERANCE, SEED, DEVICE = ("a", "b", "check"), "check", 0.1, 3, "cpu"


def row(name, seed):
    calls.append(name)
    return {"name": name, "values": [seed * 1.0, float("nan")], "none": None}
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sums.py").write_text(f"calls = []\n{RECIPE}".replace(
        'calls = []\n"""A sum."""', '"""A sum."""\n\ncalls = []'))
    return tmp_path


@pytest.mark.parametrize("name", record.names())
def test_each_result_belongs_to_its_recipe_and_comes_out_again(name: str) -> None:
    made = record.load(name).made
    assert {"date", "hardware", "versions", "seed", "command", "seconds"} <= set(made)
    if record.recipe(name).DEVICE == "cuda":
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("its check row was computed on a GPU, and there is none here")
    if made["labkit"] != record.labkit_hash(name):
        try:
            record.check(name)
        except store.NotFound as error:
            pytest.skip(str(error).splitlines()[0])


def test_a_result_is_whole_and_says_where_it_was_made(folder: Path) -> None:
    record.record("sums", folder)
    got = record.load("sums", folder)
    assert list(got.rows) == ["a", "b", "check"] and got["a"]["values"] == [3.0, None]
    assert "A sum." in repr(got) and "seed 3" in repr(got)
    assert not (folder / "sums.json.part").exists()
    with pytest.raises(KeyError, match="no row 'c'; there are a, b, check"):
        got["c"]


def test_a_changed_recipe_is_refused(folder: Path) -> None:
    with pytest.raises(record.Stale, match="nothing is recorded as 'sums'"):
        record.load("sums", folder)
    record.record("sums", folder)
    path = folder / "sums.py"
    path.write_text(path.read_text() + "# another\n")
    with pytest.raises(record.Stale, match=r"sums\.py has changed since sums\.json was made"):
        record.load("sums", folder)


def test_another_value_is_found_and_named(folder: Path) -> None:
    record.record("sums", folder)
    record.check("sums", folder)
    path = folder / "sums.json"
    stored = json.loads(path.read_text())
    stored["rows"]["check"]["values"][0] = 3.5
    path.write_text(json.dumps(stored))
    with pytest.raises(record.Stale, match=r"check, values, 0 is 3\.0, recorded was 3\.5"):
        record.check("sums", folder)
    stored["rows"]["check"]["values"][0] = 3.2
    path.write_text(json.dumps(stored))
    record.check("sums", folder)


def test_confirming_notes_the_labkit_of_today(folder: Path) -> None:
    record.record("sums", folder)
    path = folder / "sums.json"
    stored = json.loads(path.read_text())
    today, stored["made"]["labkit"] = stored["made"]["labkit"], "older"
    path.write_text(json.dumps(stored))
    record.confirm("sums", folder)
    assert record.load("sums", folder).made["labkit"] == today


def test_an_interrupted_recording_goes_on(folder: Path) -> None:
    record.record("sums", folder)
    part = json.loads((folder / "sums.json").read_text())
    part["rows"] = {"a": {"kept": 1}}
    (folder / "sums.json.part").write_text(json.dumps(part))
    record.record("sums", folder)
    assert record.load("sums", folder)["a"] == {"kept": 1}
    part["made"]["recipe"] = "of another text"
    (folder / "sums.json.part").write_text(json.dumps(part))
    record.record("sums", folder)
    assert record.load("sums", folder)["a"]["name"] == "a"


@pytest.mark.parametrize(("fresh", "was", "words"), [
    ({"a": [1.0, 2.0]}, {"a": [1.0, 2.1]}, ""),
    ({"a": [1.0, 2.0]}, {"a": [1.0, 3.0]}, ", a, 1 is 2.0, recorded was 3.0"),
    ({"a": 1.0}, {"b": 1.0}, ", a: a new key"),
    ([1.0], [1.0, 2.0], " is [1.0], recorded was [1.0, 2.0]"),
    ("x", "y", " is x, recorded was y"),
    (None, 1.0, " is None, recorded was 1.0"),
])
def test_differences_are_told_in_words(fresh: object, was: object, words: str) -> None:
    assert record.difference(fresh, was, 0.1) == words


def test_what_json_cannot_hold_is_refused() -> None:
    assert record.plain((1.23456789, math.inf, 3)) == [1.23457, None, 3]
    with pytest.raises(TypeError, match="a row holds a set"):
        record.plain({"a": {1}})


def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in ((["nowhere"], "no recipe ['nowhere']"), ([], "name what to record")):
        with pytest.raises(SystemExit) as error:
            record.main(arguments)
        assert error.value.code == 2 and words in capsys.readouterr().err
