"""The student's kernel: privileges dropped, limits set, sockets bound, then ipykernel."""

import contextlib
import os
import resource
import socket
import sys
from pathlib import Path
from typing import Any

from labkit.grading.inside import seccomp
from labkit.grading.inside.system import (
    MS_NODEV,
    MS_NOSUID,
    die_with_parent,
    drop_privileges,
    mount,
)

HOME, SPOOL = "/home/student", "/spool"
Request = dict[str, Any]


def become_kernel(request: Request, connection: socket.socket, bound: int, start: int) -> None:
    """Turn this process into the student's kernel; never returns.

    Privileges are dropped before the first thread starts: they belong to threads, not processes.
    """
    try:
        os.setsid()
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
        with contextlib.suppress(OSError):
            Path("/proc/sys/user/max_user_namespaces").write_text("0")
        drop_privileges()
        die_with_parent()
        seccomp.refuse()
        _limit(request["limits"])
        app = _kernel_app(request, connection, keep=(bound, start))
        os.write(bound, b"1")
        os.read(start, 1)
        os.close(bound)
        os.close(start)
        os.chdir(HOME)
        sys.path.insert(0, "")  # as in any notebook: a module beside it can be imported
        app.start()
    finally:
        os._exit(1)


def _kernel_app(request: Request, connection: socket.socket, keep: tuple[int, ...]) -> Any:
    """An initialized ipykernel, its sockets bound below /spool."""
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    connection.close()
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for handle in map(int, os.listdir("/proc/self/fd")):
        if handle > 2 and handle not in keep:
            with contextlib.suppress(OSError):
                os.close(handle)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir("/")
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.IPKernelApp.connection_file = f"{SPOOL}/{request['job']}/connection.json"
    settings.IPKernelApp.outstream_class = "labkit.grading.inside.stream.Stream"
    app = IPKernelApp.instance(config=settings)
    app.initialize([])
    app.log.setLevel(app.log_level)  # traitlets makes every record, and has a handler drop it
    app.shell.enable_matplotlib("inline")
    return app


def _limit(limits: dict[str, Any]) -> None:
    """Resource limits of the kernel and of each process it starts; no core files."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    for kind, most in (("AS", pages * resource.getpagesize() + limits["memory"]),
                       ("NPROC", limits["processes"]), ("CPU", limits["total"]),
                       ("FSIZE", limits["storage"]), ("NOFILE", limits["files_open"]),
                       ("CORE", 0)):
        resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (most, most))
