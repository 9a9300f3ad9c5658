"""A submission's cells, put right before they are graded: copied, deleted, relabelled.

Used in `c.Autograde.sanitize_preprocessors`. What is right stands in the gradebook.
"""

from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict
from nbgrader.api import Gradebook, Notebook, SourceCell
from nbgrader.preprocessors import NbGraderPreprocessor, OverwriteCells
from nbgrader.utils import compute_checksum

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
        keep = chosen(nb.cells, facts)
        for index, cell in enumerate(nb.cells):
            told = cell.metadata.pop("nbgrader", None)
            if keep.get(grade_id(told)) == index:
                cell.metadata["nbgrader"] = NotebookNode(facts[grade_id(told)])
            elif told:
                self.log.warning("cell %d of %s is no released cell, or a copy of one (%r): "
                                 "it is run, not graded", index, where["student"], grade_id(told))
        return nb, resources


class RestoreCells(OverwriteCells):
    """Put a deleted graded cell back at the end of the notebook, to be run and scored there.

    nbgrader leaves it out, with no score at all; told to add it, it looks for a place by an
    order that the gradebook does not keep. No test of this course depends on its place.
    """

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
