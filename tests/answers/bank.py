"""What a bank of answers is made of; tests/answers/NAME.py holds one, as plain data.

ANSWERS       list of wrong(...) and right(...)
EQUIVALENT    {mutant id: why no test can tell it from the reference}
"""

import re
from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True)
class Answer:
    """One answer to one task: its code, the graded cells that it must fail, its exact score."""

    task: str
    title: str
    code: str
    fails: frozenset[str]
    score: float | None  # None: every point of the task


def wrong(task: str, title: str, fails: str, score: float, code: str) -> Answer:
    """A mistake that a real student would make; `fails` lists graded cells between spaces."""
    return Answer(task, title, dedent(code).strip() + "\n", frozenset(fails.split()), score)


def right(task: str, title: str, code: str) -> Answer:
    """A correct answer in another style than the reference."""
    return Answer(task, title, dedent(code).strip() + "\n", frozenset(), None)


def remembering(code: str, key: str) -> str:
    """A right answer that returns what it first returned for this key of its arguments."""
    code = dedent(code).strip()
    name, arguments = re.search(r"^def (\w+)\((.*)\):$", code, re.MULTILINE).groups()
    return (f"known = {{}}\n\n\n{code.replace(f'def {name}(', 'def fresh(')}\n\n\n"
            f"def {name}({arguments}):\n    key = {key}\n    if key not in known:\n"
            f"        known[key] = fresh({arguments})\n    return known[key]\n")


def slip(code: str, *pairs: tuple[str, str]) -> str:
    """`code` with each old piece, which stands in it once, replaced by the mistake."""
    for old, new in pairs:
        assert code.count(old) == 1, (old, code.count(old))
        code = code.replace(old, new)
    return code
