"""The stage `nbval` can fail: one altered stored output is found, and only that one."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_an_altered_stored_output_fails(tmp_path: Path) -> None:
    path = ROOT / "solutions" / "gradient_descent" / "gradient_descent.ipynb"
    notebook = json.loads(path.read_text())
    wanted = ("setup", "mse", "show_mse")
    notebook["cells"] = [c for c in notebook["cells"] if c["id"] in wanted]
    shown = notebook["cells"][-1]["outputs"][0]
    assert shown["text"] == ["mse: tensor(0.25)\n"]
    shown["text"] = ["mse: tensor(0.35)\n"]
    (tmp_path / "altered.ipynb").write_text(json.dumps(notebook))
    done = subprocess.run([sys.executable, "-m", "pytest", "--nbval", str(tmp_path), "-q",
                           "-p", "no:cacheprovider"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout
    assert "1 failed, 2 passed" in done.stdout
    assert "0.35" in done.stdout and "0.25" in done.stdout


def test_stored_outputs_are_text_and_few_are_ignored() -> None:
    for path in (ROOT / "solutions").glob("*/*.ipynb"):
        cells = json.loads(path.read_text())["cells"]
        ignored = [c for c in cells if "nbval-ignore-output" in c["metadata"].get("tags", [])]
        assert len(ignored) <= 2, f"{path.name}: {len(ignored)} cells are not compared"
        data = [o["data"] for c in cells for o in c.get("outputs", []) if "data" in o]
        assert all(set(d) == {"text/plain"} for d in data), f"{path.name} stores pictures"
