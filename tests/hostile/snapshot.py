"""What must be as before: files byte for byte, the gradebook's rows, the list of processes."""

import contextlib
import ctypes
import hashlib
import os
import signal
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.grading.course import ROOT
from tests.hostile.attack import MARK
from tests.hostile.classroom import SITE, Classroom

LARGE = 8 << 20  # of larger files the size and the time stand for the content
SUBREAPER = 36


def files(*roots: Path) -> dict[str, str]:
    """Kind, permissions and content of everything below some folders, by path."""
    found = {}
    for root in roots:
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name != "__pycache__"]
            for name in (*folders, *names):
                path = os.path.join(folder, name)
                found[path] = _told(path)
    return found


def _told(path: str) -> str:
    """A line on one file; links are not followed, and nothing that waits is opened."""
    try:
        info = os.lstat(path)
        told = f"{info.st_mode:o} {info.st_uid}"
        if stat.S_ISLNK(info.st_mode):
            return f"{told} -> {os.readlink(path)}"
        if not stat.S_ISREG(info.st_mode):
            return told
        if info.st_size > LARGE:
            return f"{told} {info.st_size} {info.st_mtime_ns}"
        with open(path, "rb") as file:
            return f"{told} {hashlib.sha256(file.read()).hexdigest()}"
    except OSError as error:
        return type(error).__name__


def surroundings(room: Classroom) -> dict[str, str]:
    """Everything that no submission may change, and every place where one may leave a mark."""
    kept = files(room.root / "submitted", room.root / "solutions", room.root / "exercises",
                 room.home, room.tmp, ROOT / "labkit", ROOT / "solutions", ROOT / "tests")
    for path in (room.root / "nbgrader_config.py", room.root / "key.txt"):
        kept[str(path)] = _told(str(path))
    for folder in ("/tmp", "/dev/shm", "/var/tmp", "/etc", "/", SITE, "/etc/cron.d"):
        for name in os.listdir(folder):
            if MARK in name or folder == SITE:
                kept[os.path.join(folder, name)] = f"{os.lstat(os.path.join(folder, name)).st_mode}"
    return kept


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Paths that came, went or changed, with what they were and are."""
    return [f"{path}: {before.get(path)} became {after.get(path)}"
            for path in sorted({*before, *after}) if before.get(path) != after.get(path)]


def rows(book: Path) -> dict[str, set[tuple[object, ...]]]:
    """Every row of every table of a gradebook."""
    with sqlite3.connect(f"file:{book}?mode=ro", uri=True) as open_book:
        tables = [name for (name,) in open_book.execute(
            "select name from sqlite_master where type = 'table'")]
        return {name: set(open_book.execute(f"select * from {name}")) for name in tables}


def lost(before: dict[str, set[tuple[object, ...]]],
         after: dict[str, set[tuple[object, ...]]]) -> list[str]:
    """Rows that were in the gradebook and are not there any more as they were."""
    return [f"{table}: {row}" for table, old in before.items()
            for row in sorted(old - after.get(table, set()), key=repr)]


def free() -> int:
    """Bytes of memory that the machine has left."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) * 1024


@contextlib.contextmanager
def watching(told: dict[str, int]) -> Iterator[None]:
    """Meanwhile keep the least memory that was left and the most processes that there were."""
    ended = threading.Event()

    def watch() -> None:
        start = free()
        while not ended.wait(0.1):
            told["memory"] = max(told.get("memory", 0), start - free())
            told["processes"] = max(told.get("processes", 0), len(descendants()))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def adopt() -> None:
    """Become the parent of every process that loses its own: none gets out of sight."""
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def descendants() -> dict[int, str]:
    """Command by number of each process that this one started, or that these started."""
    parents, told = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{name}/stat").read_text()
            words = Path(f"/proc/{name}/cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            continue
        state, parent = line.rpartition(")")[2].split()[:2]
        if state != "Z":
            parents[int(name)], told[int(name)] = int(parent), words.decode(errors="replace")[:200]
    return {pid: told[pid] for pid in parents if _below(pid, parents)}


def _below(pid: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == os.getpid():
            return True
    return False


def alive(before: dict[int, str], seconds: float = 3) -> list[str]:
    """Processes that were not there before, and did not end within some seconds; they are ended."""
    end = time.monotonic() + seconds
    left = descendants()
    while time.monotonic() < end and left.keys() - before:
        time.sleep(0.1)
        left = descendants()
    for pid in left.keys() - before:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return [told for pid, told in left.items() if pid not in before]
