"""The banks of answers pass, and the harness that says so notices a grader that is weak."""

import builtins
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.answers import __main__ as command
from tests.answers import harness
from tests.answers.bank import right, wrong
from tests.answers.report import report

REFERENCE = """
def double(v):
    if v < 0:
        raise ValueError(v)
    return 2 * v
"""
VISIBLE = harness.Cell("test_double", 1, """
check.close(check.call("double", 3.0), 6.0)
check.raises("double", ValueError, -1.0)
""")
HIDDEN = harness.Cell("hidden_double", 2, """
with check.contract("fails for small numbers"):
    check.close([check.call("double", v) for v in (0.0, 0.5)], [0.0, 1.0])
""")
TASK = harness.Task("double", REFERENCE, "def double(v):\n    raise NotImplementedError()\n",
                    (VISIBLE, HIDDEN))
TINY = harness.Assignment("tiny", ("from labkit import check",), {"double": TASK})


def answer(expression: str) -> str:
    return REFERENCE.replace("2 * v", expression)


def bank(**changes) -> SimpleNamespace:
    """A sound bank for TINY, or one with something else in it."""
    both = [wrong("double", f"{k} times", "test_double hidden_double", 0, answer(f"{k} * v + 1"))
            for k in range(3, 13)]
    sound = {"EQUIVALENT": {}, "ANSWERS": [
        *both,
        wrong("double", "right for small numbers", "test_double", 2, answer("2 * min(v, 1.0)")),
        wrong("double", "right for 3", "hidden_double", 1, answer("v + 3")),
        *[right("double", f"style {k}", answer(f"{2 + k} * v - {k} * v")) for k in range(6)]]}
    return SimpleNamespace(**sound | changes)


def with_task(**changes) -> harness.Assignment:
    return replace(TINY, tasks={"double": replace(TASK, **changes)})


def with_hidden(source: str) -> harness.Assignment:
    return with_task(tests=(VISIBLE, replace(HIDDEN, source=source)))


@pytest.mark.parametrize("name", command.names())
def test_the_bank_of_an_assignment_passes(name):
    # in a process of its own, which has not computed with torch before it forks
    done = subprocess.run([sys.executable, "-m", "tests.answers", name], cwd=harness.ROOT,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert f"{name}: stub 0/17, reference 17/17" in done.stdout.splitlines()[-1]


def test_a_sound_grader_with_a_sound_bank_has_no_fault():
    found = report(TINY, bank())
    assert found.faults == []
    assert found.line == ("tiny: stub 0/3, reference 3/3, cells 2, wrong caught 12/12, "
                          "right accepted 6/6, mutants 0 survive")


ANSWERS = bank().ANSWERS


@pytest.mark.parametrize(("assignment", "answers", "fault"), [
    (with_hidden("pass"), bank(), "right for 3"),
    (with_hidden("pass"), bank(), "mutant double 3:7 Lt>LtE survives"),
    (with_hidden("double(0.5)"), bank(), "right for 3"),
    (with_hidden("assert double(0.5) != 0"), bank(), "right for 3"),
    (with_hidden("check.close(check.call('double', 0.5), 2.0)"), bank(), "the reference scores 1"),
    (with_task(stub="def double(v):\n    return 6.0\n", tests=(replace(
        VISIBLE, source="check.close(check.call('double', 3.0), 6.0)"), HIDDEN)), bank(),
     "the stub scores 1, not 0"),
    (TINY, bank(ANSWERS=ANSWERS[1:]), "11 wrong answers, at least 12 are needed"),
    (TINY, bank(ANSWERS=ANSWERS[:-1]), "5 right answers, at least 6 are needed"),
    (TINY, bank(ANSWERS=[a for a in ANSWERS if a.title != "right for 3"]),
     "hidden_double is never the only one"),
    (TINY, bank(ANSWERS=[*ANSWERS, wrong("double", "odd", "hidden_double", 1, answer("9 * v"))]),
     "odd: expected ['hidden_double'] to fail for 1, got ['hidden_double', 'test_double'] for 0"),
    (TINY, bank(ANSWERS=[*ANSWERS, wrong("double", "odd", "test_double hidden_double", 1,
                                         answer("9 * v"))]), "odd: expected"),
    (TINY, bank(ANSWERS=[*ANSWERS, right("double", "not right", answer("9 * v"))]), "not right"),
    (TINY, bank(ANSWERS=[*ANSWERS, right("treble", "lost", REFERENCE)]), "no task 'treble'"),
    (TINY, bank(EQUIVALENT={"double 9:9 gone": "none"}), "double 9:9 gone, which does not survive"),
])
def test_a_fault_is_reported(assignment, answers, fault):
    assert any(fault in line for line in report(assignment, answers).faults)


def test_an_explained_mutant_is_no_fault():
    weak = with_hidden("check.close(check.call('double', 0.5), 1.0)")
    (line,) = [f for f in report(weak, bank()).faults if "mutant" in f]
    name = line.removeprefix("mutant ").split(" survives")[0]
    assert not [f for f in report(weak, bank(EQUIVALENT={name: "0 is not asked"})).faults
                if "mutant" in f]


@pytest.mark.parametrize(("answers", "status"), [(bank(), 0), (bank(ANSWERS=ANSWERS[1:]), 1)])
def test_the_command_exits_1_when_there_is_a_fault(monkeypatch, capsys, answers, status):
    monkeypatch.setattr(harness, "load", lambda name: TINY)
    monkeypatch.setitem(sys.modules, "tests.answers.tiny", answers)
    monkeypatch.setattr(sys, "argv", ["tests.answers", "tiny"])
    assert command.main() == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("tiny: stub 0/3, reference 3/3")
    assert sum(line.startswith("FAULT") for line in lines) == status


@pytest.mark.parametrize("code", [
    "def double(v):\n    while True:\n        pass",
    "def double(v):\n    while True:\n        print('again' * 1000)",
    "def double(v):\n    import time\n    time.sleep(1e6)",
    "def double(v):\n    return double(v)",
    "def double(v):\n    return len([v] * 10**12)",
    "def double(v):\n    import os\n    os._exit(0)",
    "def double(v):\n    import os, time\n    if not os.fork():\n        time.sleep(1e6)\n"
    "    os._exit(0)",
    "def double(v):\n    raise SystemExit",
    "raise SystemExit",
    "raise KeyboardInterrupt",
    "def double(v) return 2 * v",
    "import builtins\nbuiltins.AssertionError = ValueError\ndef double(v):\n    return 7.0",
    "def double(v):\n    raise ValueError('long' * 10**6)",
])
def test_an_answer_that_misbehaves_earns_nothing_and_harms_nothing(monkeypatch, code):
    monkeypatch.setattr(harness, "PATIENCE", 1.0)
    kept = builtins.AssertionError
    said = harness.grade(TINY, TASK, code, seconds=0.5)
    assert set(said) == {"test_double", "hidden_double"}
    assert harness.score(TASK, said) == 0
    assert builtins.AssertionError is kept
    assert all(len(words) <= harness.LONGEST for words in said.values())


def test_in_a_hurry_nothing_runs_after_the_first_failure():
    said = harness.grade(TINY, TASK, answer("2 * min(v, 1.0)"), hurry=True)
    assert all(said.values())
