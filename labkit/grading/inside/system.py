"""What the box asks of the Linux kernel: namespaces, mounts, privileges."""

import ctypes
import os
import signal

# <linux/sched.h>: mount, cgroup, uts, ipc, user, pid, net
NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
CAPSET, CAPABILITY_VERSION_3 = {"x86_64": 126, "aarch64": 91}, 0x20080522
KEYCTL, KEYCTL_JOIN_SESSION_KEYRING = {"x86_64": 250, "aarch64": 219}, 1
_libc = ctypes.CDLL(None, use_errno=True)


def unshare() -> None:
    """Leave every namespace of the parent for a new one; a new pid namespace begins at a fork."""
    _checked(_libc.unshare(sum(NAMESPACES)), "unshare")


def mount(source: str, place: str, kind: str, flags: int, options: str = "") -> None:
    """mount(2); raises OSError."""
    _checked(_libc.mount(source.encode(), place.encode(), kind.encode() or None, flags,
                         options.encode() or None), f"mount {place}")


def unmount(place: str) -> None:
    """umount2(2), if something is mounted there."""
    _libc.umount2(place.encode(), 0)


def cover(place: str, source: str, kind: str, options: str, readable: list[str]) -> None:
    """Mount over a folder; what must stay readable below it is bound into the new one again."""
    below = [(path, os.open(path, os.O_PATH)) for path in readable if f"{path}/".startswith(place)]
    mount(source, place, kind, (0 if kind else MS_BIND) | MS_NOSUID | MS_NODEV, options)
    for path, handle in below:
        os.makedirs(path, exist_ok=True)
        mount(f"/proc/self/fd/{handle}", path, "", MS_BIND | MS_REC)
        os.close(handle)


def die_with_parent() -> None:
    """Have this process killed when its parent ends."""
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def drop_privileges() -> None:
    """Give up every capability of this thread, the way to new ones, and the session's keys."""
    _libc.syscall(KEYCTL[os.uname().machine], KEYCTL_JOIN_SESSION_KEYRING, None)
    for capability in range(64):
        _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _checked(_libc.syscall(CAPSET[os.uname().machine], header, (ctypes.c_uint32 * 6)()), "capset")
    _prctl(PR_SET_DUMPABLE, 1)  # its own /proc/self stays readable


def _prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, value, 0, 0, 0), "prctl")


def _checked(result: int, what: str) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
