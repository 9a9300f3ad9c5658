"""What a student handed in, as files: what of it is refused, what goes into the box."""

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

MOST_BYTES, MOST_FILES, MOST_CELLS = 64 << 20, 1000, 1000


class Malformed(Exception):
    """Why a submission cannot be graded at all, in words for the instructor."""


class Inspect(NbGraderPreprocessor):
    """Refuse a submission with links, devices or too much; nbgrader follows links.

    Used first in `c.Autograde.sanitize_preprocessors`.
    """

    def preprocess(self, nb: NotebookNode,
                   resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Raise Malformed, or leave the notebook as it is."""
        inspect(Path(resources["metadata"]["path"]))
        if len(nb.cells) > MOST_CELLS:
            raise Malformed(f"it has {len(nb.cells)} cells; at most {MOST_CELLS} are run")
        return nb, resources


def inspect(folder: Path) -> list[Path]:
    """The plain files of a submission; raises Malformed if there is anything else, or too much."""
    for path in (folder.parent, folder):
        if path.is_symlink():
            raise Malformed(f"its folder {path.name} is a link")
    files, total = [], 0
    folders = sum(len(names) for _, names, _ in os.walk(folder))
    for path in sorted(_walk(folder)):
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a link" if stat.S_ISLNK(status.st_mode) else "no plain file"
            raise Malformed(f"{path.relative_to(folder)} is {kind}: ask for it as a file")
        files.append(path)
        total += status.st_size
    if len(files) + folders > MOST_FILES or total > MOST_BYTES:
        raise Malformed(f"it has {len(files) + folders} files and folders of {total >> 20} MiB "
                        f"together; at most {MOST_FILES} of {MOST_BYTES >> 20} MiB are read")
    return files


def _walk(folder: Path) -> list[Path]:
    """Everything below a folder that is no folder; links to folders are not followed."""
    found = []
    for top, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(top, name))]
        found += [Path(top, name) for name in (*files, *links)]
    return found


def beside(folder: Path) -> dict[str, bytes]:
    """What the box gets of a submission's folder: its files by name, no notebook among them."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in inspect(folder)
            if path.suffix != ".ipynb" and ".ipynb_checkpoints" not in path.parts}


def fingerprint(folder: Path, cells: dict[str, dict[str, object]]) -> str:
    """A hash of what is graded: the files handed in and the assignment's cells.

    What cannot be read is part of it by its kind, so that a broken submission has one too.
    """
    digest = hashlib.sha256(json.dumps(cells, sort_keys=True, default=str).encode())
    for path in sorted(_walk(folder)):
        status = path.lstat()
        digest.update(f"{path.relative_to(folder)}\0{stat.S_IFMT(status.st_mode)}\0".encode(
            errors="surrogateescape"))
        if status.st_size > MOST_BYTES:
            digest.update(f"{status.st_size}\0".encode())  # it will be refused: no need to read it
        elif stat.S_ISREG(status.st_mode):
            with open(path, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
