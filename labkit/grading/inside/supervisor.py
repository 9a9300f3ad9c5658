"""One submission's supervisor: makes its namespaces and files, starts its kernel, watches it."""

import contextlib
import json
import os
import resource
import select
import shutil
import signal
import socket
import time
from pathlib import Path
from typing import Any

from labkit.grading.inside.kernel import HOME, SPOOL, become_kernel
from labkit.grading.inside.system import (
    MS_NODEV,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    cover,
    die_with_parent,
    mount,
    unmount,
    unshare,
)

PANTRY = "/box"
STUDENT = 1000  # user and group of the student's processes, as they see themselves
Limits = dict[str, Any]


def supervise(connection: socket.socket, unshared: int, mapped: int, readable: list[str]) -> None:
    """Make the namespaces and the student's files; start the kernel in them; watch it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    request = json.loads(connection.makefile().readline())
    unshare()
    become_student(unshared, mapped)
    mount("none", "/", "", MS_REC | MS_PRIVATE)
    furnish(request["limits"], readable)
    bound_r, bound_w = os.pipe()
    start_r, start_w = os.pipe()
    kernel = os.fork()
    if kernel == 0:
        become_kernel(request, connection, bound_w, start_r)
    os.close(bound_w)
    if not os.read(bound_r, 1):  # its sockets are bound
        raise OSError("the kernel did not start")
    bring(Path(SPOOL, request["job"], "files"), connection)
    mount("none", SPOOL, "tmpfs", MS_RDONLY, "size=4k")
    say(connection, started=True)
    os.write(start_w, b"1")
    watch(connection, kernel, request["limits"])


def become_student(unshared: int, mapped: int) -> None:
    """Become the student's user in the new user namespace, once the warm parent has mapped it."""
    os.write(unshared, b"1")
    if not os.read(mapped, 1):
        raise OSError("no user map")
    if os.getgroups() and Path("/proc/self/setgroups").read_text().strip() == "allow":
        os.setgroups([])
    os.setresgid(STUDENT, STUDENT, STUDENT)
    os.setresuid(STUDENT, STUDENT, STUDENT)
    die_with_parent()  # a change of user has cleared it


def furnish(limits: Limits, readable: list[str]) -> None:
    """Mount home, /tmp and /dev/shm, which share one bounded file system in memory."""
    size = f"size={limits['storage']},nr_inodes={limits['files']},mode=755"
    mount("none", PANTRY, "tmpfs", MS_NOSUID | MS_NODEV, size)
    for place in (HOME, "/tmp", "/dev/shm"):
        folder = f"{PANTRY}/{Path(place).name}"
        os.mkdir(folder, 0o700)
        cover(place, folder, "", "", readable)
    unmount(PANTRY)


def bring(files: Path, connection: socket.socket) -> None:
    """Copy the submission's files into its home.

    Not before the kernel is there: it reads settings from its folders, and runs what they say.
    """
    try:
        if files.exists():
            shutil.copytree(files, HOME, dirs_exist_ok=True, copy_function=shutil.copyfile)
    except OSError as error:
        say(connection, unfit=f"its files do not fit into the box: {str(error)[:200]}")
        os._exit(1)


def watch(connection: socket.socket, kernel: int, limits: Limits) -> None:
    """Wait for the kernel's end; pass interrupts on; end it when it takes too much; report."""
    ended = os.pidfd_open(kernel)
    deadline, why = time.monotonic() + limits["total"], ""
    while True:
        ready, _, _ = select.select([connection, ended], [], [], 0.2)
        if ended in ready:
            break
        if connection in ready and not _obey(connection.recv(1), kernel):
            os.kill(kernel, signal.SIGKILL)
        elif time.monotonic() > deadline:
            why = "timed out"
            os.kill(kernel, signal.SIGKILL)
        elif memory_used(limits["memory"]) > limits["memory"]:
            why = "out of memory"
            os.kill(kernel, signal.SIGKILL)
    _, status, used = os.wait4(kernel, 0)
    say(connection, ended=os.waitstatus_to_exitcode(status), why=why,
         cpu=used.ru_utime + used.ru_stime, memory=used.ru_maxrss * 1024)
    os._exit(0)


def _obey(word: bytes, kernel: int) -> bool:
    """Whether the kernel may live on: "i" interrupts it; anything else, or nothing, ends it."""
    if word == b"i":
        os.kill(kernel, signal.SIGINT)
    return word == b"i"


def memory_used(bound: int) -> int:
    """Bytes that the processes of this pid namespace hold.

    Forks share most of what they were born with; shares are added up only where it matters,
    because that is slow.
    """
    processes = [Path("/proc", entry) for entry in os.listdir("/proc") if entry.isdigit()]
    resident = sum(_resident(process) for process in processes)
    return resident if resident <= bound else sum(_proportional(one) for one in processes)


def _resident(process: Path) -> int:
    with contextlib.suppress(OSError, IndexError):
        return int((process / "statm").read_text().split()[1]) * resource.getpagesize()
    return 0


def _proportional(process: Path) -> int:
    with contextlib.suppress(OSError):
        for line in (process / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def say(connection: socket.socket, **words: Any) -> None:
    """Send one line of JSON to the grader, if it is still there."""
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(words).encode() + b"\n")
