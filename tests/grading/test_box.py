"""The box, looked at from inside it: what a submission sees, may do, and leaves behind."""

import contextlib
import json
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from labkit.grading import unit
from labkit.grading.box import Limits, box
from labkit.grading.submission import beside

ROOT = Path(__file__).resolve().parents[2]
# less memory than this, and a dozen threads' stacks and arenas are too much of address space
LIMITS = Limits(cell=5, total=40, memory=1 << 30, processes=40, storage=8 << 20, files=300,
                files_open=200, output=100_000)
LOOK = """
import json, os
from pathlib import Path
def told(path):
    return Path(path).read_text()
def processes():
    return {p: told(f"/proc/{p}/cmdline") for p in os.listdir("/proc") if p.isdigit()}
def can_write(folder):
    try:
        Path(folder, "mine").write_text("x")
        return True
    except OSError:
        return False
state = dict(line.split(":\\t", 1) for line in told("/proc/self/status").splitlines())
print(json.dumps({"processes": processes(), "state": state, "network": told("/proc/net/dev"),
                  "environment": dict(os.environ), "here": os.getcwd(), "beside": os.listdir(),
                  "spool": os.listdir("/spool"), "top": os.listdir("/"),
                  "written": [f for f in FOLDERS if can_write(f)], "ids": os.getresuid(),
                  "there": [f for f in SECRET if os.path.lexists(f)]}))
"""
CALLS = """
import ctypes, json, os
libc = ctypes.CDLL(None, use_errno=True)
calls = {hex(flag): libc.unshare(flag) for flag in
         (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x20000000, 0x40000000)}
if libc.unshare(0x10000000) == 0: calls["user"] = 0
calls["mount"] = libc.mount(b"none", b"/home/student", b"tmpfs", 0, None)
calls["remount"] = libc.mount(b"none", b"/", None, 32 | 4096, None)
calls["umount"] = libc.umount2(b"/spool", 2)
calls["pivot"] = libc.chroot(b"/tmp")
calls["setuid"] = libc.setuid(0)
print(json.dumps(calls))
"""


def run(*cells: str, files: dict[str, bytes] | None = None, limits: Limits = LIMITS,
        readable: tuple[str, ...] = ()) -> NotebookNode:
    """A notebook of these cells after it was run in the box."""
    notebook = new_notebook(cells=[new_code_cell(text) for text in cells])
    return nbformat.reads(unit.execute(nbformat.writes(notebook), files or {}, limits,
                                       readable=readable), as_version=4)


def said(notebook: NotebookNode) -> list[str]:
    """What each cell printed and raised."""
    return ["".join(f"{o.ename}: {o.evalue}" if o.output_type == "error" else o.get("text", "")
                    for o in cell.outputs) for cell in notebook.cells]


