"""bubblewrap: what is seen in the box, and how it is started."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/alternatives",
          "/etc/fonts", "/etc/localtime", "/etc/ssl/openssl.cnf")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": "/home/student",
               "IPYTHONDIR": "/tmp/.ipython", "MPLCONFIGDIR": "/tmp/.matplotlib",
               "MPLBACKEND": "module://matplotlib_inline.backend_inline", "PYTHONHASHSEED": "0",
               "NBGRADER_EXECUTION": "autograde",
               "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def labkit_folder() -> Path:
    """Where labkit lies, installed or not."""
    return Path(importlib.util.find_spec("labkit").origin).parent


def view(paths: list[str], spool: Path) -> list[str]:
    """bubblewrap's words for what is seen in the box."""
    words = ["bwrap", "--unshare-all", "--unshare-user", "--new-session", "--clearenv",
             "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/home/student",
             "--dir", "/box"]
    for path in SYSTEM:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            words += ["--ro-bind", path, path]
    for path in paths:
        for parent in reversed(Path(path).parents[:-1]):  # else they are closed as their models are
            words += ["--perms", "0755", "--dir", str(parent)]
        words += ["--ro-bind", path, path]
    labkit = labkit_folder()
    for wing in ("grading", "authoring"):
        words += ["--tmpfs", str(labkit / wing)]
    inside = str(labkit / "grading" / "inside")
    words += ["--ro-bind", inside, inside, "--bind", str(spool), "/spool"]
    for wing in ("grading", "authoring"):
        words += ["--remount-ro", str(labkit / wing)]
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    return words + [word for pair in (ENVIRONMENT | {"HOME": "/tmp"}).items()
                    for word in ("--setenv", *pair)]


def start(words: list[str]) -> subprocess.Popen[bytes]:
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
