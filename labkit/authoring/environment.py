"""Make .venv what pyproject.toml and constraints.txt say; do nothing when it is already so.

Run by plain `python3 labkit/authoring/environment.py`, before anything is installed: standard
library only. What changed is judged by content: the stamp holds a hash of the two files.
"""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
EXTRAS = "book,lab,grade,dev"


def wanted() -> str:
    """Hash of everything that decides what the environment holds, and of where it stands."""
    parts = [sys.version, str(VENV), EXTRAS]
    parts += [(ROOT / name).read_text() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def python() -> Path:
    """The environment's interpreter."""
    folder = "Scripts" if sys.platform == "win32" else "bin"
    return VENV / folder / "python"


def install() -> None:
    """Create the environment and install the course into it, editable, with every extra."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    constraints = ["-c", str(ROOT / "constraints.txt")]
    # torch by itself and first: a machine that offers a CPU build takes it for exactly this pin.
    pin = next(line for line in (ROOT / "constraints.txt").read_text().splitlines()
               if line.startswith("torch=="))
    subprocess.run([*pip, *constraints, pin], check=True)
    subprocess.run([*pip, *constraints, "-e", f"{ROOT}[{EXTRAS}]"], check=True)


def main() -> int:
    """Install unless the stamp says that this very environment is there."""
    if sys.version_info < (3, 11):  # noqa: UP036 (whoever runs this may have an older one)
        print(f"This course needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
              "Name another one: make PYTHON=python3.12 book")
        return 1
    stamp = VENV / "installed-for"
    if stamp.exists() and stamp.read_text() == wanted():
        return 0
    start = time.time()
    print("Setting up .venv (several minutes the first time) ...", flush=True)
    install()
    stamp.write_text(wanted())
    print(f".venv is ready after {time.time() - start:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
