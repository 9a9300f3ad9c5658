"""The box around submissions: a bubblewrap sandbox with a warm parent that forks kernels in it.

What is in it: the system and the Python environment, read-only; labkit without its wings; no
network; one folder, /spool, through which kernels are asked for. See labkit/grading/inside.
"""

import functools
import importlib.util
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives",
          "/etc/fonts", "/etc/localtime", "/etc/ssl/openssl.cnf")
PRELOAD = ("numpy", "torch", "matplotlib.pyplot", "matplotlib_inline.backend_inline",
           "matplotlib.backends.backend_agg", "PIL.Image", "pdb", "IPython.core.completerlib",
           "IPython.core.debugger", "IPython.core.logger", "IPython.core.magics",
           "IPython.core.magics.execution", "IPython.core.oinspect",
           "IPython.extensions.storemagic", "ipykernel.datapub", "ipykernel.debugger",
           "ipykernel.ipkernel", "ipykernel.kernelapp", "tornado.platform.asyncio",
           "zmq.eventloop.zmqstream")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/home/student",
               "IPYTHONDIR": "/tmp/.ipython", "MPLCONFIGDIR": "/tmp/.matplotlib",
               "MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYTHONHASHSEED": "0",
               "NBGRADER_EXECUTION": "autograde",
               "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
INSTALL = ("bubblewrap is not installed: submissions are not run outside of a box.\n"
           "On Linux, type: sudo apt install bubblewrap (dnf, pacman: the same name).\n"
           "On macOS and Windows there is none: grade inside a Linux container, with the same\n"
           "command (book/appendix/instructors.md says how).\n"
           "To run students' code as yourself, with your files and your network, ask for it by\n"
           "name: labkit grade NAME --unsafe, or nbgrader autograde NAME --Sandboxed.unsafe=True")


class BoxError(Exception):
    """Why there is no box, and what to do."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use: seconds, bytes, counts."""

    cell: int = 30  # seconds a cell
    total: int = 600  # seconds a notebook, of time and of CPU
    memory: int = 3 << 30  # bytes over what the warm parent holds
    processes: int = 48  # and threads; ipykernel itself has a dozen
    storage: int = 256 << 20  # bytes in home and temporary folder together
    files: int = 20_000  # in home and temporary folder together
    files_open: int = 256
    output: int = 1 << 20  # bytes a cell; ten times that a notebook


class Kernel:
    """One kernel in the box: whether it lives, how it ended."""

    def __init__(self, connection: socket.socket, folder: Path) -> None:
        self.folder, self.told = folder, {}
        self._connection = connection
        self._lines = connection.makefile()
        first = self._read()
        if "started" not in first:
            raise BoxError(f"the box could not start a kernel: {first.get('failed', 'no answer')}")
        connection.setblocking(False)

    def poll(self) -> int | None:
        """None while it lives, then its exit code; `told` has why it was ended, and its use."""
        if not self.told:
            try:
                if not self._connection.recv(1, socket.MSG_PEEK):
                    self.told = {"ended": -9, "why": ""}
                    return -9
            except BlockingIOError:
                return None
            self._connection.setblocking(True)
            self.told = self._read() or {"ended": -9, "why": ""}
        return int(self.told.get("ended", -9))

    def interrupt(self) -> None:
        """Interrupt what it computes."""
        if self.poll() is None:
            self._connection.send(b"i")

    def kill(self) -> None:
        """End it with everything that it started; wait until it has ended."""
        if self.poll() is None:
            self._connection.send(b"k")
            self._connection.setblocking(True)
            self.told = self._read() or {"ended": -9, "why": ""}
        self._connection.close()

    def _read(self) -> dict[str, Any]:
        line = self._lines.readline()
        return json.loads(line) if line else {}


