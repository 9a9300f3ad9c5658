"""Open JupyterLab on work/, where exercises that are not there yet are put first.

`python -m labkit.authoring lab [arguments of jupyter lab]`. Nothing in work/ is ever overwritten.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# JupyterLab asks its makers for news and for newer versions; this course asks nobody.
QUIET = ("--LabApp.news_url=None",
         "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate")


def main(argv: list[str]) -> int:
    """Copy what is missing, say what was done, and run JupyterLab until it is stopped."""
    print("\n".join(copy_missing(ROOT / "exercises", ROOT / "work")), flush=True)
    return jupyterlab(ROOT / "work", argv)


def copy_missing(exercises: Path, work: Path) -> list[str]:
    """Copy each file of `exercises` that `work` lacks; return a line on every file."""
    said = []
    for source in sorted(path for path in exercises.rglob("*") if path.is_file()):
        relative = source.relative_to(exercises)
        if any(part.startswith(".") for part in relative.parts):
            continue
        target = work / relative
        if target.exists() or target.is_symlink():
            said.append(f"work/{relative.as_posix()}: yours, left as it is")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        shutil.copyfile(source, part)
        part.replace(target)  # whole or not at all, also when the disk is full
        said.append(f"work/{relative.as_posix()}: new")
    return said or [f"There are no exercises in {exercises}; type `make exercises` first."]


def jupyterlab(folder: Path, argv: list[str]) -> int:
    """Run JupyterLab on a folder with further arguments; its exit status."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}",
               *QUIET, *argv]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        command.append("--allow-root")  # Jupyter refuses root unless told; containers run as root
    try:
        return subprocess.call(command, cwd=folder)
    except KeyboardInterrupt:
        return 0
