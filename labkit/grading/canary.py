"""The canary: before a test counts, the same test must fail for an impostor.

Whoever silences tests (patched checks or builtins, stripped asserts, hidden tracebacks, forged
messages) silences this one too, and is seen. It cannot see a forgery that lets it fail on purpose.
"""

import ast
import builtins
import functools
import secrets
from dataclasses import dataclass

# What runs before the test in the same cell. The impostor of a function gives what the student's
# own gives, of the same kind, but with every number changed: so a test that no longer compares
# numbers passes. The word is printed if the checks themselves refuse what they must refuse.
_PREFIX = '''
def __canary():
    import sys
    from IPython import get_ipython
    from labkit import check
    word, low, scale, shift, names = {values!r}
    shell, space = get_ipython(), vars(sys.modules["__main__"])
    kept = {{name: value for name, value in space.items() if name != "__canary"}}

    def back(*_):
        shell.events.unregister("post_run_cell", back)
        space.clear()
        space.update(kept)
        shell.execution_count -= 1
        for told in (shell.history_manager.input_hist_parsed,
                     shell.history_manager.input_hist_raw):
            del told[-1:]

    def changed(value):
        if isinstance(value, (list, tuple)):
            return type(value)(map(changed, value))
        if isinstance(value, dict):
            return {{key: changed(item) for key, item in value.items()}}
        if isinstance(value, str) or value is None:
            return word
        if isinstance(value, bool) or "bool" in str(getattr(value, "dtype", "")):
            return value ^ True
        if isinstance(value, int) or "int" in str(getattr(value, "dtype", "")):
            return value * 3 + low
        return value * -scale - shift

    def impostor(own):
        def act(*values, **words):
            try:
                return changed(own(*values, **words))
            except Exception:
                return word
        return act

    def refused(check, *values):
        try:
            check(*values)
        except Exception:
            return True

    shell.events.register("post_run_cell", back)
    space.update((name, impostor(space.get(name))) for name in names)
    if (refused(check.close, word, scale) and refused(check.close, scale, shift)
            and refused(check.equal, low, [low]) and refused(check.equal, [low], [low + 1])
            and refused(check.true, low < 0, word) and refused(check.call, word)
            and refused(check.raises, word, ValueError) and refused(check.parts, [low], "a", "b")):
        sys.stdout.write(word)
__canary()
del __canary
'''
_FALSE = "assert {low} == {shift}\n"


@dataclass(frozen=True)
class Canary:
    """A cell that must print `word` and end in an error."""

    source: str
    word: str


def canary(test: str) -> Canary:
    """The cell to run before a test cell: the test with impostors for what it tests.

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
