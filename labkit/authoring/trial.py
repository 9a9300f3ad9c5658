"""Run a printed listing as it stands, in a fresh process, and keep what really happened.

`listing` reads the quotation, `run` puts it on trial, `repair` makes the smallest change to it.
"""

import contextlib
import difflib
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.authoring.trial_child import plain

LISTINGS = Path(__file__).resolve().parents[2] / "book" / "_data" / "listings"
_CHILD = Path(__file__).with_name("trial_child.py")
_LONGEST = 100_000  # characters kept of each stream: an endless loop may print without end
# Set-up for a listing that imports TensorFlow's Keras: the same module, on PyTorch.
KERAS = """
import importlib, os, sys, types
os.environ.update(KERAS_BACKEND="torch", KERAS_HOME=os.getcwd())
# Keras imports these where it finds them, for a third of its time, and no listing asks it to.
spared = [name for name in ("matplotlib", "sklearn") if name not in sys.modules]
sys.modules.update(dict.fromkeys(spared))
keras = importlib.import_module("keras._tf_keras.keras")
sys.modules["tensorflow"] = types.SimpleNamespace(keras=keras)
sys.modules["tensorflow.keras"] = keras
for name in ("callbacks", "datasets", "layers", "models", "optimizers", "regularizers", "utils"):
    sys.modules[f"tensorflow.keras.{name}"] = importlib.import_module(f"{keras.__name__}.{name}")
for name in spared:
    del sys.modules[name]
"""
_HEADER = re.compile(r"# document (\d{3}), section (\S+)")


@dataclass(frozen=True)
class Listing:
    """A quotation from the documents; `text` is what is printed between the fences."""

    id: str
    document: str
    section: str
    text: str

    def __repr__(self) -> str:
        return f"# {self.id}: document {self.document}, section {self.section}\n{self.text}"

    def _repr_markdown_(self) -> str:
        return f"```python\n{self!r}```"


@dataclass(frozen=True)
class Repair:
    """A listing with replacements made in it; it shows as a diff against what was printed."""

    text: str
    diff: str

    def __repr__(self) -> str:
        return self.diff

    def _repr_markdown_(self) -> str:
        return f"```diff\n{self.diff}```"


@dataclass(frozen=True)
class Outcome:
    """What a run did; `line` counts in the listing, from 1, and `source` is that line."""

    status: str  # ok, error, timeout
    type: str = ""
    message: str = ""
    line: int | None = None
    source: str = ""
    stdout: str = ""
    stderr: str = ""
    warnings: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        place = f" at line {self.line}: {self.source}" if self.line else ""
        parts = [{"ok": "ran to its end", "error": f"stopped{place}",
                  "timeout": f"did not end: {self.message}"}[self.status]]
        if self.status == "error":
            parts.append(f"{self.type}: {self.message}" if self.message else self.type)
        parts += [f"printed: {self.stdout.rstrip()}"] if self.stdout.strip() else []
        parts += [f"warned: {w}" for w in self.warnings]
        parts += [f"{name} = {_short(value)}" for name, value in self.values.items()]
        return "\n".join(parts)


def listing(id: str) -> Listing:
    """Read the listing `id` ("L04") of the documents.

    A fence that the article indents (inside a list) is read as Markdown reads it, without that
    indentation. Raises ValueError for an unknown id, or a file without its header line.
    """
    path = LISTINGS / f"{id}.py"
    if not re.fullmatch(r"L\d\d", id) or not path.is_file():
        known = ", ".join(sorted(p.stem for p in LISTINGS.glob("L*.py"))) or "none"
        raise ValueError(f"there is no listing {id!r}; the listings here are: {known}")
    first, _, text = path.read_text(encoding="utf-8").partition("\n")
    header = _HEADER.fullmatch(first)
    if header is None:
        raise ValueError(f"{path.name} must start with '# document 001, section 4.3', "
                         f"but starts with {first!r}")
    return Listing(id, header[1], header[2], text)


