"""Attacks by the files that are handed in: names, links, devices, sizes."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import nbformat

from tests.grading.course import NAME
from tests.hostile.attack import GRADED, MARK, Attack, Put, first, partly

READABLE = (*GRADED, "malformed", "needs a human")
REFUSED = ("malformed", "missing", "needs a human", "crashed")
EVIL = f"open('/tmp/{MARK}-imported', 'w'); print('HARM: a file of the student was imported')\n"
FILE = f"{NAME}.ipynb"


def beside(name: str, what: str, put: Put, code: str = "import glob; print(glob.glob('**'))",
           statuses: tuple[str, ...] = READABLE, light: bool = False) -> Attack:
    """Something beside a notebook that answers task 1."""
    return Attack(name, what, first(code, "mse"), 2, statuses, put=put, light=light)


def instead(name: str, what: str, put: Put, statuses: tuple[str, ...] = REFUSED,
            earned: float = 0) -> Attack:
    """Something in the place of the notebook."""
    return Attack(name, what, None, earned, statuses, put=put)


def shadows(folder: Path) -> None:
    """Modules that Python would find before the real ones, if it looked here."""
    for name in ("torch", "numpy", "labkit", "IPython", "sitecustomize", "usercustomize",
                 "ipykernel_launcher", "random", "json", "nbgrader_config", "conftest"):
        (folder / f"{name}.py").write_text(EVIL)
    for name in ("torch", "encodings"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(EVIL)


def settings(folder: Path) -> None:
    """Settings that Jupyter, nbgrader, IPython and Python would read, if they looked here."""
    for name in ("nbgrader_config.py", "jupyter_config.py", "ipython_config.py",
                 "ipython_kernel_config.py", "jupyter_nbconvert_config.py"):
        (folder / name).write_text(EVIL)
    (folder / "pyvenv.cfg").write_text("home = /tmp\n")
    (folder / "gradebook.db").write_bytes(b"x" * 100)
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / FILE).write_text(nbformat.writes(partly()))


def names(folder: Path) -> None:
    """Files with names that shells, tables and terminals trip over."""
    for name in ("-rf", "a\nb", "x\x1b[2J", "$(touch pwned)", "'; drop table grade; --",
                 "..\\..\\x", "=1+1", "%s%n", "n" * 255, "\u202egnp.exe", " ", "con", "e\u0301"):
        (folder / name).write_text("x")
    Path(os.fsdecode(bytes(folder) + b"/\xff\xfe")).write_text("x")


def many(folder: Path) -> None:
    """Twenty thousand small files."""
    (folder / "many").mkdir()
    for number in range(20000):
        os.close(os.open(folder / "many" / str(number), os.O_CREAT))


def deep(folder: Path) -> None:
    """Folders in folders, deeper than a path may be long."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d" * 20, dir_fd=here)
        below = os.open("d" * 20, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def sized(size: int) -> Callable[[Path], None]:
    """A file that says that it is large and lies on no disk."""
    def put(folder: Path) -> None:
        with open(folder / "large", "wb") as file:
            file.truncate(size)
    return put


def special(folder: Path) -> None:
    """A pipe, a socket and, where one may make it, a device."""
    os.mkfifo(folder / "pipe")
    here = os.getcwd()
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
    os.chdir(here)
    if os.geteuid() == 0:
        os.mknod(folder / "device", stat.S_IFCHR | 0o666, os.makedev(1, 8))


def setuid(folder: Path) -> None:
    """A program that would run as its owner."""
    (folder / "sh").write_bytes(Path("/bin/sh").read_bytes())
    (folder / "sh").chmod(0o6755)


def closed(folder: Path) -> None:
    """A file and a folder that nobody may read."""
    (folder / "closed").mkdir()
    (folder / "closed" / "file").write_text("x")
    (folder / "file").write_text("x")
    (folder / "file").chmod(0)
    (folder / "closed").chmod(0)


def link(target: str) -> Put:
    """The notebook is a link."""
    return lambda folder: (folder / FILE).symlink_to(target)


def replaced(target: str) -> Put:
    """The folder of the submission is a link."""
    def put(folder: Path) -> None:
        folder.rmdir()
        folder.symlink_to(target)
    return put


def named(name: str) -> Put:
    """The notebook has another name."""
    return lambda folder: (folder / name).write_text(nbformat.writes(partly("mse"))) and None


def timestamp(text: bytes) -> Put:
    """A timestamp.txt with this in it."""
    return lambda folder: (folder / "timestamp.txt").write_bytes(text) and None


ATTACKS = [
    beside("file-modules", "torch.py and other modules of its own shadow the real ones", shadows,
           "import random, json, torch, labkit", light=True),
    beside("file-settings", "settings of nbgrader, Jupyter and Python, a gradebook, a checkpoint",
           settings),
    beside("file-names", "files with control characters, orders and no text in their names", names),
    beside("file-many", "20,000 files", many),
    beside("file-deep", "folders deeper than a path may be", deep),
    beside("file-sparse", "a file of 4 TB with nothing in it", sized(4 << 40)),
    beside("file-special", "a pipe, a socket and a device", special, light=True),
    beside("file-setuid", "a program with the set-user-id bit", setuid, """
        import os, subprocess
        mode = os.stat("sh").st_mode & 0o6000 if os.path.exists("sh") else 0
        print(subprocess.run(["./sh", "-pc", "id -u; cat /etc/shadow"], capture_output=True)
              if mode else "no such bit")
        """),
    beside("file-closed", "a file and a folder without permissions", closed),
    beside("time-garbage", "a timestamp.txt that holds no time", timestamp(b"\xff\0 fail")),
    beside("time-early", "a timestamp.txt long before the due date, and then a second line",
           timestamp(b"1970-01-01 00:00:00 UTC\n2999-01-01 00:00:00 UTC")),
    beside("time-large", "a timestamp.txt of 200 MB", timestamp(b"2" * (200 << 20))),
    instead("notebook-missing", "no notebook at all", lambda folder: None),
    instead("notebook-renamed", "the notebook under another name", named(f"{NAME} (1).ipynb"),
            (*REFUSED, *GRADED), 2),
    instead("notebook-folder", "a folder in the notebook's place",
            lambda folder: (folder / FILE).mkdir()),
    instead("notebook-pipe", "a pipe in the notebook's place, on which a reader waits",
            lambda folder: os.mkfifo(folder / FILE)),
    instead("notebook-endless", "the notebook is a link to a file without an end",
            link("/dev/zero")),
    instead("notebook-student", "the notebook is a link to another student's",
            link(f"../../ada/{NAME}/{FILE}")),
    instead("notebook-solution", "the notebook is a link to the solution",
            link(f"../../../solutions/{NAME}/{FILE}")),
    instead("folder-student", "the submission's folder is a link to another student's",
            replaced(f"../ada/{NAME}")),
    instead("folder-solution", "the submission's folder is a link to the solutions",
            replaced(f"../../solutions/{NAME}")),
]
