"""What the canary does in the student's process; see labkit/grading/canary.py."""

import functools
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from IPython import get_ipython

from labkit import check

# (number of the cell, function, result) of the last calls by tests: an impostor gives the result
# that the test has just seen, in place of computing it again. Results that came as errors are None.
CALLS: deque[tuple[int, str, Any]] = deque(maxlen=1000)


def listen() -> None:
    """Have `check` note what the functions that it calls return."""
    run = check._run

    @functools.wraps(run)
    def noted(name: str, *rest: Any) -> tuple[Any, Any]:
        result, error = run(name, *rest)
        CALLS.append((get_ipython().execution_count, name, result if error is None else None))
        return result, error

    check._run = noted


def plant(word: str, low: int, scale: float, shift: float, names: tuple[str, ...]) -> None:
    """Replace functions of the notebook by impostors until the cell ends; print `word`.

    It is printed only if the checks themselves refuse what they must refuse.
    """
    shell, space = get_ipython(), vars(sys.modules["__main__"])
    kept = {name: value for name, value in space.items() if name != "__plant"}

    def back(*_: Any) -> None:
        """Leave everything as it was, the numbers of the prompts too."""
        shell.events.unregister("post_run_cell", back)
        space.clear()
        space.update(kept)
        shell.execution_count -= 1
        for told in (shell.history_manager.input_hist_parsed,
                     shell.history_manager.input_hist_raw):
            del told[-1:]

    shell.events.register("post_run_cell", back)
    before = [(name, result) for count, name, result in CALLS
              if count == shell.execution_count - 1]
    for name in names:
        seen = iter([result for one, result in before if one == name])
        space[name] = impostor(space.get(name), seen, word, low, scale, shift)
    if all((refused(check.close, word, scale), refused(check.close, scale, shift),
            refused(check.equal, low, [low]), refused(check.equal, [low], [low + 1]),
            refused(check.true, low < 0, word), refused(check.call, word),
            refused(check.raises, word, ValueError), refused(check.parts, [low], "a", "b"))):
        sys.stdout.write(word)


def impostor(own: Any, seen: Iterator[Any], word: str, low: int, scale: float,
             shift: float) -> Callable[..., Any]:
    """A function that gives what was `seen`, then what `own` gives, with every number changed.

    A test that no longer compares numbers, or kinds, passes with it. What has no numbers, and an
    error, becomes the word.
    """
    def changed(value: Any) -> Any:
        """Every number another one, of the same type and shape."""
        if isinstance(value, list | tuple):
            return type(value)(map(changed, value))
        if isinstance(value, dict):
            return {key: changed(item) for key, item in value.items()}
        if isinstance(value, str) or value is None:
            return word
        kind = str(getattr(value, "dtype", type(value)))
        if "bool" in kind:
            return value ^ True
        return value * 3 + low if "int" in kind else value * -scale - shift

    def act(*values: Any, **words: Any) -> Any:
        """What a test calls in place of the student's function."""
        try:
            result = next(seen, own)
            return changed(own(*values, **words) if result is own else result)
        except Exception:
            return word

    return act


def refused(test: Callable[..., Any], *values: Any) -> bool:
    """Whether a check raises."""
    try:
        test(*values)
    except Exception:
        return True
    return False
