"""labkit.authoring.trial: what a run of a listing tells, on programs whose fate is known."""

import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labkit.authoring import trial


def test_a_run_that_ends():
    got = trial.run("print('训练完成')\nx = [1, 2.5]\n", probe=["x", "len(x)", "missing"])
    assert (got.status, got.stdout, got.type, got.line) == ("ok", "训练完成\n", "", None)
    assert got.values == {"x": [1, 2.5], "len(x)": 2}
    assert "训练完成" in repr(got) and "x = [1, 2.5]" in repr(got)


def test_an_error_names_the_line_of_the_listing():
    text = "def f(d):\n    return d['k']\n\nw = 3\nf({})\n"
    got = trial.run(text, setup="a = 1\n" * 7, probe=["w"])
    assert (got.status, got.type, got.message) == ("error", "KeyError", "'k'")
    assert (got.line, got.source, got.values) == (2, "return d['k']", {"w": 3})
    assert "KeyError" in got.stderr and "trial_child" not in got.stderr
    assert "line 2: return d['k']" in repr(got)


def test_an_error_inside_a_library_is_placed_in_the_listing():
    got = trial.run("import json\n\njson.loads('{')\n")
    assert (got.type, got.line, got.source) == ("JSONDecodeError", 3, "json.loads('{')")


def test_the_same_as_python_itself(tmp_path):
    text = "import math\nprint('before')\nmath.sqrt(-1)\n"
    path = tmp_path / "listing.py"
    path.write_text(text, encoding="utf-8")
    real = subprocess.run([sys.executable, path], capture_output=True, text=True)
    got = trial.run(text)
    assert got.stdout == real.stdout
    assert f"{got.type}: {got.message}" == real.stderr.splitlines()[-1]


def test_a_syntax_error():
    got = trial.run("x = 1\nfor each sample in x:\n    pass\n", setup="y = 2\n\n\n")
    assert (got.status, got.type, got.line) == ("error", "SyntaxError", 2)
    assert got.source == "for each sample in x:" and got.stdout == ""


def test_warnings_are_kept_under_pythons_own_filters():
    text = ("import warnings\nimport numpy as np\nnp.array([1e308]) * 10\n"
            "warnings.warn('old', DeprecationWarning)\nwarnings.warn('later', ImportWarning)\n")
    got = trial.run(text)
    assert got.warnings == ["RuntimeWarning: overflow encountered in multiply (line 3)",
                            "DeprecationWarning: old (line 4)"]
    assert "overflow" in got.stderr


def test_a_run_in_this_process_tells_the_same_and_leaves_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = ("import warnings\nfrom pathlib import Path\nPath('left').write_text('x')\n"
            "warnings.warn('shape')\nprint(n + 1)\nhere = [*Path().iterdir()]\n")
    there = trial.run(text, setup="n = 1", probe=["n", "len(here)"])
    got = trial.run_here(text, setup="n = 1", probe=["n", "len(here)"])
    assert (got.status, got.stdout, got.values) == (there.status, "2\n", there.values)
    assert got.values == {"n": 1, "len(here)": 1} and got.warnings == ["UserWarning: shape"]
    assert there.warnings == ["UserWarning: shape (line 4)"]
    assert Path.cwd() == tmp_path and not [*tmp_path.iterdir()] and capsys.readouterr().out == ""
    with pytest.raises(ZeroDivisionError):
        trial.run_here("1 / 0")


