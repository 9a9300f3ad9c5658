"""The canary: before a passed test counts, the same test must fail for an impostor.

An impostor gives what the student's function gives, with every number changed. Whoever silences
tests (patched checks or builtins, stripped asserts, hidden tracebacks, forged messages) silences
this one too, and is seen. It cannot see a forgery that lets it fail on purpose.
"""

import ast
import builtins
import functools
import secrets
from dataclasses import dataclass

# One line in front of the test; a student's traceback never shows it.
_PREFIX = ("from labkit.grading.inside.canary import plant as __plant; __plant{values!r}; "
           "del __plant\n")
_FALSE = "assert {low} == {shift}\n"


@dataclass(frozen=True)
class Canary:
    """A cell that must print `word` and end in an error."""

    source: str
    word: str


def canary(test: str) -> Canary:
    """The cell to run beside a test cell: the test with impostors for what it tests.

    Where it calls nothing of the student's, a plain test that is false.
    """
    word, names = f"canary {secrets.token_hex(8)}", replaceable(test)
    low = 1000 + secrets.randbelow(10**6)
    scale, shift = 2 + secrets.randbelow(10**6) / 1e6, 50 + secrets.randbelow(10**6) / 1e4
    prefix = _PREFIX.format(values=(word, low, scale, shift, names))
    return Canary(prefix + (test if names else _FALSE.format(low=low, shift=shift)), word)


@functools.cache  # the tests of an assignment are few, its submissions many
def replaceable(test: str) -> tuple[str, ...]:
    """The student's functions that a test calls, by `check.call("name")` or directly."""
    try:
        tree = ast.parse(test)
    except SyntaxError:
        return ()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = {node.args[0].value for node in calls
             if ast.unparse(node.func) in ("check.call", "check.raises") and node.args
             and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)}
    direct = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
    return tuple(sorted(named | (direct - _own(tree) - set(dir(builtins)))))


def _own(tree: ast.Module) -> set[str]:
    """Names that a test cell imports, defines or assigns itself."""
    own = {alias.asname or alias.name.split(".")[0] for node in ast.walk(tree)
           if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return own | {node.id for node in ast.walk(tree)
                  if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
