"""Plain values: copy them, describe them, list what they hold."""

import copy
import math
from typing import Any

import numpy as np
import torch

Plain = Any  # tensors, arrays, numbers, strings, None, and lists, tuples, dicts of them
_SCALARS = (bool, int, float, str, type(None))


def brief(value: Plain, digits: int = 6) -> str:
    """A short text of a plain value: rounded numbers, and shape and dtype of what is long."""
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "tensor" if isinstance(value, torch.Tensor) else "array"
        if math.prod(value.shape) > 12:
            return f"{kind} of shape {tuple(value.shape)}, {value.dtype}"
        return f"{kind}({brief(value.tolist(), digits)})"
    if isinstance(value, float):
        # + 0.0 turns -0.0 into 0.0, whose sign is not the same on every machine
        return f"{float(f'{value:.{digits}g}') + 0.0:g}" if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        inside = ", ".join(brief(v, digits) for v in value[:12])
        more = f", ... {len(value)} in all" if len(value) > 12 else ""
        return f"[{inside}{more}]" if isinstance(value, list) else f"({inside}{more})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {brief(v, digits)}" for k, v in value.items()) + "}"
    return repr(value)[:200]


def copied(value: Plain, strict: bool = False) -> Plain:
    """A deep copy of a plain value; TypeError names what is not plain (exact types count)."""
    if type(value) in (torch.Tensor, torch.nn.Parameter):
        return value.detach().clone()
    if type(value) is np.ndarray and value.dtype != object:
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(copied(v, strict) for v in value)
    if type(value) is dict:
        return {k: copied(v, strict) for k, v in value.items()}
    if type(value) in _SCALARS:
        return value
    if isinstance(value, np.generic):
        return value.item()
    if strict:
        raise TypeError(f"an object of type {type(value).__name__}")
    return copy.deepcopy(value)


def outline(value: Plain) -> str:
    """Type, shape and dtype, in words; numbers of Python are one kind."""
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "tensor" if isinstance(value, torch.Tensor) else "NumPy array"
        return f"{kind} of shape {tuple(value.shape)} and dtype {value.dtype}"
    if isinstance(value, list | tuple):
        parts = [outline(v) for v in value]
        same = len(parts) > 3 and len(set(parts)) == 1  # nobody counts a row of equal words
        inside = f"{len(parts)} times {parts[0]}" if same else ", ".join(parts)
        return f"{type(value).__name__} of [{inside}]"
    if isinstance(value, dict):
        return "dict of {" + ", ".join(f"{k!r}: {outline(v)}" for k, v in _sorted(value)) + "}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


def numbers(value: Plain) -> list[float]:
    """All numbers of a plain value, in order."""
    if isinstance(value, torch.Tensor | np.ndarray):
        return [float(v) for v in value.reshape(-1).tolist()]
    if isinstance(value, list | tuple):
        return [n for v in value for n in numbers(v)]
    if isinstance(value, dict):
        return [n for _, v in _sorted(value) for n in numbers(v)]
    return [float(value)] if isinstance(value, int | float) else []


def words(value: Plain) -> list[str]:
    """All strings of a plain value, in order."""
    if isinstance(value, list | tuple | dict):
        inner = [v for _, v in _sorted(value)] if isinstance(value, dict) else value
        return [w for v in inner for w in words(v)]
    return [value] if isinstance(value, str) else []


def _sorted(value: dict) -> list[tuple[Any, Plain]]:
    """A dict's items in an order of their own: two dicts are the same in any order of writing."""
    return sorted(value.items(), key=lambda item: repr(item[0]))
