"""Names that begin with an underscore are the tests' own, so that no other can be lost to them."""

import dis
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any


def reserved(function: Any) -> str | None:
    """The first underscored global that a function of the notebook, or its helpers, looks up."""
    notebook, seen, waiting = vars(sys.modules["__main__"]), set(), [function]
    while waiting:
        one = waiting.pop()
        if type(one) is not FunctionType or one in seen or one.__globals__ is not notebook:
            continue
        seen.add(one)
        for name in _globals(one.__code__):
            if name[0] == "_" and name.strip("_") and name[:2] != "__":
                return name
            helper = notebook.get(name)
            if getattr(helper, "__name__", "") == name:  # and no test's stand-in for it
                waiting.append(helper)
    return None


def _globals(code: CodeType) -> Iterator[str]:
    """Names that this code, or code nested in it, looks up in its module."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "STORE_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
        elif isinstance(instruction.argval, CodeType):
            yield from _globals(instruction.argval)
