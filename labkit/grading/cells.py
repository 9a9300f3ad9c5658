"""A submission's cells, put right before they are graded.

Copied, deleted, edited, re-ordered, relabelled: what is right stands in the gradebook, their order
in the release. Used in `c.Autograde.sanitize_preprocessors`; what was mended stands in the
notebook's metadata as `grading.repaired`.
"""

from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader.api import Gradebook, Notebook, SourceCell
from nbgrader.preprocessors import NbGraderPreprocessor, OverwriteCells
from nbgrader.utils import compute_checksum

from labkit.grading.outputs import HANDED_IN

Resources = dict[str, Any]


class RepairMetadata(NbGraderPreprocessor):
    """Give each released cell back its nbgrader metadata, and take it from every other cell.

    In place of `DeduplicateIds`, which leaves `nbgrader: {}` in a copied cell: that reads as an
    old format, for which nbgrader stops the whole run, every later student ungraded.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Replace the metadata of every cell by what the gradebook says of its grade id."""
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as gradebook:
            facts = released(gradebook.find_notebook(where["notebook"], where["assignment"]))
        nb.metadata["grading"] = NotebookNode(repaired=[])  # whatever the student wrote there
        keep = chosen(nb.cells, facts)
        for index, cell in enumerate(nb.cells):
            told = cell.metadata.pop("nbgrader", None)
            if keep.get(grade_id(told)) == index:
                # nothing else of the student's: a tag may keep a cell from being run
                kept = {key: cell.metadata[key] for key in [HANDED_IN] if key in cell.metadata}
                cell.metadata = NotebookNode(nbgrader=NotebookNode(facts[grade_id(told)]), **kept)
            elif told:
                name = grade_id(told) or "cell"
                _note(nb, "copied" if name in facts else "unknown", name)
                self.log.warning("cell %d of %s is no released cell, or a copy of one (%r): "
                                 "it is run, not graded", index, where["student"], name)
        return nb, resources


class RestoreCells(OverwriteCells):
    """Give locked cells their text back, deleted graded cells their place, and all their order.

    nbgrader leaves a deleted cell out, with no score at all; told to add it, it looks for a place
    by an order that the gradebook does not keep. The release keeps it.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Overwrite, add and sort cells; note what had been changed."""
        release = self._release(resources["nbgrader"])
        for cell in nb.cells:
            told = cell.metadata.get("nbgrader", {})
            name = told.get("grade_id")
            if told.get("locked") and name in release and not _alike(cell, release[name]):
                _note(nb, "edited", name)
        found = places(nb.cells, list(release))
        if found != sorted(found):
            _note(nb, "order")
        nb, resources = super().preprocess(nb, resources)
        nb.cells = in_order(nb.cells, list(release))
        return nb, resources

    def _release(self, where: dict[str, str]) -> dict[str, NotebookNode]:
        """The released cells by grade id, in order; empty where no release lies in the course."""
        course = self.parent
        while course is not None and not hasattr(course, "coursedir"):
            course = course.parent
        if course is None:
            return {}
        folder = course.coursedir.format_path(course.coursedir.release_directory, ".",
                                              where["assignment"])
        path = Path(folder, f"{where['notebook']}.ipynb")
        cells = nbformat.read(path, as_version=4).cells if path.exists() else []
        return {name: cell for cell in cells if (name := grade_id(cell.metadata.get("nbgrader")))}

    def add_missing_grade_cells(self, nb: NotebookNode,
                                resources: Resources) -> tuple[NotebookNode, Resources]:
        """Append every graded cell of the gradebook that the submission lacks."""
        source = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        solutions = {cell.name for cell in source.solution_cells}
        texts = {cell.name: cell for cell in source.source_cells}
        present = {grade_id(cell.metadata.get("nbgrader")) for cell in nb.cells}
        for graded in sorted(source.grade_cells, key=lambda cell: cell.name):
            if graded.name not in present:
                self.log.warning("graded cell %s was deleted: put back", graded.name)
                _note(nb, "deleted", graded.name)
                nb.cells.append(self._restored(nb, texts[graded.name], graded.max_score,
                                               graded.name in solutions))
        return nb, resources

    def _restored(self, nb: NotebookNode, source: SourceCell, points: float,
                  is_solution: bool) -> NotebookNode:
        """The missing cell, with a note on top; with an id if this notebook's format has ids."""
        cell = from_dict(self.missing_cell_transform(source, points, is_solution=is_solution))
        if (nb.nbformat, nb.nbformat_minor) >= (4, 5):
            taken = {other.get("id") for other in nb.cells}
            cell["id"] = source.name if source.name not in taken else f"restored-{len(nb.cells)}"
        return cell


