"""Run a whole bank of answers and say what it tells of the grader."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType

from tests.answers import harness, mutants
from tests.answers.bank import Answer


@dataclass
class Report:
    """What was found; `faults` is empty when the grader passes."""

    name: str
    rows: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    line: str = ""


def report(assignment: harness.Assignment, bank: ModuleType,
           say: Callable[[str], None] = lambda _: None) -> Report:
    """Grade the stub, the reference, every answer and every mutant of an assignment."""
    found = Report(assignment.name)
    full = sum(task.points for task in assignment.tasks.values())
    totals = {kind: sum(_score(assignment, task, getattr(task, kind))
                        for task in assignment.tasks.values()) for kind in ("stub", "reference")}
    if totals["stub"] != 0:
        found.faults.append(f"the stub scores {totals['stub']:g}, not 0")
    if totals["reference"] != full:
        found.faults.append(f"the reference scores {totals['reference']:g} of {full:g}")
    caught = {kind: [_judge(assignment, answer, found, say) for answer in bank.ANSWERS
                     if (answer.score is None) == (kind == "right")] for kind in ("wrong", "right")}
    cells = sum(len(task.tests) for task in assignment.tasks.values())
    _check_counts(assignment, bank.ANSWERS, cells, caught, found)
    survivors = _survivors(assignment, bank.EQUIVALENT, found, say)
    found.line = (
        f"{assignment.name}: stub {totals['stub']:g}/{full:g}, "
        f"reference {totals['reference']:g}/{full:g}, cells {cells}, "
        f"wrong caught {sum(caught['wrong'])}/{len(caught['wrong'])}, "
        f"right accepted {sum(caught['right'])}/{len(caught['right'])}, "
        f"mutants {survivors} survive")
    return found


def _score(assignment: harness.Assignment, task: harness.Task, answer: str) -> float:
    return harness.score(task, harness.grade(assignment, task, answer))


def _seconds(assignment: harness.Assignment, task: harness.Task) -> float:
    """CPU time of a task's reference with its tests."""
    before = os.times()
    harness.grade(assignment, task, task.reference)
    after = os.times()
    return (after.children_user + after.children_system
            - before.children_user - before.children_system)


def _judge(assignment: harness.Assignment, answer: Answer, found: Report,
           say: Callable[[str], None]) -> bool:
    """Grade one answer; True when exactly the expected cells fail and the score is as written."""
    task = assignment.tasks.get(answer.task)
    if task is None:
        found.faults.append(f"{answer.task} / {answer.title}: there is no task {answer.task!r}")
        return False
    said = harness.grade(assignment, task, answer.code)
    failed = frozenset(cell for cell, words in said.items() if words)
    expected = task.points if answer.score is None else answer.score
    got = harness.score(task, said)
    good = failed == answer.fails and got == expected
    row = (f"{'ok ' if good else 'BAD'} {answer.task:<16} expected {expected:g} got {got:g}  "
           f"{'right' if answer.score is None else 'wrong'}: {answer.title}")
    found.rows.append(row)
    say(row)
    if not good:
        words = "; ".join(f"{cell}: {said[cell]}" for cell in sorted(failed ^ answer.fails))
        found.faults.append(f"{answer.task} / {answer.title}: expected {sorted(answer.fails)} to "
                            f"fail for {expected:g}, got {sorted(failed)} for {got:g}. {words}")
    return good


def _check_counts(assignment: harness.Assignment, answers: list[Answer], cells: int,
                  caught: dict[str, list[bool]], found: Report) -> None:
    """Enough answers, and each graded cell alone in catching one of them."""
    for kind, least in (("wrong", 6 * cells), ("right", 3 * cells)):
        if len(caught[kind]) < least:
            found.faults.append(f"{len(caught[kind])} {kind} answers, at least {least} are needed")
    alone = {cell for answer in answers if len(answer.fails) == 1 for cell in answer.fails}
    for task in assignment.tasks.values():
        found.faults += [f"{cell.id} is never the only one to catch an answer"
                         for cell in task.tests if cell.id not in alone]


def _survivors(assignment: harness.Assignment, equivalent: dict[str, str], found: Report,
               say: Callable[[str], None]) -> int:
    """Count mutants with full marks; each needs a reason, each reason a mutant."""
    alive = set()
    for task in assignment.tasks.values():
        # an endless loop costs all the time there is, so no more than the reference could
        seconds = 0.5 + 1.5 * _seconds(assignment, task)
        for place, code in mutants.mutants(task.reference):
            if not any(harness.grade(assignment, task, code, seconds, hurry=True).values()):
                alive.add(f"{task.id} {place}")
    for mutant in sorted(alive):
        reason = equivalent.get(mutant)
        say(f"mutant {mutant} survives: {reason or 'UNEXPLAINED'}")
        if reason is None:
            found.faults.append(f"mutant {mutant} survives and EQUIVALENT does not say why")
    found.faults += [f"EQUIVALENT names {mutant}, which does not survive"
                     for mutant in sorted(set(equivalent) - alive)]
    return len(alive)
