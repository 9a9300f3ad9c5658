"""The box around submissions: a bubblewrap sandbox with a warm parent that forks kernels in it.

What is in it: the system and the Python environment, read-only; labkit without its wings; no
network; one folder, /spool, through which kernels are asked for. See labkit/grading/inside.
"""

import atexit
import contextlib
import fcntl
import functools
import itertools
import json
import shutil
import socket
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labkit.grading.bubblewrap import ENVIRONMENT, labkit_folder, start, view

PREFIX = "labkit-box-"
PRELOAD = ("numpy", "torch", "matplotlib.pyplot", "matplotlib_inline.backend_inline",
           "matplotlib.backends.backend_agg", "PIL.Image", "pdb", "IPython.core.completerlib",
           "IPython.core.debugger", "IPython.core.logger", "IPython.core.magics",
           "IPython.core.magics.execution", "IPython.core.oinspect",
           "IPython.extensions.storemagic", "ipykernel.datapub", "ipykernel.debugger",
           "ipykernel.ipkernel", "ipykernel.kernelapp", "labkit.grading.inside.stream",
           "pygments.console", "pygments.styles", "pygments.formatters.terminal256",
           "stack_data.serializing", "tornado.platform.asyncio", "zmq.eventloop.zmqstream")
INSTALL = ("bubblewrap is not installed: submissions are not run outside of a box.\n"
           "On Linux, type: sudo apt install bubblewrap (dnf, pacman: the same name).\n"
           "On macOS and Windows there is none: grade inside a Linux container, with the same\n"
           "command (book/appendix/instructors.md says how).\n"
           "To run students' code as yourself, with your files and your network, ask for it by\n"
           "name: labkit grade NAME --unsafe, or nbgrader autograde NAME --Sandboxed.unsafe=True")


class BoxError(Exception):
    """Why there is no box, and what to do."""


class Unfit(Exception):
    """A submission whose files cannot be put into the box."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use: seconds, bytes, counts."""

    cell: int = 30  # seconds a cell
    total: int = 600  # seconds a notebook, of time and of CPU
    memory: int = 3 << 30  # bytes of all its processes; with 1 GiB torch still works
    processes: int = 48  # and threads; ipykernel itself has a dozen
    storage: int = 256 << 20  # bytes in home and temporary folder together
    files: int = 20_000  # in home and temporary folder together
    files_open: int = 256
    output: int = 1 << 20  # bytes a cell; ten times that a notebook


class Kernel:
    """One kernel in the box: whether it lives, how it ended."""

    def __init__(self, connection: socket.socket) -> None:
        self.told: dict[str, Any] = {}
        self._connection = connection
        self._lines = connection.makefile()
        first = self._read()
        if "unfit" in first:
            raise Unfit(first["unfit"])
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
        try:
            line = self._lines.readline()
        except OSError:
            line = ""
        return json.loads(line) if line else {}


class Box:
    """A warm parent in its sandbox; `kernel` may be called from several threads."""

    def __init__(self, readable: tuple[str, ...] = ()) -> None:
        sweep()
        self._private = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base()))
        self._lock = open(self._private / "new", "w")  # noqa: SIM115 (held while it lives)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (self._private / "new").rename(self._private / "lock")
        self.spool = self._private / "spool"
        self.spool.mkdir(mode=0o755)
        self._jobs = itertools.count()
        paths = sorted({sys.prefix, sys.base_prefix, str(labkit_folder()), *readable})
        settings = json.dumps({"preload": PRELOAD, "readable": paths})
        program = ("import sys; sys.path.append(sys.argv.pop(1)); "
                   "from labkit.grading.inside.__main__ import main; main()")
        self._process = start([*view(paths, self.spool), sys.executable, "-I", "-c", program,
                                str(labkit_folder().parent), settings])
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
        request = {"job": folder.name, "limits": asdict(limits), "environment": ENVIRONMENT}
        try:
            connection.connect(str(self.spool / "warm"))
            connection.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise BoxError(f"the box has ended ({error}); the same command goes on") from error
        return Kernel(connection)

    @property
    def alive(self) -> bool:
        """Whether its warm parent runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the warm parent and every kernel of it."""
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._private, ignore_errors=True)
        self._lock.close()


def base() -> Path:
    """Where boxes are made: the temporary folder, unless the names of sockets grow too long."""
    usual = Path(tempfile.gettempdir())
    return usual if len(str(usual)) < 60 or not Path("/tmp").is_dir() else Path("/tmp")


def sweep() -> None:
    """Remove what boxes left that were killed: there may be submissions in it."""
    for old in base().glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), open(old / "lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails while its box lives
            shutil.rmtree(old, ignore_errors=True)


_making = threading.Lock()


def box(readable: tuple[str, ...] = ()) -> Box:
    """The box of this process, made at the first call; raises BoxError where there can be none."""
    with _making:
        return _box(readable)


@functools.cache
def _box(readable: tuple[str, ...]) -> Box:
    if shutil.which("bwrap") is None:
        raise BoxError(INSTALL)
    made = Box(readable)
    atexit.register(made.close)
    return made
