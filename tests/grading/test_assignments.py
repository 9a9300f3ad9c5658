"""Every assignment's reference solution passes in the box: its tests stand up to the canary."""

from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from labkit.grading import unit
from labkit.grading.box import Limits
from labkit.grading.outputs import is_test
from tests.grading.course import ROOT


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*/*.ipynb")),
                         ids=lambda path: path.stem)
def test_the_reference_earns_every_point_and_no_test_passes_for_an_impostor(path: Path):
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    ran = v4.reads(unit.execute(v4.writes(notebook), {}, Limits()))
    tests = [cell for cell in ran.cells if is_test(cell)]
    assert len(tests) >= 10 and all(cell.execution_count for cell in tests)
    assert not [cell.metadata.nbgrader.grade_id for cell in tests
                if any(one.output_type == "error" for one in cell.outputs)]
    assert ran.metadata.grading == {"tampered": [], "timed_out": []}
