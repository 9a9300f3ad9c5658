"""While a student's function runs, what a from-scratch task forbids raises."""

import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any
from unittest import mock


@contextlib.contextmanager
def forbidden(names: Sequence[str]) -> Iterator[None]:
    """While a student's function runs, let the named twins raise, however they were imported."""
    notebook = vars(sys.modules["__main__"])
    with contextlib.ExitStack() as stack:
        for owner, attribute, twin in (t for name in names for t in _twins(name)):
            def refuse(*_: Any, _name: str = attribute, **__: Any) -> None:
                raise RuntimeError(f"{_name} earns nothing in this task: write it yourself")
            stack.enter_context(mock.patch.object(owner, attribute, refuse))
            for alias in [k for k, v in notebook.items() if v is twin]:
                stack.enter_context(mock.patch.dict(notebook, {alias: refuse}))
        yield


def _twins(name: str) -> Iterator[tuple[Any, str, Callable]]:
    """(owner, attribute, function) of a forbidden function, or of each in a forbidden module."""
    try:
        module: Any = importlib.import_module(name)
        for attribute, value in list(vars(module).items()):
            if not attribute.startswith("_") and callable(value):
                # a class is refused at its construction, so that isinstance goes on working
                yield ((value, "__init__", value) if isinstance(value, type)
                       else (module, attribute, value))
    except ImportError:
        owner, attribute = name.rsplit(".", 1)
        holder = _resolve(owner)
        yield holder, attribute, getattr(holder, attribute)


def _resolve(name: str) -> Any:
    """The object at a dotted name such as "torch.Tensor"."""
    parts = name.split(".")
    found: ModuleType | Any = importlib.import_module(parts[0])
    for part in parts[1:]:
        found = getattr(found, part)
    return found
