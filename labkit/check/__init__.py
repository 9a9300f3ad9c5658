"""The words in which assignments test: call, close, equal, raises, contract, show.

A test reaches a student's function only through `call` (or `raises`, `show`), with plain values:
tensors, arrays, numbers, strings, None, and lists, tuples and dicts of them. Copies go in and
copies come out, so a test holds nothing of the student's, and messages are made in one place.
"""

import contextlib
import io
import math
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from labkit.check.forbid import (  # noqa: F401  (the groups are for `forbid=`)
    EIGENVALUES,
    GRADIENTS,
    LEAST_SQUARES,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    forbidden,
)
from labkit.check.names import reserved
from labkit.check.values import Plain, brief, copied, numbers, outline, words


class Failed(AssertionError):
    """A test's verdict in words for the student: what was expected, what came, where to look."""

    def _render_traceback_(self) -> list[str]:
        # The message says where to look; frames of this file would bury it.
        return [f"Not yet: {self}"]


class Unfinished(Failed, NotImplementedError):
    """The student has not written this function yet."""


def call(name: str, *values: Plain, forbid: Sequence[str] = ()) -> Plain:
    """Call the notebook's function `name` on copies of `values`; return a copy of its result.

    `forbid` names modules or functions ("torch.optim", "numpy.linalg.lstsq") that earn nothing
    in this task; GRADIENTS, LOSSES, OPTIMIZERS and others here are such lists. What the
    function prints is shown; what it writes to stderr is dropped: a warning must not cost a mark.
    Raises `Failed` when the function is missing, raises, or returns something that is not plain.
    """
    result, error = _run(name, values, forbid)
    if error is not None:
        raise error
    try:
        return copied(result, strict=True)
    except TypeError as unfit:
        raise Failed(f"{name} returned {unfit}. Return plain tensors, numbers, "
                     "tuples, lists or dicts.") from None


def raises(name: str, expected: type[Exception], *values: Plain, where: str = "") -> None:
    """Require that the notebook's function `name` refuses `values` with `expected`."""
    result, error = _run(name, values, ())
    if isinstance(error, Unfinished):
        raise error
    if error is None:
        raise Failed(f"{name} accepted a wrong input and returned {brief(result)}; expected it to "
                     f"raise {expected.__name__}.{_at(where)}")
    if not isinstance(error.__cause__, expected):
        raise Failed(f"expected {name} to raise {expected.__name__}; {error}{_at(where)}")


def close(got: Plain, want: Plain, where: str = "", rtol: float = 1e-5,
          atol: float = 1e-8) -> None:
    """Require the type, shape and dtype of `want`, then |got - want| <= atol + rtol |want|.

    A Python number matches any Python number that is not a bool. NaN is never close.
    """
    _same_kind(got, want, where)
    pairs = list(zip(numbers(got), numbers(want), strict=True))
    worst = max(((abs(g - w) - atol - rtol * abs(w), g, w, at)
                 for at, (g, w) in enumerate(pairs, 1)),
                key=lambda row: math.inf if math.isnan(row[0]) else row[0], default=(0, 0, 0, 0))
    if not worst[0] <= 0:
        most = (f"; furthest off: number {worst[3]} of {len(pairs)}, expected {worst[2]:.6g}, "
                f"got {worst[1]:.6g}")
        raise Failed(f"expected {brief(want)}, got {brief(got)}{most if len(pairs) > 1 else ''}."
                     f"{_at(where)}")


def equal(got: Plain, want: Plain, where: str = "") -> None:
    """Require exactly `want`: type, shape, dtype and every value."""
    _same_kind(got, want, where)
    if numbers(got) != numbers(want) or words(got) != words(want):
        raise Failed(f"expected {brief(want)}, got {brief(got)}.{_at(where)}")


def parts(value: Plain, *names: str) -> list[Plain]:
    """The values of a result that a task describes as a pair or a triple."""
    if type(value) not in (tuple, list) or len(value) != len(names):
        raise Failed(f"expected {len(names)} values, ({', '.join(names)}), got {_a(value)}. "
                     "Look at: the line with `return`")
    return list(value)


def true(condition: bool, message: str) -> None:
    """Require a property that the test computed itself from plain values."""
    if not bool(condition):
        raise Failed(message)


@contextlib.contextmanager
def contract(sentence: str) -> Iterator[None]:
    """Name the part of the contract that a hidden test checks; nothing else is shown.

    Any failure inside becomes one sentence ("fails for a column vector"), without inputs.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # a student's prints could show the inputs
            yield
    except Unfinished:
        raise
    except Exception:
        raise Failed(f"hidden test: {sentence}.") from None


def show(name: str, *values: Plain, digits: int = 4) -> None:
    """Print the rounded result of the notebook's function, or that it is not written yet."""
    try:
        print(f"{name}: {brief(call(name, *values), digits)}")
    except Unfinished:
        print(f"{name}: not written yet")
    except Failed as failure:
        print(f"{name}: {failure}")


def _same_kind(got: Plain, want: Plain, where: str) -> None:
    """Require the type, shape and dtype of `want`."""
    if outline(got) != outline(want):
        raise Failed(f"expected a {outline(want)}, got {_a(got)}.{_at(where)}")


def _a(value: Plain) -> str:
    """A value of the wrong kind, in words; what comes of a forgotten `return` says so."""
    if value is None:
        return "nothing (is the `return` missing?)"
    return f"a {outline(value)}" + (f", {brief(value)}" if isinstance(value, int | float) else "")


def _run(name: str, values: Sequence[Plain], forbid: Sequence[str]) -> tuple[Any, Failed | None]:
    """Result of the student's function, or the failure that tells why there is none."""
    function = getattr(sys.modules["__main__"], name, None)
    if not callable(function):
        return None, Failed(f"there is no function {name}: run the cell that defines it, "
                            "and keep its name.")
    if taken := reserved(function):
        return None, Failed(f"{name} uses {taken}: names that begin with an underscore, and check, "
                            "belong to the tests, which may overwrite yours. Give it another "
                            "name.")
    given = [copied(value) for value in values]
    try:
        with (contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings(),
              forbidden(forbid)):
            warnings.simplefilter("ignore")
            return function(*given), None
    except NotImplementedError:
        return None, Unfinished(f"{name} is not written yet.")
    except (Exception, SystemExit) as error:  # whatever a student's code raises becomes a sentence
        failure = Failed(f"{name} raised {type(error).__name__}: {str(error)[:300]}{_line(error)}. "
                         f"It was given: {'; '.join(_input(value) for value in values)}.")
        failure.__cause__, failure.__suppress_context__ = error, True
        return None, failure


def _input(value: Plain) -> str:
    """A number as it is, of anything larger its type and shape."""
    return brief(value) if isinstance(value, int | float) else outline(value)


def _line(error: Exception) -> str:
    """Where in the student's cell an error arose, as ' (line n of the cell)'."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "__main__":
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f" (line {lines[-1]} of its cell)" if lines else ""


def _at(where: str) -> str:
    return f" Look at: {where}" if where else ""