def outside(marker: str) -> list[str]:
    """Processes of this machine that have the marker in their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if marker.encode() in path.read_bytes():
                found.append(path.parent.name)
    return found


@pytest.fixture(scope="module")
def seen() -> dict:
    labkit = str(ROOT / "labkit")
    folders = [labkit, f"{labkit}/check", f"{labkit}/grading", sys.prefix, "/", "/usr", "/etc",
               "/dev", "/dev/pts", "/home", "/spool", "/proc", "/var", "/sys", str(ROOT),
               "/home/student", "/tmp", "/dev/shm"]
    secret = [str(ROOT / name) for name in ("tests", "solutions", "exercises", ".git", "book",
              "nbgrader_config.py")] + ["/etc/passwd", "/etc/shadow", "/root/.bashrc", "/sys",
              "/var", "/run", f"{labkit}/authoring/cli.py", f"{labkit}/grading/unit.py"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_OF_OURS", "s3cret")  # the box may start within
        patch.setenv("JUPYTER_TOKEN", "s3cret")
        first, last = said(run(f"FOLDERS, SECRET = {folders}, {secret}" + LOOK, CALLS,
                               files={"data.csv": b"1,2"}))
    return json.loads(first) | {"calls": json.loads(last)}


def test_only_its_own_process_is_seen(seen):
    assert list(seen["processes"]) == ["1"]


def test_it_has_no_rights_and_gets_none(seen):
    assert {seen["state"][f"Cap{kind}"].strip("0") for kind in
            ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {""}
    assert seen["state"]["NoNewPrivs"] == "1" and seen["ids"] == [1000] * 3
    assert seen["state"]["Groups"].strip() == ""
    assert len(seen["calls"]) >= 11 and set(seen["calls"].values()) == {-1}


def test_there_is_no_network(seen):
    lines = seen["network"].splitlines()[2:]
    assert [line.split(":")[0].strip() for line in lines] == ["lo"]
    talk = ("import socket\nfor place in ('127.0.0.1', '192.0.2.1'):\n    try:\n"
            "        socket.create_connection((place, 80), 1)\n    except OSError as error:\n"
            "        print(error.errno)")
    assert said(run(talk)) == ["101\n101\n"]  # unreachable: lo is down too


def test_only_home_and_the_temporary_folders_can_be_written(seen):
    # a repository below /tmp lies in the submission's own /tmp; what is in it is mounted read-only
    assert [place for place in seen["written"] if place != str(ROOT)] == [
        "/home/student", "/tmp", "/dev/shm"]
    assert str(ROOT) not in seen["written"] or str(ROOT).startswith("/tmp/")


def test_the_repository_and_the_system_s_secrets_are_not_there(seen):
    assert seen["there"] == []
    assert seen["spool"] == []
    labkit = f"import os; print(sorted(os.listdir({str(ROOT)!r})))"
    assert said(run(labkit)) == [f"{sorted(['.venv', 'labkit'])}\n"]


def test_the_environment_has_nothing_of_ours(seen):
    assert "s3cret" not in json.dumps(seen["environment"])
    assert seen["environment"]["HOME"] == seen["here"] == "/home/student"
    # what its own kernel and libraries set, and what we give; nothing else of the grader's
    ours = {name for name in seen["environment"] if name.startswith(("CI", "USER", "LOGNAME"))}
    assert ours == set() and "data.csv" in seen["beside"]


def test_the_wings_cannot_be_imported_and_check_can():
    words = ["import labkit.check; print('check')", "import labkit.grading.unit",
             "import labkit.authoring.cli", "import tests.grading"]
    first, *others = said(run(*words))
    assert first == "check\n"
    assert all(text.startswith("ModuleNotFoundError") for text in others)


def test_files_are_copies_of_the_submission_s_own(tmp_path: Path):
    for name, text in {"data.csv": "1,2", "mine/part.py": "VALUE = 7", "other.ipynb": "{}",
                       ".ipynb_checkpoints/old.py": "x"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    text, _ = said(run("import os\nprint(open('data.csv').read(), os.listdir('mine'), "
                       "sorted(n for n in os.listdir() if n not in ('.tmp', '.shm')))",
                       "open('data.csv', 'w').write('9'); os.remove('mine/part.py')",
                       files=beside(tmp_path)))
    assert text == "1,2 ['part.py'] ['data.csv', 'mine']\n"
    assert (tmp_path / "data.csv").read_text() == "1,2" and (tmp_path / "mine/part.py").exists()


def test_a_module_beside_the_notebook_can_be_imported_as_at_home():
    assert said(run("from mine import VALUE; print(VALUE)", files={"mine.py": b"VALUE = 7"})) \
        == ["7\n"]


def test_two_at_once_see_nothing_of_each_other():
    meet = threading.Barrier(2)
    cell = """
import os, subprocess, sys, time
from pathlib import Path
for place in ("/home/student", "/tmp", "/dev/shm"):
    Path(place, "mark-NAME").touch()
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(9)", "mark-NAME"])
time.sleep(2)
print(*(n for place in ("/home/student", "/tmp", "/dev/shm") for n in os.listdir(place)),
      *(Path("/proc", p, "cmdline").read_text() for p in os.listdir("/proc") if p.isdigit()))
"""

    def one(name: str) -> str:
        meet.wait()
        return said(run(cell.replace("NAME", name)))[0]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(one, ("alpha", "omega"))
    assert first.count("mark-alpha") == second.count("mark-omega") == 4
    assert "mark-omega" not in first and "mark-alpha" not in second


def test_a_process_that_hides_from_its_kernel_ends_with_the_unit():
    marker, there = f"leftover-{uuid.uuid4().hex}", []
    child = f"[sys.executable, '-S', '-c', 'import time; time.sleep(60)', '{marker}']"
    cell = ("import os, subprocess, sys, time\nif os.fork() == 0:\n    os.setsid()\n"
            f"    if os.fork() == 0: os.execv(sys.executable, {child})\n    os._exit(0)\n"
            "time.sleep(2)")
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run, cell)
        while not done.done():
            there += outside(marker)
            time.sleep(0.1)
        done.result()
    assert there and outside(marker) == []  # it was there, and is gone


def test_the_job_s_folder_is_gone_afterwards():
    run("1")
    assert [path.name for path in box().spool.iterdir()] == ["warm"]


def test_figures_and_torch_work_in_the_fork():
    notebook = run("import matplotlib.pyplot as plt\n_ = plt.plot([1, 3, 2])",
                   "import torch\na = torch.ones(40, 40, requires_grad=True)\n"
                   "(a @ a).sum().backward()\nprint(a.grad[0, 0].item())")
    (figure,) = notebook.cells[0].outputs
    assert figure.output_type == "display_data" and len(figure.data["image/png"]) > 1000
    assert said(notebook)[1] == "80.0\n"
