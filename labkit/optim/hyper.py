"""The settings of a rule: what they are by default, and in which range they make sense."""

import difflib
import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

_SHARES = ("alpha", "beta", "momentum")  # of an old value that is kept: 1 would forget nothing
_SWITCHES = ("nesterov", "centered", "amsgrad")
_COUNTS = ("warmup", "ns_steps")


def defaults(rule: Callable) -> dict[str, Any]:
    """The settings that `rule` knows, with their defaults, read from its signature."""
    parameters = inspect.signature(rule).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def completed(rule: Callable, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` settings over the defaults of `rule`.

    Raises `ValueError` for a setting that the rule does not have, or one out of its range.
    """
    known = defaults(rule)
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ValueError(f"{rule.__name__} has no setting {name}.{hint} "
                             f"Its settings are {', '.join(known)}.")
        _check(rule.__name__, name, value)
    settings = known | dict(given)
    if settings.get("nesterov") and not settings["momentum"]:
        raise ValueError("nesterov=True looks ahead along the momentum; give momentum above 0, "
                         "0.9 for a start")
    if settings.get("nesterov") and settings.get("dampening"):
        raise ValueError("nesterov=True takes no dampening; leave dampening at 0")
    return settings


def _check(rule: str, name: str, value: Any) -> None:
    """ValueError, with the range, for a setting outside of it."""
    if name == "betas":
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise ValueError(f"betas of {rule} is {value!r}; give two numbers, such as (0.9, 0.99)")
        for share in value:
            _number(rule, "each of betas", share, 1)
    elif name in _COUNTS:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{name} of {rule} is {value!r}; give a whole number of steps from 0")
    elif name in _SWITCHES:
        if not isinstance(value, bool):
            raise ValueError(f"{name} of {rule} is {value!r}; give True or False")
    else:
        _number(rule, name, value, 1 if name in _SHARES else math.inf)


def _number(rule: str, name: str, value: Any, end: float) -> None:
    """ValueError unless 0 <= value < end; inf and nan are never inside."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < end:
        top = "" if end == math.inf else f" and below {end}"
        raise ValueError(f"{name} of {rule} is {value!r}; give a finite number of at least 0{top}")
