"""What a submission may use in the box, and what becomes of one that takes more."""

import contextlib
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from labkit.grading import status, unit
from labkit.grading.box import BoxError, Limits, box
from tests.grading.test_box import run, said


def ended(*cells: str, **settings: object) -> tuple[str, str]:
    """Status and reason of a notebook that must not run to its end."""
    with pytest.raises(unit.Ended) as found:
        run(*cells, **settings)
    return found.value.args


@pytest.mark.parametrize("place", ["/home/student", "/tmp", "/dev/shm"])
def test_what_can_be_written_is_bounded_in_bytes_and_in_files(place: str):
    fill = f"""
import errno, os
def until_full(step):
    for count in range(3000):
        try:
            step(count)
        except OSError as error:
            return count, errno.errorcode[error.errno]
os.mkdir("{place}/many")
print(*until_full(lambda i: open(f"{place}/many/{{i}}", "w").close()))
for i in os.listdir("{place}/many"): os.remove(f"{place}/many/{{i}}")
big = [open(f"{place}/big{{i}}", "wb", buffering=0) for i in range(4)]
print(*until_full(lambda i: big[i % 4].write(bytes(1 << 20)) == 1 << 20 or 1 / 0))
"""
    text = said(run(fill.replace(" or 1 / 0", "")))[0].split()
    assert 200 < int(text[0]) < 300 and text[1] == text[3] == "ENOSPC"
    assert int(text[2]) <= 12  # a write that fits in part ends short once, then fails


def test_each_limit_gives_the_cell_an_error_and_the_notebook_goes_on():
    texts = said(run("big = bytearray(3 << 30)",
                     "held = [open('/dev/null') for _ in range(999)]", "held = []",
                     "import threading, time\nfor i in range(200):\n"
                     "    threading.Thread(target=time.sleep, args=(1,), daemon=True).start()",
                     "import time; time.sleep(1.2)\nimport os\nfor i in range(200):\n"
                     "    if os.fork() == 0: time.sleep(30); os._exit(0)", "print(6 * 7)"))
    assert texts[0].startswith("MemoryError") and "Too many open files" in texts[1]
    assert "can't start new thread" in texts[3] and texts[4].startswith("BlockingIOError")
    assert texts[5] == "42\n"


def test_an_endless_loop_is_interrupted_and_the_next_cell_runs():
    notebook = run("while True: pass", "print('on')", limits=Limits(cell=2, total=40))
    assert said(notebook) == ["KeyboardInterrupt: ", "on\n"]
    assert notebook.metadata.grading == {"tampered": [], "timed_out": ["cell 1"]}


def test_a_kernel_that_ends_is_a_crash():
    got, reason = ended("1 + 1", "import os; os._exit(3)", "print('never')")
    assert got == status.CRASHED and "in cell 'cell 2'" in reason


@pytest.mark.parametrize(("cell", "what", "words"), [
    ("import os; os._exit(3)", status.CRASHED, "exit code 3"),
    ("import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass",
     status.TIMED_OUT, "longer than 2 s in all"),
    ("import os\nos.fork()\nwhile True: pass", status.TIMED_OUT, "longer than 2 s in all"),
    ("import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
     "        held = b'x' * (400 << 20); time.sleep(30); os._exit(0)\ntime.sleep(30)",
     status.OUT_OF_MEMORY, "1.0 GiB"),
])
def test_what_ends_a_notebook_is_named(cell: str, what: str, words: str):
    total = 2 if what == status.TIMED_OUT else 20
    limits = Limits(cell=20, total=total, memory=1 << 30)
    got, reason = ended(cell, "print('never')", limits=limits)
    assert got == what and words in reason


def test_output_is_capped_and_an_error_stays():
    notebook = run("for i in range(500): print('x' * 1000, flush=True)\nraise ValueError('seen')",
                   "print('the next cell has its own share')", "raise ValueError('y' * 10**6)")
    first, second, third = said(notebook)
    assert len(first) < 101_000 and first.endswith("ValueError: seen")
    assert second.startswith("the next") and len(third) < 3000
    assert len(nbformat.writes(notebook)) < 150_000


@pytest.mark.parametrize("name", ["profile_default/ipython_kernel_config.py",
                                  "profile_default/startup/00.py"])
def test_no_file_of_the_submission_runs_before_the_notebook(name: str):
    code = b"import os; open('/tmp/seen', 'w').write(str(os.listdir('/spool')))"
    text = said(run("import os; print(os.path.exists('/tmp/seen'))",
                    files={f".tmp/.ipython/{name}": code}))
    assert text == ["False\n"]


@pytest.mark.parametrize("files", [
    {".tmp": b""}, {".shm": b""},
    {f"{i}/{'a/' * 9}f": b"" for i in range(60)},  # few files, but many folders
    {"big": bytes(9 << 20)},
    {".tmp/.ipython/profile_default/ipython_kernel_config.py": b"import os; os._exit(1)"}],
    ids=["tmp", "shm", "folders", "bytes", "exit"])
def test_files_that_do_not_fit_are_the_student_s_fault(files: dict[str, bytes]):
    """BoxError ends the run: it is for what is wrong with the machine."""
    with contextlib.suppress(unit.Ended):
        run("1", files=files)


def test_ways_to_memory_that_nobody_counts_are_refused():
    """A file without a name, a segment of System V: in nobody's resident set."""
    texts = said(run("import os; os.memfd_create('x')",
                     "import ctypes; print(ctypes.CDLL(None).shmget(0, 1 << 20, 0o1600))"))
    assert texts == ["OSError: [Errno 38] Function not implemented", "-1\n"]


def warm(process: int) -> int:
    """The process of the warm parent, a descendant of bubblewrap's."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    found = [int(one) for one in children]
    python = [one for one in found if b"-I" in Path(f"/proc/{one}/cmdline").read_bytes()
              and "bwrap" not in Path(f"/proc/{one}/comm").read_text()]
    return python[0] if python else warm(found[0])


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> Exception:
    """What is met in a box whose warm parent was killed; it has one more readable folder."""
    folder = tmp_path_factory.mktemp("readable")
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    (folder / "table.txt").write_text("readable")
    readable = (str(folder),)
    show = f"print(open({str(folder / 'table.txt')!r}).read())"
    assert said(run(show, f"open({str(folder / 'new')!r}, 'w')", readable=readable))[0] \
        == "readable\n"
    assert not (folder / "new").exists()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, "import time; time.sleep(3)", "print(6 * 7)",
                              readable=readable)
        time.sleep(1)
        os.kill(warm(box(readable)._process.pid), signal.SIGKILL)
        with contextlib.suppress(BoxError, unit.Ended):  # it may end well, or not at all
            assert said(running.result())[1] == "42\n"
    with pytest.raises((BoxError, OSError)) as found:
        run("1", readable=readable)
    return found.value


def test_a_box_whose_warm_parent_died_says_so(dead: Exception):
    assert isinstance(dead, BoxError)