def places(cells: list[NotebookNode], order: list[str]) -> list[int]:
    """Where in the release each released cell of a notebook stands."""
    names = [grade_id(cell.metadata.get("nbgrader")) for cell in cells]
    return [order.index(name) for name in names if name in order]


def in_order(cells: list[NotebookNode], order: list[str]) -> list[NotebookNode]:
    """The cells sorted as in the release; a student's own stays behind the one it followed."""
    groups: list[tuple[int, list[NotebookNode]]] = [(-1, [])]
    for cell in cells:
        place = places([cell], order)
        if place:
            groups.append((place[0], []))
        groups[-1][1].append(cell)
    return [cell for _, group in sorted(groups, key=lambda group: group[0]) for cell in group]


def _alike(cell: NotebookNode, other: NotebookNode) -> bool:
    """Whether two cells have the same type and lines; white space at a line's end aside."""
    return cell.cell_type == other.cell_type and (
        [line.rstrip() for line in cell.source.strip().splitlines()]
        == [line.rstrip() for line in other.source.strip().splitlines()])


def _note(nb: NotebookNode, what: str, name: str = "") -> None:
    nb.metadata.setdefault("grading", NotebookNode(repaired=[])).repaired.append(
        f"{what} {name}".strip())


def grade_id(told: Any) -> str | None:
    """The grade id in a cell's nbgrader metadata, however mangled that is."""
    name = told.get("grade_id") if isinstance(told, dict) else None
    return name if isinstance(name, str) else None


def released(notebook: Notebook) -> dict[str, dict[str, Any]]:
    """The nbgrader metadata of each cell of a released notebook, by grade id."""
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    grades = {cell.name for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    facts = {}
    for source in notebook.source_cells:
        name = source.name
        facts[name] = {
            "schema_version": 3, "grade_id": name, "grade": name in grades,
            "solution": name in solutions, "task": name in tasks, "locked": source.locked,
            "checksum": source.checksum, "cell_type": source.cell_type,
            **({"points": points[name]} if name in points else {}),
        }
    return facts


def chosen(cells: list[NotebookNode], facts: dict[str, dict[str, Any]]) -> dict[str, int]:
    """For each grade id the index of the cell to grade.

    Of several the first that is not an untouched answer, the one with the release's cell id
    before others: whoever copies an answer's cell and works in the copy is graded on the work.
    """
    ranked: dict[str, list[tuple[bool, bool, int]]] = {}
    for index, cell in enumerate(cells):
        name = grade_id(cell.metadata.get("nbgrader"))
        if name in facts:
            untouched = facts[name]["solution"] and _untouched(cell, facts[name])
            ranked.setdefault(name, []).append((untouched, cell.get("id") != name, index))
    return {name: min(found)[2] for name, found in ranked.items()}


def _untouched(cell: NotebookNode, fact: dict[str, Any]) -> bool:
    """Whether an answer's cell still holds what was released."""
    twin = NotebookNode(cell_type=cell.cell_type, source=cell.source,
                        metadata=NotebookNode(nbgrader=NotebookNode(fact)))
    return compute_checksum(twin) == fact["checksum"]
