"""Names with a leading underscore, and `check`, are the tests' own: none else is lost to them."""

import contextlib
import dis
import inspect
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any


def reserved(function: Any) -> str | None:
    """The first of the tests' names that a function of the notebook, or a helper, looks up."""
    notebook, seen, waiting = vars(sys.modules["__main__"]), set(), [_plain(function)]
    while waiting:
        one = waiting.pop()
        if type(one) is not FunctionType or one in seen or one.__globals__ is not notebook:
            continue
        seen.add(one)
        for name in _globals(one.__code__):
            if name == "check" or (name[0] == "_" and name.strip("_") and name[:2] != "__"):
                return name
            helper = _plain(notebook.get(name))
            if type(helper) is FunctionType and (  # and no test's stand-in for it
                    helper.__name__ == name
                    or helper.__code__.co_filename == one.__code__.co_filename):
                waiting.append(helper)
    return None


def _plain(function: Any) -> Any:
    """What a decorator wraps."""
    with contextlib.suppress(Exception):
        return inspect.unwrap(function)
    return function


def _globals(code: CodeType) -> Iterator[str]:
    """Names that this code, or code nested in it, looks up in its module."""
    own = {i.argval for i in dis.get_instructions(code) if i.opname == "STORE_NAME"}  # a class's
    for instruction in dis.get_instructions(code):
        if (instruction.opname in ("LOAD_GLOBAL", "STORE_GLOBAL", "LOAD_NAME")
                and instruction.argval not in own):
            yield instruction.argval
        elif isinstance(instruction.argval, CodeType):
            yield from _globals(instruction.argval)
