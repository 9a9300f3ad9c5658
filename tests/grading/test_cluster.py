"""Grading on a dask cluster: two worker processes, one of them killed in the middle."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from distributed import Client
from nbgrader.api import Gradebook

import labkit
from labkit.grading import cluster as clusters
from labkit.grading import run, status, unit
from labkit.grading.box import BoxError, Limits
from labkit.grading.cluster import cluster
from labkit.grading.run import GradeError
from tests.grading.test_interrupted import ANSWERS, POINTS, TOY, again, begun, rows

PATIENCE = 120  # seconds: the machine may be busy; nothing waits that long when all is well
ONCE = Counter(dict.fromkeys(ANSWERS, 1))
# In each worker: note every file of a course that is opened; notebooks that are words do things.
PRELOAD = """
import os, signal, sys
from labkit.grading import unit
from labkit.grading.box import BoxError
notes = os.open({notes!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def note(event, arguments):
    if event in ("open", "sqlite3.connect") and {course!r} in str(arguments[0]):
        os.write(notes, (event + str(arguments[0])).encode())
sys.addaudithook(note)
def deep(text):
    return deep(text) + text
real = getattr(unit, "real", unit.execute)  # dask may load this file twice
unit.real = real
def execute(notebook, *arguments):
    if notebook == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if notebook == "no box":
        raise BoxError("bubblewrap is not installed")
    if notebook == "end":
        raise unit.Ended("timed out", "a reason")
    if notebook == "deep":
        return deep(notebook)
    return notebook if notebook == "live" else real(notebook, *arguments)
unit.execute = execute
"""


@dataclass
class Servers:
    """A scheduler's address, the course its workers must not open, and what they opened of it."""

    address: str
    course: Path
    notes: Path


def started(log: Path, *words: str, **variables: str) -> subprocess.Popen[bytes]:
    """A dask program in the background, in a session of its own."""
    with open(log, "wb") as file:
        return subprocess.Popen([sys.executable, "-m", "dask", *words], stdout=file, stderr=file,
                                cwd=log.parent, start_new_session=True,
                                env=os.environ | {"OMP_NUM_THREADS": "1"} | variables)


def until(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"in vain: {what}"
        time.sleep(0.05)


def stop(server: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started."""
    family = psutil.Process(server.pid).children(recursive=True)
    server.terminate()
    try:
        server.wait(PATIENCE)
    finally:
        for one in (server, *alive(family)):
            one.kill()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("scheduler")
    file = folder / "address.json"
    server = started(folder / "log", "scheduler", "--host", "127.0.0.1", "--port", "0",
                     "--no-dashboard", "--scheduler-file", str(file),
                     DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1")
    until(lambda: file.exists() or server.poll() is not None, "a scheduler")
    yield json.loads(file.read_text())["address"]
    stop(server)


def workers(folder: Path, address: str, *words: str, **variables: str) -> subprocess.Popen[bytes]:
    return started(folder / "workers.log", "worker", address, "--host", "127.0.0.1", "--nthreads",
                   "1", "--no-dashboard", "--local-directory", str(folder), *words, **variables)


@pytest.mark.parametrize(("address", "said"), [
    ("tcp://127.0.0.1:1", "no dask scheduler answers at 'tcp://127.0.0.1:1'"),
    ("", "missing port number"), ("http://127.0.0.1:8787", "unknown address scheme 'http'"),
    ("tls://127.0.0.1:1", "TLS configuration")])
def test_no_scheduler(address: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                      capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(clusters, "PATIENCE", 1)
    assert again(begun(tmp_path / "course"), "--scheduler", address) == 1
    error = capsys.readouterr().err
    assert said in error and "type: dask scheduler" in error and "Traceback" not in error


def test_no_worker(scheduler: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clusters, "PATIENCE", 1)
    with pytest.raises(GradeError, match=r"has no worker.* type: dask worker tcp://"), \
            cluster(scheduler):
        pass


@pytest.mark.parametrize(("check", "said"), [
    ("EPS = 1", "would grade differently: it has labkit .*here"),
    (None, "cannot use labkit .*no labkit here")])
def test_another_labkit(check: str | None, said: str, scheduler: str, tmp_path: Path):
    (tmp_path / "labkit.py").write_text("raise ImportError('no labkit here')")
    if check:
        shutil.copytree(Path(labkit.__file__).parent, tmp_path / "labkit")
        (tmp_path / "labkit" / "check.py").write_text(check)
    server = workers(tmp_path, scheduler, "--no-nanny", PYTHONPATH=str(tmp_path))
    try:
        with pytest.raises(GradeError, match=f"worker tcp://.* {said}"), cluster(scheduler):
            pass
    finally:
        stop(server)


@pytest.fixture(scope="module")
def servers(scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Two workers, as `dask worker` starts them: each restarted by a nanny when it ends."""
    folder = tmp_path_factory.mktemp("workers")
    here = Servers(scheduler, folder / "course", folder / "notes")
    preload = folder / "preload.py"
    preload.write_text(PRELOAD.format(notes=str(here.notes), course=str(here.course)))
    server = workers(folder, scheduler, "--nworkers", "2", "--preload", str(preload),
                     TMPDIR=str(folder))
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
    yield here
    stop(server)


def slow(root: Path) -> Path:
    """A toy course, each of whose submissions takes long enough to be met while it runs."""
    for path in (begun(root) / "submitted").rglob("*.ipynb"):
        path.write_text(path.read_text().replace("time.sleep(0.2)", "time.sleep(1)"))
    return root


def results(root: Path) -> dict[str, tuple[str, float | None, float | None]]:
    """Status, points by machine and score by student; the gradebook has each student once."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        known = Counter(one.student.id for one in book.assignment_submissions(TOY))
    assert known == ONCE
    return {who: (row.status, row.machine_score, row.score) for who, row in rows(root).items()}


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    """Which of these processes still run (one that ended and was not waited for does not)."""
    return [one for one in psutil.process_iter(["status"])
            if one in family and one.info["status"] != psutil.STATUS_ZOMBIE]


def kill_one(here: Servers) -> list[psutil.Process]:
    """Once a submission is graded, kill a worker that runs another; what it had started."""
    victim: list[psutil.Process] = []

    def found() -> bool:
        for address, keys in client.processing().items() if rows(here.course) else ():
            victim[:] = [psutil.Process(pids[address])]
            if keys and len(victim[0].children(recursive=True)) > 4:  # 3 are the warm parent
                return True
        return False

    with Client(here.address, set_as_default=False) as client:
        pids = client.run(os.getpid)
        until(found, "one submission graded, another one running")
    family = victim[0].children(recursive=True)
    victim[0].kill()
    return family


def test_errors_come_back_as_themselves(servers: Servers):
    with cluster(servers.address) as (engine, jobs):
        assert jobs == 2
        with pytest.raises(unit.Ended) as ended:
            engine("end", {}, Limits())
        assert ended.value.args == (status.TIMED_OUT, "a reason")
        with pytest.raises(RuntimeError, match=r"^RecursionError: maximum"):
            engine("deep", {}, Limits())
        with pytest.raises(BoxError, match=r"^worker .*tcp://127.*: bubblewrap is not installed"):
            engine("no box", {}, Limits())
    with Client(servers.address, set_as_default=False) as client:
        address = next(iter(client.nthreads()))
    with pytest.raises(GradeError, match="is a Worker, not the scheduler"), cluster(address):
        pass


def test_one_worker_killed_in_the_middle(servers: Servers, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch):
    graded: Counter[str] = Counter()

    class Counting(run.Grader):
        def grade(self) -> dict[str, list[str]]:
            noticed = super().grade()
            graded[self.coursedir.student_id] += 1
            return noticed

    monkeypatch.setattr(run, "Grader", Counting)
    slow(servers.course)
    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill_one, servers)
        assert again(servers.course, "--scheduler", servers.address) == 0
        family = killing.result()
    assert graded == ONCE
    found = results(servers.course)
    assert {who: points for who, (_, points, _) in found.items()} == {
        who: POINTS[answer] for who, answer in ANSWERS.items()}
    until(lambda: not alive(family), "the end of what the killed worker had started")
    assert servers.notes.read_text() == "", "workers opened files of the course"
    assert again(begun(tmp_path / "alone"), "--jobs", "2") == 0
    assert results(tmp_path / "alone") == found


def test_what_kills_its_worker_again_and_again_crashed_alone(servers: Servers):
    with cluster(servers.address) as (engine, _), ThreadPoolExecutor(3) as pool:
        deadly = pool.submit(engine, "die", {}, Limits())
        others = [pool.submit(engine, "live", {}, Limits()) for _ in range(2)]
        with pytest.raises(unit.Ended, match="each time") as ended:
            deadly.result(PATIENCE)
        assert ended.value.args[0] == status.CRASHED
        assert [other.result(PATIENCE) for other in others] == ["live", "live"]
        assert engine("live", {}, Limits()) == "live"
