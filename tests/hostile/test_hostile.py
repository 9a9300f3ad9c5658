"""No attack gains a point, reads what it must not or changes anything, but the ways named here."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.__main__ import TABLE
from tests.hostile.attack import FORGED, READ
from tests.hostile.attacks import attacks
from tests.hostile.classroom import clear
from tests.hostile.judge import as_table, scripts
from tests.hostile.lesson import Lesson, hold
from tests.hostile.neighbours import neighbours

MILD = ("read-gradebook", "read-home", "read-environment", "read-inherited", "network-loopback",
        "link-solutions", "start-ipython", "daemon", "check-close")
ROOT_USER = os.geteuid() == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that can be deleted whatever lies in it."""
    made = tmp_path_factory.mktemp("hostile")
    yield made
    clear(made)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Lesson:
    """Every attack, graded by whoever runs the tests."""
    return hold(folder / "whole", attacks())


@pytest.fixture(scope="module")
def ordinary(folder: Path) -> Lesson:
    """Some of each theme, graded by an ordinary user."""
    return hold(folder / "ordinary", [one for one in attacks() if one.light], ordinary=True)


@pytest.fixture(params=["whole", pytest.param("ordinary", marks=pytest.mark.skipif(
    not ROOT_USER, reason="the whole run was an ordinary user's"))])
def lesson(request: pytest.FixtureRequest) -> Lesson:
    """Both runs, one after the other."""
    return request.getfixturevalue(request.param)


def test_there_are_enough_attacks_and_each_theme_is_in_the_short_run():
    names, ids = {one.name for one in attacks()}, {one.id for one in attacks()}
    assert len(names) == len(ids) == len(attacks()) >= 60
    assert not ids & set(neighbours())


def test_the_run_goes_to_its_end(lesson: Lesson):
    assert lesson.code == 0, lesson.said[-3000:]


def test_only_the_allowed_attacks_succeed(lesson: Lesson):
    won = {name: one.harm for name, one in lesson.verdicts.items() if one.harm and not one.allowed}
    assert not won


def test_each_allowed_success_is_demonstrated(whole: Lesson):
    shown = {one.allowed for one in whole.verdicts.values() if one.harm}
    assert shown == {FORGED, READ} | ({""} & shown)


def test_each_attack_has_a_status_that_fits(lesson: Lesson):
    expected = {one.name: one.statuses for one in attacks()}
    odd = {name: one.status for name, one in lesson.verdicts.items()
           if one.status not in expected[name]}
    assert not odd


def test_no_score_without_the_status_for_it(lesson: Lesson):
    assert not [one.name for one in lesson.verdicts.values()
                if (one.given is not None) != (one.status in ("graded", "late"))]


def test_every_neighbour_has_the_score_known_before(lesson: Lesson):
    assert lesson.scores == {name: ("graded", score) for name, (_, score) in neighbours().items()}


def test_everything_else_is_as_before(lesson: Lesson):
    assert lesson.harms == []


def test_the_table_is_the_committed_one(whole: Lesson):
    committed = TABLE.read_text(encoding="utf-8")
    fresh = as_table(list(whole.verdicts.values()))
    varied = {one.name for one in attacks() if len(one.statuses) > 1 or one.allowed}
    assert _steady(fresh, varied) == _steady(committed, varied), (
        "run `python -m tests.hostile --record` and read what changed")
    assert not re.search(r"/home/|/root/|/tmp/\w+/", committed)


def _steady(table: str, varied: set[str]) -> list[dict]:
    """The rows of a table; without what became of an attack that may end in several ways."""
    return [{key: value for key, value in row.items()
             if row["name"] not in varied or key not in ("status", "given", "harm")}
            for row in json.loads(table)]


def test_the_judge_can_fail(folder: Path):
    """Without the box, harmless ones of the attacks read, reach and leave something."""
    chosen = [one for one in attacks() if one.name in MILD]
    lesson = hold(folder / "unsafe", chosen, "--unsafe")
    harms = {name: one.harm for name, one in lesson.verdicts.items()}
    assert "read: home" in harms["read-home"] and "read: gradebook" in harms["read-gradebook"]
    assert "read: environment" in harms["read-environment"]
    assert "read: network" in harms["network-loopback"] and "reached: web server" in lesson.harms
    assert any(line.startswith("alive: ") for line in lesson.harms)
    assert any("startup/00-pwned.py" in line for line in lesson.harms)


def test_the_judge_sees_scripts_in_a_page():
    assert scripts("<p onclick='pwned()'>") and scripts("<script>a; pwned()</script>")
    assert scripts("<a href=' java\nscript:pwned()'>x</a>")
    assert not scripts("<p title='pwned'>pwned()</p> &lt;script&gt;pwned()")
