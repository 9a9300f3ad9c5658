"""Fixtures of the trials: `outcome` records what was measured, `article` reads the documents."""

import functools
import itertools
import json
import math
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

BOOK = Path(__file__).resolve().parents[2] / "book" / "_data"
DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "documents"


@dataclass
class Article:
    """One of the articles, as CommonMark reads it: `fences` are (section, content)."""

    text: str
    sections: dict[str, str] = field(default_factory=dict)
    fences: list[tuple[str, str]] = field(default_factory=list)

    def section(self, number: str) -> str:
        """Text of a section and all beneath it; empty if there is none of that number."""
        return "\n".join(text for name, text in self.sections.items()
                         if name == number or name.startswith(f"{number}."))


def _article(text: str) -> Article:
    found, lines, starts = Article(text), text.splitlines(), [(0, "")]
    tokens = MarkdownIt("commonmark").parse(text)
    for token, following in itertools.pairwise(tokens):
        if token.type == "heading_open":
            number = re.match(r"第?([A-Z0-9]+(?:\.\d+)*)", following.content)
            starts.append((token.map[0], number[1] if number else starts[-1][1]))
        elif token.type == "fence":
            found.fences.append((starts[-1][1], token.content))
    for (start, name), (end, _) in itertools.pairwise([*starts, (len(lines), "")]):
        part = "\n".join(lines[start:end])
        found.sections[name] = f"{found.sections.get(name, '')}\n{part}"
    return found


@pytest.fixture(scope="session")
def article() -> Callable[[str], Article]:
    """An article by its number; skips where the articles are not beside the repository."""
    @functools.cache
    def read(number: str) -> Article:
        found = sorted(DOCUMENTS.glob(f"{number}_*.txt"))
        if not found:
            pytest.skip("the articles are not here (../shared/documents)")
        return _article(found[0].read_text(encoding="utf-8"))
    return read


@pytest.fixture
def outcome(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """`outcome(id, sentence, rel={name: tolerance}, **values)` records or compares.

    The sentence is a format string over the values: numbers, strings or lists of numbers. A float
    agrees within the relative tolerance (1e-6 unless given); all else must be equal. The test must
    be the one that the errata row of the id names, and must give an outcome for each such row.
    """
    topic = request.path.stem.removeprefix("test_")
    test = f"tests/trials/{request.path.name}::{request.node.originalname}"
    rows = yaml.safe_load((BOOK / "errata" / f"{topic}.yml").read_text(encoding="utf-8"))
    named = {row["id"] for row in rows if row["test"] == test}
    given: set[str] = set()

    def give(id: str, sentence: str, rel: dict[str, float] | None = None, **values: Any) -> None:
        assert id in named, f"the errata row of {id} does not name {test}"
        given.add(id)
        values = {name: _plain(value) for name, value in values.items()}
        path = BOOK / "recorded" / f"trials_{topic}.json"
        if request.config.getoption("--record"):
            _record(path, id, {"outcome": sentence.format(**values), "values": values})
        else:
            _compare(path, id, sentence, values, rel or {})

    yield give
    assert given == named, f"{test} gives no outcome for {sorted(named - given)}"


def _plain(value: Any) -> Any:
    """A number, string or list of numbers that JSON can hold."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("record a word for a value that is not finite")
    return value


def _record(path: Path, id: str, entry: dict[str, Any]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        raise pytest.UsageError("--record writes one file: run it without -n")
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known[id] = entry
    text = json.dumps(dict(sorted(known.items())), ensure_ascii=False, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")


def _compare(path: Path, id: str, sentence: str, values: dict[str, Any],
             rel: dict[str, float]) -> None:
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    hint = "run `python -m pytest tests/trials --record` and read what changed"
    assert id in known, f"{id} has no recorded outcome: {hint}"
    was = known[id]["values"]
    assert was.keys() == values.keys(), f"{id} records other values than the test gives: {hint}"
    for name, value in values.items():
        assert _same(value, was[name], rel.get(name, 1e-6)), (
            f"{id}: {name} is {value!r}, recorded was {was[name]!r}: {hint}")
    # Formatted from the recorded values, so that a last digit may differ between machines.
    assert known[id]["outcome"] == sentence.format(**was), f"{id}: the sentence changed: {hint}"


def _same(value: Any, was: Any, rel: float) -> bool:
    if isinstance(value, list):
        return (isinstance(was, list) and len(was) == len(value)
                and all(_same(v, w, rel) for v, w in zip(value, was, strict=True)))
    if isinstance(value, int | float) and isinstance(was, int | float):
        if isinstance(value, int) and rel == 1e-6:
            return value == was
        return math.isclose(value, was, rel_tol=rel)
    return type(value) is type(was) and value == was
