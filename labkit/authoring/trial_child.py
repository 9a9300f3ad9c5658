"""The process in which `trial.run` runs one listing; it imports nothing of labkit.

`python trial_child.py FOLDER` reads FOLDER/job.json and writes FOLDER/result.json.
"""

import json
import linecache
import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_NAME = "<listing>"


def main(base: Path) -> None:
    """Run the job in `base` and write result.json, unless the listing ends the process."""
    job = json.loads((base / "job.json").read_text(encoding="utf-8"))
    _limit()
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.path.insert(0, "")
    sys.argv = [_NAME]
    seen: list[str] = []
    result: dict[str, Any] = {}
    try:
        exec(compile(job["setup"], "<setup>", "exec", dont_inherit=True), module.__dict__)
    except BaseException as error:
        result = {"setup": f"{type(error).__name__}: {error}"}
    else:
        warnings.showwarning = _keeper(seen, warnings.showwarning)
        result = _executed(job["text"], module.__dict__)
        result |= {"warnings": seen, "values": _values(job["probe"], module.__dict__)}
    (base / "result.json").write_text(json.dumps(result), encoding="utf-8")


def _limit() -> None:
    """No file over 1 GiB: a loop that prints for a minute must not fill the disk."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**30, 2**30))


def _keeper(seen: list[str], shown: Any) -> Any:
    """A showwarning that also notes each warning, under Python's own filters."""
    def keep(message: Any, category: type, filename: str, lineno: int, *rest: Any) -> None:
        place = f" (line {lineno})" if filename == _NAME else ""
        seen.append(f"{category.__name__}: {message}{place}")
        shown(message, category, filename, lineno, *rest)
    return keep


def _executed(text: str, names: dict[str, Any]) -> dict[str, Any]:
    """Status, and for an error its type, message, line and source."""
    lines = text.splitlines(keepends=True)
    linecache.cache[_NAME] = (len(text), None, lines, _NAME)  # for inspect and tracebacks
    try:
        exec(compile(text, _NAME, "exec", dont_inherit=True), names)
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return {"status": "ok"}
        frames = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, frames)
        line = _line(error)
        source = lines[line - 1].strip() if line and line <= len(lines) else ""
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        return {"status": "error", "type": type(error).__name__, "message": str(message),
                "line": line, "source": source}
    return {"status": "ok"}


def _line(error: BaseException) -> int | None:
    """The deepest line of the listing that the error passed through."""
    if isinstance(error, SyntaxError) and error.filename == _NAME:
        return error.lineno
    found = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == _NAME]
    return found[-1] if found else None


def _values(probe: Sequence[str], names: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name in probe:
        try:
            found[name] = plain(eval(name, names))
        except Exception:  # a name that the listing never reached has no value
            continue
    return found


def plain(value: Any) -> Any:
    """`value` as numbers, strings, lists and dicts; anything else as its repr."""
    if hasattr(value, "detach"):
        value = value.detach()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return value if isinstance(value, bool | int | float | str | None) else repr(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