def repair(text: str, *pairs: tuple[str, str]) -> Repair:
    """Replace in `text` each old piece by its new one, in order.

    Raises ValueError unless each old piece stands in the text exactly once when its turn comes.
    """
    after = text
    for old, new in pairs:
        count = after.count(old) if old else 0
        if count != 1:
            raise ValueError(f"the text to replace must stand in the listing exactly once, "
                             f"not {count} times: {old!r}")
        after = after.replace(old, new)
    lines = difflib.unified_diff(text.splitlines(), after.splitlines(), "printed", "repaired",
                                 n=0, lineterm="")
    return Repair(after, "".join(f"{line}\n" for line in lines))


def run(text: str, *, setup: str = "", probe: Sequence[str] = (),
        timeout: float = 60) -> Outcome:
    """Run `text` as printed in a fresh Python process, in an empty folder of its own.

    `setup` runs before it, in the same names, without shifting the listing's line numbers.
    `probe` lists names or expressions ("w", "model.linear.weight") whose values, as plain numbers,
    strings, lists or dicts, are kept in `values` after an end or an error; what cannot be
    evaluated is left out. `timeout` is in seconds; the process and its children are then killed.
    Raises ValueError when `setup` itself fails, since that is not the listing's fault.
    """
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "cwd").mkdir()
        job = {"text": text, "setup": setup, "probe": list(probe)}
        (base / "job.json").write_text(json.dumps(job), encoding="utf-8")
        code = _spawn(base, timeout)
        streams = {name: _read(base / name) for name in ("stdout", "stderr")}
        if code is None:
            return Outcome("timeout", message=f"killed after {timeout:g} s", **streams)
        if not (base / "result.json").exists():
            return Outcome("error", *_silent(code), **streams)
        result = json.loads((base / "result.json").read_text(encoding="utf-8"))
    if "setup" in result:
        raise ValueError(f"the set-up code failed, the listing was not run: {result['setup']}")
    return Outcome(**result, **streams)


def run_here(text: str, *, setup: str = "", probe: Sequence[str] = ()) -> Outcome:
    """Run `text`, known to end well, in this process: quicker, its imports are loaded already.

    `setup` and `probe` are as in `run`; the folder is empty too, and gone afterwards. For a
    listing that leaves nothing behind, no global setting but torch's seed. An error of either
    passes through.
    """
    names: dict[str, Any] = {"__name__": "listing"}
    printed = io.StringIO()
    with (tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder),
          contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as seen):
        warnings.simplefilter("default")
        for part in (setup, text):
            exec(compile(part, "<listing>", "exec", dont_inherit=True), names)
        values = {name: plain(eval(name, names)) for name in probe}
    return Outcome("ok", stdout=printed.getvalue(), values=values,
                   warnings=[f"{w.category.__name__}: {w.message}" for w in seen])


def _spawn(base: Path, timeout: float) -> int | None:
    """Exit code of the child, None when it was killed for its time."""
    # Python's own settings are dropped: the listing meets the defaults, as a reader would.
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    env = kept | {"MPLBACKEND": "Agg", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-u", "-P", str(_CHILD), str(base)]
    with open(base / "stdout", "wb") as out, open(base / "stderr", "wb") as err:
        child = subprocess.Popen(command, cwd=base / "cwd", env=env, stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=err, start_new_session=True)
        try:
            return child.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(child)


def _end(child: subprocess.Popen) -> None:
    """Kill the child and whatever it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL) if hasattr(os, "killpg") else child.kill()
    child.wait()


def _silent(code: int) -> tuple[str, str]:
    """Type and message for a process that ended without an exception."""
    if code < 0:
        return "Killed", f"the process was ended by {signal.Signals(-code).name}"
    return "Ended", f"the process ended itself with code {code}, without an exception"


def _read(path: Path) -> str:
    with open(path, encoding="utf-8", errors="replace") as stream:
        return stream.read(_LONGEST)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
