"""The rules of labkit's house, read from its source: floors, lengths, docstrings, laziness."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

LABKIT = Path(__file__).resolve().parents[2] / "labkit"
FILES = sorted(LABKIT.rglob("*.py"))
FLOORS = {"device": 0, "models": 0, "check": 0, "store": 0, "data": 1, "optim": 1, "train": 2,
          "measure": 3, "search": 3, "compress": 4, "serve": 4, "ledger": 5, "plots": 5, "cli": 6}
WINGS = ("grading", "authoring")


def room(path: Path) -> str:
    """The room that a file belongs to; the package's own __init__ is the door."""
    return path.relative_to(LABKIT).parts[0].removesuffix(".py")


def imported_rooms(tree: ast.AST) -> set[str]:
    """Rooms of labkit that a syntax tree imports anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= ({f"labkit.{a.name}" for a in node.names} if node.module == "labkit"
                      else {node.module})
    return {n.split(".")[1] for n in names if n.startswith("labkit.")}


def wrong_imports(source: str, home: str) -> set[str]:
    """Rooms that `home` must not import, of those that its source imports."""
    others = imported_rooms(ast.parse(source)) - {home}
    if home == "cli":  # the door: `labkit grade` opens a wing
        return others & {"authoring"}
    if home in WINGS or home == "__init__":
        return set() if home == "authoring" else others & {"grading"} - {home}
    return {r for r in others if r in WINGS or FLOORS[r] >= FLOORS[home]}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LABKIT)))
def test_imports_point_down(path: Path) -> None:
    assert wrong_imports(path.read_text(), room(path)) == set()


def test_an_upward_import_is_seen() -> None:
    assert wrong_imports("from labkit import train", "data") == {"train"}
    assert wrong_imports("import labkit.authoring.trial", "plots") == {"authoring"}
    assert wrong_imports("def f():\n    from labkit.data import load", "device") == {"data"}


def test_every_room_has_a_floor() -> None:
    assert {room(p) for p in FILES} <= {*FLOORS, *WINGS, "__init__"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LABKIT)))
def test_files_and_functions_are_short_and_described(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 250
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            size = node.end_lineno - body[0].lineno + 1 if body else 0
            assert size <= 25, f"{path.name}: {node.name} has {size} lines"
            public = not node.name.startswith("_")
            assert ast.get_docstring(node) or not public or size <= 3, f"{node.name} says nothing"
        assert not (isinstance(node, ast.ImportFrom) and node.names[0].name == "*")


def test_labkit_and_the_wings_start_without_torch() -> None:
    code = ("import sys, labkit, labkit.cli, labkit.authoring, labkit.grading; "
            "sys.exit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
