"""The files of a folder or a zip, each safe to read: no link, no way out, a bound on all."""

import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

MOST_BYTES = 2 * 10**9
MOST_FILES = 50_000
JUNK = re.compile(r"__MACOSX|\.ipynb_checkpoints|\.DS_Store|\._.*|\.replaced|\.new|Thumbs\.db|"
                  r"desktop\.ini|__pycache__")
# What reading a damaged or encrypted entry of a zip can raise.
UNREADABLE = (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error,
              lzma.LZMAError, struct.error)


class CollectError(Exception):
    """Why nothing can be collected from a source, and what to do."""


@dataclass(frozen=True)
class File:
    """A file of a source: its path there, how to read it, and when it was written."""

    path: str
    open: Callable[[], IO[bytes]]
    modified: float


@contextmanager
def opened(source: Path, left_out: list[str]) -> Iterator[list[File]]:
    """The files of a folder or a zip; what must not be read is named in `left_out`.

    Nothing is unpacked: an entry is read when it is wanted, and never more than it says it holds.
    Raises CollectError when `source` is neither, holds nothing, or too much.
    """
    if source.is_dir():
        yield _some(list(_folder(source, left_out)), source, left_out)
        return
    try:
        archive = zipfile.ZipFile(source)
    except UNREADABLE as error:
        raise CollectError(f"{source} is neither a folder nor a whole zip ({error}). Download it "
                           "again from the learning platform, and give it as it is.") from error
    with archive:
        yield _some(list(_entries(archive, source, left_out)), source, left_out)


def clean(text: str) -> str | None:
    """A path with plain slashes and without control characters; None if it leads elsewhere."""
    text = re.sub(r"[\x00-\x1f\x7f\u2028\u2029]", "?", text.replace("\\", "/"))
    parts = [part for part in text.split("/") if part not in ("", ".")]
    absolute = text.startswith("/") or re.match("[A-Za-z]:", text)
    return None if absolute or ".." in parts or not parts else "/".join(parts)


def _some(files: list[File], source: Path, left_out: list[str]) -> list[File]:
    if not files and not left_out:
        raise CollectError(f"{source} holds no file. Is it the right one? A learning platform "
                           "gives an empty zip when nobody has handed in.")
    return files


def _folder(source: Path, left_out: list[str]) -> Iterator[File]:
    """The plain files below a folder; links are neither followed nor read."""
    for where, folders, names in os.walk(source):
        folders[:] = sorted(one for one in folders if not JUNK.fullmatch(one))
        for name in sorted({*names, *(one for one in folders if (Path(where) / one).is_symlink())}):
            path = Path(where, name)
            shown = os.fsencode(path.relative_to(source)).decode("utf-8", "replace")
            facts = path.lstat()
            if not stat.S_ISREG(facts.st_mode):
                left_out.append(f"{clean(shown)}: a link, or no plain file: it is not read.")
            elif not JUNK.fullmatch(name):
                yield File(clean(shown) or name, partial(path.open, "rb"), facts.st_mtime)


def _entries(archive: zipfile.ZipFile, source: Path, left_out: list[str]) -> Iterator[File]:
    """The plain files of a zip, once it is known that they are not too many and not too big."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    size = sum(entry.file_size for entry in entries)
    if size > MOST_BYTES or len(entries) > MOST_FILES:
        raise CollectError(
            f"{source} holds {len(entries)} files of {size / 1e9:.1f} GB together; at most "
            f"{MOST_FILES} and {MOST_BYTES / 1e9:g} GB are read. Look who handed in so much, take "
            "it out, or unpack the zip yourself and give the folder.")
    for entry in entries:
        name = _decoded(entry)
        path = clean(name)
        if path is None:
            left_out.append(f"{name!r}: its name leads out of the zip: it is not read.")
        elif stat.S_ISLNK(entry.external_attr >> 16):
            left_out.append(f"{path}: a link: it is not read.")
        elif not any(JUNK.fullmatch(part) for part in path.split("/")):
            year, month, day, hour, minute, second = entry.date_time
            when = ((((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute) * 60 + second
            yield File(path, partial(archive.open, entry), when)


def _decoded(entry: zipfile.ZipInfo) -> str:
    """An entry's name; Canvas and macOS write UTF-8 without the flag that says so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename
