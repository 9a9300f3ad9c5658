"""Runs that a page needs and cannot make within its time: made once, kept with their circumstances.

`python -m labkit.authoring record NAME` runs the recipe book/_data/recorded/NAME.py and writes
NAME.json beside it; `record NAME --check` computes its check row anew and compares. A recipe holds

    ROWS, CHECK    names of the rows, and of the one that takes at most 20 CPU s
    TOLERANCE      relative, of every number of the check row; accuracies and the like included
    SEED, DEVICE   passed to every row; where the check row was computed: "cpu" or "cuda"
    row(name, seed)    one row: a dict of numbers, strings, None, and lists or dicts of them
"""

import argparse
import hashlib
import importlib.util
import json
import math
import os
import platform
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from tqdm import tqdm

from labkit.authoring.source import ROOT, imported

FOLDER = ROOT / "book" / "_data" / "recorded"
_PACKAGES = ("torch", "numpy", "scikit-learn", "mlxtend")


class Stale(ValueError):
    """The result is missing, was made by another recipe, or does not come out again."""


@dataclass(frozen=True)
class Recording:
    """A result: `rows` by name, and the circumstances in which they were computed."""

    title: str
    rows: dict[str, dict[str, Any]]
    made: dict[str, Any]

    def __getitem__(self, row: str) -> dict[str, Any]:
        if row not in self.rows:
            raise KeyError(f"no row {row!r}; there are {', '.join(self.rows)}")
        return self.rows[row]

    def __repr__(self) -> str:
        made = self.made
        return (f"Recorded, not run by this page: {self.title} "
                f"{made['date']}, {made['hardware']}, torch {made['versions']['torch']}, "
                f"seed {made['seed']}, {made['seconds']:.0f} CPU s. "
                f"To repeat it: {made['command']}")


def names(folder: Path = FOLDER) -> list[str]:
    """Every recipe."""
    return sorted(path.stem for path in folder.glob("*.py"))


def load(name: str, folder: Path = FOLDER) -> Recording:
    """The recorded result of a recipe; null stands for a number that is not finite, or for None.

    Raises Stale when there is none, or when the recipe has changed since.
    """
    path = folder / f"{name}.json"
    if name not in names(folder) or not path.exists():
        raise Stale(f"nothing is recorded as {name!r}; recipes are {', '.join(names(folder))}. "
                    f"Run: python -m labkit.authoring record {name}")
    stored = json.loads(path.read_text(encoding="utf-8"))
    if stored["made"]["recipe"] != _recipe_hash(name, folder):
        raise Stale(f"{name}.py has changed since {name}.json was made. "
                    f"Run: python -m labkit.authoring record {name}")
    return Recording(stored["title"], stored["rows"], stored["made"])


def recipe(name: str, folder: Path = FOLDER) -> ModuleType:
    """The recipe as a module."""
    spec = importlib.util.spec_from_file_location(f"recipe_{name}", folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(name: str, folder: Path = FOLDER) -> None:
    """Compute every row and write the result; rows of an interrupted call are kept and not redone.

    Raises Stale when the labkit that the recipe imports changes while it runs.
    """
    module, part = recipe(name, folder), folder / f"{name}.json.part"
    made = {"recipe": _recipe_hash(name, folder), "labkit": labkit_hash(name, folder)}
    stored = json.loads(part.read_text(encoding="utf-8")) if part.exists() else {}
    if {k: stored.get("made", {}).get(k) for k in made} != made:
        stored = {"title": " ".join(module.__doc__.split()), "rows": {}, "made": made | {
            "date": f"{datetime.now(UTC):%Y-%m-%d}", "hardware": hardware(module.DEVICE),
            "versions": {"python": platform.python_version()} | {p: version(p) for p in _PACKAGES},
            "seed": module.SEED, "command": f"python -m labkit.authoring record {name}",
            "seconds": 0.0}}
    for row in tqdm([row for row in module.ROWS if row not in stored["rows"]], desc=name):
        start = time.process_time()
        stored["rows"][row] = plain(module.row(row, module.SEED))
        stored["made"]["seconds"] += round(time.process_time() - start, 1)
        part.write_text(json.dumps(stored, ensure_ascii=False, allow_nan=False, indent=1) + "\n",
                        encoding="utf-8")
    if labkit_hash(name, folder) != made["labkit"]:
        raise Stale(f"labkit changed while {name} ran; run it again")
    os.replace(part, folder / f"{name}.json")


def check(name: str, folder: Path = FOLDER) -> None:
    """Compute the check row anew; Stale names the first value that is not what was recorded."""
    stored, module = load(name, folder), recipe(name, folder)
    fresh = plain(module.row(module.CHECK, module.SEED))
    wrong = difference(fresh, stored[module.CHECK], module.TOLERANCE)
    if wrong:
        raise Stale(f"{name}: {module.CHECK}{wrong}. Read why, then run: "
                    f"python -m labkit.authoring record {name}")


def confirm(name: str, folder: Path = FOLDER) -> None:
    """Note that the check row came out again with the labkit of today."""
    path = folder / f"{name}.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored["made"]["labkit"] = labkit_hash(name, folder)
    path.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def labkit_hash(name: str, folder: Path = FOLDER) -> str:
    """Hash of every file of labkit that the recipe imports, directly or through another."""
    code = (folder / f"{name}.py").read_text(encoding="utf-8")
    texts = [path.read_text(encoding="utf-8") for path in sorted(imported(code))]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def hardware(device: str) -> str:
    """The processor, or the GPU, in words."""
    if device == "cuda":
        import torch

        return torch.cuda.get_device_name()
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next((s.split(":", 1)[1].strip() for s in lines if s.startswith("model name")),
                 platform.processor() or platform.machine())
    return f"{os.cpu_count()} cores of {model}"


def plain(value: Any) -> Any:
    """What JSON can hold: floats with six digits, None for those that are not finite."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a row holds a {type(value).__name__}; give numbers, strings, lists, dicts")


def difference(fresh: Any, was: Any, tolerance: float) -> str:
    """Where two rows differ by more than the tolerance, in words; empty when nowhere."""
    if isinstance(fresh, dict | list) and type(fresh) is type(was) and len(fresh) == len(was):
        keys = fresh if isinstance(fresh, dict) else range(len(fresh))
        found = (difference(fresh[k], was[k], tolerance) if not isinstance(was, dict) or k in was
                 else ": a new key" for k in keys)
        return next((f", {k}{words}" for k, words in zip(keys, found, strict=True) if words), "")
    numbers = all(isinstance(v, int | float) for v in (fresh, was))
    if fresh == was or (numbers and math.isclose(fresh, was, rel_tol=tolerance)):
        return ""
    return f" is {str(fresh)[:80]}, recorded was {str(was)[:80]}"


def _recipe_hash(name: str, folder: Path) -> str:
    return hashlib.sha256((folder / f"{name}.py").read_bytes()).hexdigest()


def main(argv: list[str]) -> int:
    """Record or check the recipes that are named; with --check and none named, all."""
    parser = argparse.ArgumentParser(prog="python -m labkit.authoring record")
    parser.add_argument("--check", action="store_true", help="compute the check row anew")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.names) - set(names()):
        parser.error(f"no recipe {sorted(unknown)}; there are {', '.join(names())}")
    if not arguments.names and not arguments.check:
        parser.error("name what to record")
    for name in arguments.names or names():
        try:
            check(name) if arguments.check else record(name)
        except Stale as error:
            print(error, file=sys.stderr)
            return 1
        if arguments.check:
            confirm(name)
        print(f"{name}: {'as recorded' if arguments.check else 'recorded'}", flush=True)
    return 0
