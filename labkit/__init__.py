"""The code that chapters and assignments share. Rooms are imported when first used."""

from importlib import import_module
from types import ModuleType

_ROOMS = ("check", "data", "device", "measure", "models", "optim", "plots", "train")

__version__ = "0.1.0"


def __getattr__(name: str) -> ModuleType:
    """Import a room on first use, so that `import labkit` alone costs nothing."""
    if name in _ROOMS:
        return import_module(f"labkit.{name}")
    raise AttributeError(f"labkit has no room {name!r}; its rooms are {', '.join(_ROOMS)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
