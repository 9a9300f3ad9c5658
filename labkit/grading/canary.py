"""The canary: before a test counts, the same test must fail for an impostor.

Whoever silences tests (patched checks, stripped asserts, hidden tracebacks, forged messages)
silences this one too, and is seen. It cannot see a forgery that lets it fail on purpose.
"""

import ast
import builtins
import secrets

_PREFIX = '''
def __canary():
    import sys
    from IPython import get_ipython
    space, events = vars(sys.modules["__main__"]), get_ipython().events
    kept = dict(space)
    def back(*_):
        space.clear()
        space.update(kept)
        events.unregister("post_run_cell", back)
    events.register("post_run_cell", back)
    space.update(dict.fromkeys({names!r}, lambda *_, **__: {word!r}))
__canary()
del __canary
'''
_PLAIN = "assert {low} == {high}"


def source(test: str) -> str:
    """The cell to run before a test cell; it must end in an error.

    It is the test itself, where the functions that it tests return a random word; or, if it calls
    none, a plain test that is false.
    """
    names = replaceable(test)
    if names:
        return _PREFIX.format(names=names, word=f"canary {secrets.token_hex(8)}") + test
    low = secrets.randbelow(10**9)
    return _PLAIN.format(low=low, high=low + 1)


def replaceable(test: str) -> list[str]:
    """The student's functions that a test calls, by `check.call("name")` or directly."""
    try:
        tree = ast.parse(test)
    except SyntaxError:
        return []
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = {node.args[0].value for node in calls
             if ast.unparse(node.func) in ("check.call", "check.raises") and node.args
             and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)}
    direct = {node.func.id for node in calls if isinstance(node.func, ast.Name)}
    return sorted(named | (direct - _own(tree) - set(dir(builtins))))


def _own(tree: ast.Module) -> set[str]:
    """Names that a test cell imports, defines or assigns itself."""
    own = {alias.asname or alias.name.split(".")[0] for node in ast.walk(tree)
           if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names}
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return own | {node.id for node in ast.walk(tree)
                  if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