def test_an_endless_loop_is_killed_with_its_children(tmp_path):
    text = ("import subprocess, sys\nprint('起', flush=True)\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
            f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\nwhile True: pass\n")
    start = time.monotonic()
    got = trial.run(text, timeout=5)
    assert got.status == "timeout" and got.stdout == "起\n" and "5 s" in got.message
    assert time.monotonic() - start < 40  # far from the 60 s that the child would sleep
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if gone(pid):
            return
        time.sleep(0.05)
    pytest.fail("the child of the listing lives on")


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


@pytest.mark.parametrize(("code", "status", "message"), [
    ("sys.exit()", "ok", ""), ("sys.exit(0)", "ok", ""), ("sys.exit(3)", "error", "3"),
    ("sys.exit('bye')", "error", "bye")])
def test_sys_exit(code, status, message):
    got = trial.run(f"import sys\n{code}\nprint('never')\n")
    assert (got.status, got.message, got.stdout) == (status, message, "")
    assert got.type == ("SystemExit" if status == "error" else "")


def test_a_process_that_ends_itself():
    got = trial.run("import os, signal\nprint('a')\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    assert (got.status, got.type, got.stdout) == ("error", "Killed", "a\n")
    assert signal.SIGSEGV.name in got.message
    got = trial.run("import os\nos._exit(0)\n")
    assert (got.status, got.type) == ("error", "Ended") and "code 0" in got.message


def test_a_listing_meets_a_fresh_folder_and_process(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.chdir(tmp_path)
    text = ("import os, sys, matplotlib\nfiles = os.listdir('.')\nopen('left.txt', 'w').close()\n"
            "import warnings\nwarnings.warn('seen')\n"
            "main = __name__\nloaded = 'pytest' in sys.modules\n"
            "backend = matplotlib.get_backend()\ncode = sys.getfilesystemencoding()\n")
    probe = ["files", "main", "loaded", "backend.lower()", "code"]
    for _ in range(2):
        got = trial.run(text, probe=probe)
        assert got.status == "ok" and got.warnings == ["UserWarning: seen (line 5)"]
        assert list(got.values.values()) == [[], "__main__", False, "agg", "utf-8"]
    assert not any(tmp_path.iterdir())


def test_input_finds_nobody_to_ask():
    assert trial.run("name = input()\n").type == "EOFError"


def test_values_become_plain():
    text = ("import numpy as np\na = np.eye(2)\nb = np.float32(0.5)\nc = {'k': (1, None)}\n"
            "d = float('nan')\ne = open\n")
    got = trial.run(text, probe=list("abcde")).values
    assert got["a"] == [[1, 0], [0, 1]] and got["b"] == 0.5 and got["c"] == {"k": [1, None]}
    assert math.isnan(got["d"]) and "open" in got["e"]


def test_torch_values_become_plain():
    text = "import torch\nw = torch.nn.Parameter(torch.tensor([1.0, 2.0]))\n"
    assert trial.run(text, probe=["w", "w.sum()"]).values == {"w": [1.0, 2.0], "w.sum()": 3.0}


def test_setup_supplies_names_and_its_own_failure_is_the_authors():
    assert trial.run("y = x + 1\n", setup="x = 2\n", probe=["y"]).values == {"y": 3}
    with pytest.raises(ValueError, match=r"set-up code failed.*ZeroDivisionError"):
        trial.run("y = 1\n", setup="1 / 0\n")
    with pytest.raises(ValueError, match=r"set-up code failed.*SyntaxError"):
        trial.run("y = 1\n", setup="for\n")


def test_repair_replaces_once_and_shows_a_diff():
    got = trial.repair("a = 1\nb = 2\n", ("b = 2", "b = 3"), ("b = 3", "b = 4"))
    assert got.text == "a = 1\nb = 4\n"
    assert repr(got).splitlines() == ["--- printed", "+++ repaired", "@@ -2 +2 @@", "-b = 2",
                                      "+b = 4"]
    assert got._repr_markdown_().startswith("```diff\n") and got._repr_markdown_().endswith("```")


@pytest.mark.parametrize(("old", "count"), [("c", 0), ("=", 2), ("", 0)])
def test_repair_refuses_what_does_not_stand_there_once(old, count):
    with pytest.raises(ValueError, match=f"exactly once, not {count} times"):
        trial.repair("a = 1\nb = 2\n", (old, "x"))


def test_listing_reads_the_quotation():
    got = trial.listing("L04")
    assert (got.id, got.document, got.section) == ("L04", "001", "4.3")
    assert got.text.startswith("import numpy") and "初始化模型参数" in got.text
    assert "document 001, section 4.3" in repr(got) and got._repr_markdown_().endswith("\n```")


@pytest.mark.parametrize("id", ["L99", "l04", "../L04", ""])
def test_an_unknown_listing(id):
    with pytest.raises(ValueError, match=r"there is no listing .*L04"):
        trial.listing(id)


def test_a_listing_without_its_header(monkeypatch, tmp_path):
    (tmp_path / "L01.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(trial, "LISTINGS", tmp_path)
    with pytest.raises(ValueError, match="must start with"):
        trial.listing("L01")
