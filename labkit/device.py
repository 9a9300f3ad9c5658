"""Where tensors live and how chance is seeded: cuda, mps or cpu, chosen by the caller."""

import random

import numpy as np
import torch

_KINDS = ("cuda", "mps", "cpu")
_LARGEST_SEED = 2**32 - 1  # NumPy's limit, the smallest of the three


def pick(name: str | None = None) -> torch.device:
    """Return the named device, or the fastest one that this machine has.

    `name`: "cuda", "cuda:1", "mps", "cpu", or None for the first of cuda, mps, cpu that is there.
    Raises `ValueError` when the name is unknown or this machine has no such device.
    """
    if name is None:
        return torch.device(next(kind for kind in _KINDS if _count(kind)))
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in _KINDS:
        raise ValueError(f"unknown device {name!r}; choose from {', '.join(_KINDS)}")
    if (device.index or 0) >= _count(device.type):
        raise ValueError(f"this machine has no {name!r}; it has {', '.join(_present())}. "
                         "Leave the name out to take the fastest of these.")
    return device


def seed_everything(seed: int) -> torch.Generator:
    """Seed Python, NumPy and torch (every device), and return a CPU generator with that seed.

    `seed`: a whole number from 0 to 4294967295. Raises `ValueError` for any other.
    """
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= _LARGEST_SEED:
        raise ValueError(f"seed {seed!r} is not a whole number from 0 to {_LARGEST_SEED}")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def autocast(device: torch.device | str, enabled: bool = True) -> torch.autocast:
    """Return the context in which a forward pass runs in the half precision that suits `device`.

    bfloat16 where the device computes in it, so that gradients need no scaling; float16 on older
    NVIDIA cards, which need `torch.amp.GradScaler` beside it. `enabled=False` keeps float32.
    """
    kind = torch.device(device).type
    native = kind != "cuda" or torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast(kind, torch.bfloat16 if native else torch.float16, enabled=enabled)


def synchronize(device: torch.device | str) -> None:
    """Wait until `device` has done the work given to it, so that a clock can be read."""
    device = torch.device(device)
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _count(kind: str) -> int:
    """How many devices of a kind this machine has."""
    if kind == "cuda":
        return torch.cuda.device_count() if torch.cuda.is_available() else 0
    return int(torch.backends.mps.is_available()) if kind == "mps" else 1


def _present() -> list[str]:
    return [f"{kind}:{i}" if kind == "cuda" else kind
            for kind in _KINDS for i in range(_count(kind))]
