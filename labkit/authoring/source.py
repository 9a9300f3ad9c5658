"""From solutions/NAME.py (py:percent) to a notebook whose every byte but the outputs is derived."""

import ast
import hashlib
import re
import symtable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class SourceError(Exception):
    """What is wrong with an assignment's source, and what to do."""


def header(path: Path) -> dict[str, Any]:
    """The `course:` part of a source's header: title, minutes, points."""
    lines = path.read_text().split("# ---\n")
    block = yaml.safe_load("".join(line[2:] + "\n" for line in lines[1].splitlines()))
    if "course" not in block:
        raise SourceError(f"{path.name}: its header has no `course:` with title, minutes, points")
    return block["course"]


def read(path: Path) -> NotebookNode:
    """The notebook of a source: full nbgrader metadata, derived cell ids, listings put in."""
    course = header(path)
    notebook = jupytext.read(path, fmt="py:percent")
    cells = [c for c in notebook.cells if c.cell_type != "raw"]
    seen: dict[str, int] = {}
    for cell in cells:
        cell.source = _with_listings(cell.source).replace("{{minutes}}", str(course["minutes"]))
        cell.metadata = _metadata(cell)
        base = cell.metadata.get("nbgrader", {}).get("grade_id") or _hash(cell.source)[:12]
        seen[base] = seen.get(base, 0) + 1
        if seen[base] > 1 and "nbgrader" in cell.metadata:
            raise SourceError(f"{path.name}: two cells have the grade id {base!r}")
        cell.id = base if seen[base] == 1 else f"{base}-{seen[base]}"
    _check_points(path, cells, course["points"])
    _check_names(path, cells)
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata = nbformat.from_dict({
        "kernelspec": _KERNEL, "language_info": {"name": "python"},
        "labkit": {**course, "made_from": made_from(path, cells)}})
    return made


def fingerprint(notebook: NotebookNode) -> str:
    """Hash of the source, and of the labkit that it imports, from which a notebook was made."""
    return notebook.metadata.get("labkit", {}).get("made_from", "")


def made_from(path: Path, cells: list[NotebookNode]) -> str:
    """Hash of the source text, the texts put into it, and every file of labkit that it imports."""
    code = "\n".join(c.source for c in cells if c.cell_type == "code")
    files = sorted(imported(code))
    parts = [path.read_text(), *(c.source for c in cells), *(f.read_text() for f in files)]
    return _hash("\0".join(parts))


def execute(notebook: NotebookNode, cwd: Path) -> None:
    """Run a notebook in place; keep text outputs alone. SourceError names the cell that fails."""
    client = NotebookClient(notebook, timeout=60, kernel_name="python3",
                            resources={"metadata": {"path": str(cwd)}})
    try:
        client.execute()
    except CellExecutionError as error:
        raise SourceError(f"a cell of the solution notebook fails:\n{error}") from None
    for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        cell.metadata.pop("execution", None)
        cell.execution_count = number + 1
        for output in cell.outputs:
            if "data" in output:
                output.data = {k: v for k, v in output.data.items() if k == "text/plain"}
    notebook.metadata["kernelspec"] = _KERNEL
    notebook.metadata["language_info"] = {"name": "python"}


def take_outputs(notebook: NotebookNode, ran: NotebookNode) -> None:
    """Put the outputs of a notebook that was run before into the same cells of a fresh one."""
    for cell, before in zip(notebook.cells, ran.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = before.outputs, before.execution_count


def write(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook unless the very same bytes are there."""
    text = nbformat.writes(notebook, version=4) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def _metadata(cell: NotebookNode) -> dict[str, Any]:
    """Cell metadata with nbgrader's seven keys spelled out from the few that authors write."""
    kept: dict[str, Any] = {k: v for k, v in cell.metadata.items() if k == "tags"}
    given = cell.metadata.get("nbgrader")
    if given:
        solution = given.get("solution", False)
        kept["nbgrader"] = {
            "grade": "points" in given, "grade_id": given["grade_id"],
            "locked": not solution, "schema_version": 3, "solution": solution, "task": False}
        if "points" in given:
            kept["nbgrader"]["points"] = given["points"]
    return kept


def _check_names(path: Path, cells: list[NotebookNode]) -> None:
    """Refuse a test that would take the name of a helper function in a student's answer."""
    for cell in cells:
        theirs = (cell.cell_type != "code" or "setup" in cell.metadata.get("tags", [])
                  or cell.metadata.get("nbgrader", {}).get("solution"))
        for name in () if theirs else symtable.symtable(cell.source, "cell", "exec").get_symbols():
            if name.is_assigned() and not name.is_imported() and name.get_name()[0] != "_":
                raise SourceError(
                    f"{path.name}: the cell {cell.id} binds {name.get_name()!r}, which may be the "
                    f"name of a student's helper function: call it _{name.get_name()}")


def _check_points(path: Path, cells: list[NotebookNode], points: int) -> None:
    found = sum(c.metadata.get("nbgrader", {}).get("points", 0) for c in cells)
    if found != points:
        raise SourceError(f"{path.name}: its cells give {found} points, its header says {points}")


def _with_listings(text: str) -> str:
    """Put a quoted listing and its true outcome where `{{listing L04}}` stands."""
    def quote(match: re.Match[str]) -> str:
        """The listing, and how a run of it ended just now."""
        from labkit.authoring import trial

        listing = trial.listing(match[1])
        outcome = trial.run(listing.text)
        return (f"Document {listing.document}, section {listing.section}, prints this program "
                f"(quoted as it stands):\n\n```python\n{listing.text.strip()}\n```\n\n"
                f"Run as printed, it ends like this:\n\n"
                f"```text\n{outcome.type}: {outcome.message}\n"
                f"line {outcome.line}: {outcome.source.strip()}\n```")
    return re.sub(r"\{\{listing (\w+)\}\}", quote, text)


def imported(code: str) -> set[Path]:
    """Files of labkit that code imports, directly or through each other."""
    found: set[Path] = set()
    waiting = [code]
    while waiting:
        for file in _files(ast.parse(waiting.pop())) - found:
            found.add(file)
            waiting.append(file.read_text())
    return found


def _files(tree: ast.AST) -> set[Path]:
    """Files of the labkit modules that one syntax tree imports."""
    wanted = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wanted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            wanted |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    places = [ROOT / name.replace(".", "/") for name in wanted if name.split(".")[0] == "labkit"]
    return {file for place in places
            for file in (place.with_suffix(".py"), place / "__init__.py") if file.exists()}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
