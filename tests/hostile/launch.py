"""Start a command as from an instructor's desk: `python launch.py BAIT FOLDER COMMAND`

The desk has a terminal, a key ring that holds a key, and open files: all are passed on at a fork.
"""

import ctypes
import fcntl
import os
import sys
import termios

JOIN, SESSION, ADD_KEY, KEYCTL = 1, -3, 248, 250


def main() -> None:
    """Prepare, then become the command."""
    bait, folder, *command = sys.argv[1:]
    if os.isatty(0):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    call = ctypes.CDLL(None).syscall
    call(KEYCTL, JOIN, None)
    text = f"BAIT-key-{bait}".encode()
    call(ADD_KEY, b"user", b"bait", text, len(text), SESSION)
    for path in (folder, os.path.join(folder, "secret.txt")):
        os.set_inheritable(os.open(path, os.O_RDONLY), True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
