"""The warm parent: imports, then forks a supervisor for each connection."""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
from pathlib import Path

from matplotlib.backends import backend_registry

import labkit
from labkit.grading.inside import canary
from labkit.grading.inside.supervisor import SPOOL, STUDENT, say, supervise
from labkit.grading.inside.system import unmount


def main() -> None:
    """Import, listen on /spool/warm, fork for each connection; end when stdin ends."""
    settings = json.loads(sys.argv[1])
    if os.getuid() == 0:
        for cover in ("/proc/irq", "/proc/bus", "/proc/sysrq-trigger", "/proc/sys"):
            unmount(cover)  # else no new /proc may be mounted further in
    preload(settings["preload"])
    canary.listen()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{SPOOL}/warm")
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors report by themselves
    gc.collect()
    gc.freeze()  # what was imported stays shared between the forks
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:  # the grader has gone, and with it goes the box
            os._exit(0)
        connection, _ = listener.accept()
        fork_supervisor(connection, listener, settings["readable"])
        connection.close()


def preload(names: list[str]) -> None:
    """Import what submissions are likely to import; no operation of torch may run before a fork."""
    rooms = [f"labkit.{room.name}" for room in pkgutil.iter_modules(labkit.__path__)]
    for name in (*names, *rooms):
        with contextlib.suppress(ImportError):  # the wings are not in the box
            importlib.import_module(name)
    backend_registry.list_all()  # it looks through every installed package, at its first question


def fork_supervisor(connection: socket.socket, listener: socket.socket,
                    readable: list[str]) -> None:
    """Fork a supervisor and write the user map that it may not write itself."""
    unshared_r, unshared_w = os.pipe()
    mapped_r, mapped_w = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            listener.close()
            for end in (unshared_r, mapped_w):
                os.close(end)
            supervise(connection, unshared_w, mapped_r, readable)
        except BaseException as error:
            say(connection, failed=f"{type(error).__name__}: {error}")
        finally:
            os._exit(1)
    for end in (unshared_w, mapped_r):
        os.close(end)
    if os.read(unshared_r, 1):
        if os.getuid() != 0:
            Path(f"/proc/{pid}/setgroups").write_text("deny")
        for kind in ("uid_map", "gid_map"):
            Path(f"/proc/{pid}/{kind}").write_text(f"{STUDENT} {STUDENT} 1")
        os.write(mapped_w, b"1")
    for end in (unshared_r, mapped_w):
        os.close(end)


if __name__ == "__main__":
    main()