class Box:
    """A warm parent in its sandbox; `kernel` may be called from several threads."""

    def __init__(self, readable: tuple[str, ...] = ()) -> None:
        self._private = Path(tempfile.mkdtemp(prefix="labkit-box-"))
        self.spool = self._private / "spool"
        self.spool.mkdir(mode=0o755)
        self._jobs = itertools.count()
        paths = sorted({sys.prefix, sys.base_prefix, str(_labkit()), *readable})
        settings = json.dumps({"preload": PRELOAD, "readable": paths})
        program = ("import sys; sys.path.append(sys.argv.pop(1)); "
                   "from labkit.grading.inside.__main__ import main; main()")
        self._process = _start([*_view(paths, self.spool), sys.executable, "-I", "-c", program,
                                str(_labkit().parent), settings])
        if self._process.stdout.readline() != b"ready\n":
            said = self._process.stderr.read().decode(errors="replace")
            self.close()
            raise BoxError(f"bubblewrap could not make a box:\n{said}")

    def job(self) -> Path:
        """A new folder of the spool for one kernel: connection.json, files/, sockets."""
        folder = self.spool / str(next(self._jobs))
        folder.mkdir()
        folder.chmod(0o777)  # the student's user binds its sockets here; /spool is ours alone
        return folder

    def kernel(self, folder: Path, limits: Limits) -> Kernel:
        """Start a kernel with the connection file and the files of a job's folder."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.spool / "warm"))
        request = {"job": folder.name, "limits": asdict(limits), "environment": ENVIRONMENT}
        connection.sendall(json.dumps(request).encode() + b"\n")
        return Kernel(connection, folder)

    def close(self) -> None:
        """End the warm parent and every kernel of it."""
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._private, ignore_errors=True)


_making = threading.Lock()


def box(readable: tuple[str, ...] = ()) -> Box:
    """The box of this process, made at the first call; raises BoxError where there can be none."""
    with _making:
        return _box(readable)


@functools.cache
def _box(readable: tuple[str, ...]) -> Box:
    import atexit

    if shutil.which("bwrap") is None:
        raise BoxError(INSTALL)
    made = Box(readable)
    atexit.register(made.close)
    return made


def _labkit() -> Path:
    return Path(importlib.util.find_spec("labkit").origin).parent


def _view(paths: list[str], spool: Path) -> list[str]:
    """bubblewrap's words for what is seen in the box."""
    words = ["bwrap", "--unshare-all", "--unshare-user", "--new-session", "--clearenv",
             "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/home/student"]
    for path in SYSTEM:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            words += ["--ro-bind", path, path]
    for path in paths:
        for parent in reversed(Path(path).parents[:-1]):  # else they are closed as their models are
            words += ["--perms", "0755", "--dir", str(parent)]
        words += ["--ro-bind", path, path]
    labkit = _labkit()
    for wing in ("grading", "authoring"):
        words += ["--tmpfs", str(labkit / wing)]
    inside = str(labkit / "grading" / "inside")
    words += ["--ro-bind", inside, inside, "--bind", str(spool), "/spool"]
    for wing in ("grading", "authoring"):
        words += ["--remount-ro", str(labkit / wing)]
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    return words + [word for pair in (ENVIRONMENT | {"HOME": "/tmp"}).items()
                    for word in ("--setenv", *pair)]


def _start(words: list[str]) -> subprocess.Popen[bytes]:
    """Start bubblewrap.

    Started by root, students' processes must not be root outside of the box either: no limit on
    the number of processes binds it. So root maps two users, itself for the warm parent and one
    without rights for them.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    other = _other_user()
    if other is None:
        return subprocess.Popen([words[0], "--uid", "1000", "--gid", "1000", *words[1:]], **pipes)
    info_r, info_w = os.pipe()
    wait_r, wait_w = os.pipe()
    process = subprocess.Popen([words[0], "--userns-block-fd", str(wait_r), "--info-fd",
                                str(info_w), *words[1:]], pass_fds=(wait_r, info_w), **pipes)
    for end in (wait_r, info_w):
        os.close(end)
    told = b""
    while not told.endswith(b"}\n") and (more := os.read(info_r, 4096)):
        told += more
    child = json.loads(told)["child-pid"] if told else None  # None: it says why on stderr
    for kind in ("uid_map", "gid_map") if child else ():
        Path(f"/proc/{child}/{kind}").write_text(f"0 0 1\n1000 {other} 1")
    os.write(wait_w, b"1")
    for end in (info_r, wait_w):
        os.close(end)
    return process


def _other_user() -> int | None:
    """For root, a user id without rights; None for ordinary users and where there is only one."""
    if os.geteuid() != 0:
        return None
    ranges = [line.split() for line in Path("/proc/self/uid_map").read_text().splitlines()]
    last = max(int(first) + int(count) - 1 for first, _, count in ranges)
    return min(last, 70_000) if last else None
