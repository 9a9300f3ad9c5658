"""Put what students handed in where nbgrader looks for it: from a folder, or the zip of an LMS.

Names are read by nbgrader's FileNameCollectorPlugin, as in `nbgrader zip_collect`. The rest of
that command is not used: it unpacks a student's zip without any bound, and gives the whole run up
when one student handed in twice.
"""

import filecmp
import math
import os
import re
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from nbgrader.utils import parse_utc
from traitlets.config import Config

from labkit.grading.roll import Person, enrolled, key, read_name, who
from labkit.grading.sources import UNREADABLE, File, clean, opened
from labkit.grading.sources import CollectError as CollectError

ARCHIVES = {".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz"}


@dataclass
class Collected:
    """Whose submission stands in submitted/ now; what is worth knowing; what was left out."""

    students: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Piece:
    """A file that a student handed in: its name in the submission, and what its old name told."""

    file: File
    target: PurePosixPath
    account: str = ""
    late: bool = False
    time: datetime | None = None
    upload: int = 0
    trusted: bool = False  # nbgrader's own shape: made by the instructor, or by nbgrader


def collect(course: Path, name: str, source: Path, config: Config) -> Collected:
    """Copy from `source` into course/submitted/STUDENT/NAME/; a former one goes to .replaced/.

    `source` has nbgrader's shape (STUDENT/NAME/NAME.ipynb or STUDENT/NAME.ipynb), or its files are
    named by the course's `FileNameCollectorPlugin.named_regexp`, else by Canvas or Moodle. Only
    who stands in the gradebook is found: by LMS number, id, or first and last name. Raises
    CollectError when the source cannot be read, is too big, or nobody is enrolled.
    """
    people, others = enrolled(course, name)
    told = Collected()
    with opened(source, told.unmatched) as files:
        pieces = _sorted_out(files, name, people, others, config, told)
        for student in sorted(pieces):
            try:
                _hand_over(course, name, student, pieces[student], others, told)
            except (LookupError, *UNREADABLE) as error:
                told.unmatched.append(f"{student}: not collected: {error} Files: "
                                      f"{_paths(pieces[student])}.")
    return told


def _sorted_out(files: list[File], name: str, people: dict[str, Person], others: set[str],
                config: Config, told: Collected) -> dict[str, list[_Piece]]:
    """Every student's files; those of nobody are named in `told`."""
    pieces: dict[str, list[_Piece]] = {}
    skipped = _wrapped(files, people)
    for file in files:
        parts = file.path.split("/")[skipped:]
        if parts[0] in people and len(parts) > 2 and parts[1] in others:
            continue  # submitted/ as it is: another assignment's folder
        try:
            student, piece = _recognised(file, parts, name, people, config)
            pieces.setdefault(student, []).append(piece)
        except LookupError as error:
            told.unmatched.append(f"{file.path}: {error.args[0]}")
    return pieces


def _wrapped(files: list[File], people: dict[str, Person]) -> int:
    """1 if everything lies in one folder more, which is no student's; else 0."""
    tops = {file.path.split("/")[0] for file in files}
    alone = len(tops) == 1 and all("/" in file.path for file in files)
    return int(alone and not tops & people.keys() and "_assignsubmission_" not in tops.pop())


def _recognised(file: File, parts: list[str], name: str, people: dict[str, Person],
                config: Config) -> tuple[str, _Piece]:
    """Whose file this is, and what it is; LookupError in words if that is not to be told."""
    if parts[0] in people and len(parts) > 1:
        inside = parts[2:] if parts[1] == name else parts[1:]
        if len(parts) > 2 and parts[1] != name:
            raise LookupError(f"it lies in a folder that is not called {name}.")
        return parts[0], _Piece(file, PurePosixPath(*inside), trusted=True)
    told = read_name(f"/downloaded/{name}/extracted/{file.path}", config)
    suffix = PurePosixPath(file.path).suffix
    target = clean(os.path.splitext(told["file_id"])[0] + suffix)  # as zip_collect does
    if target is None:
        raise LookupError("its name leads out of the submission.")
    number, names = told.get("student_id") or "", told.get("name") or ""
    account = told.get("participant") or (number if told.get("upload") else "")
    names = names or (told.get("first_name") or "") + (told.get("last_name") or "")
    try:
        time = parse_utc(told["timestamp"]) if told.get("timestamp") else None
    except (ValueError, OverflowError):
        raise LookupError(f"no time can be read from {told['timestamp']!r}.") from None
    return who(people.values(), number, key(names)), _Piece(
        file, PurePosixPath(target), account, bool(told.get("late")),
        time, int(told.get("upload") or 0))


def _hand_over(course: Path, name: str, student: str, pieces: list[_Piece], others: set[str],
               told: Collected) -> None:
    """Put one student's notebook and other files into submitted/, and say what was decided."""
    if re.match(r"\.|$", student) or re.search(r"[/\\\x00-\x1f]", student):
        raise LookupError(f"the id {student!r} cannot be a folder's name: it is empty, begins with "
                          "a dot or holds a slash. Give the student another id.")
    accounts = {piece.account for piece in pieces} - {""}
    if len(accounts) > 1:
        raise LookupError(f"{len(accounts)} people of the learning platform have this name "
                          f"({', '.join(sorted(accounts))}).")
    notebooks = [piece for piece in pieces if piece.target.suffix == ".ipynb"]
    contents = {}
    for piece in sorted(pieces, key=lambda piece: _rank(piece, name)):
        if piece.target.suffix.lower() in ARCHIVES:
            told.unmatched.append(f"{piece.file.path}: {student} handed in an archive, which is "
                                  f"not opened. Put its files into {student}/ and collect that.")
        elif "timestamp.txt" in piece.target.parts and not piece.trusted:
            told.notes.append(f"{student}: their own timestamp.txt is not believed, nor copied.")
        elif piece not in notebooks:
            if piece.target in contents:
                told.notes.append(f"{student}: of two files {piece.target} the newer counts.")
            contents[piece.target] = piece.file
    best = _chosen(student, notebooks, name, others, told)
    contents[PurePosixPath(f"{name}.ipynb")] = best.file
    _put(course / "submitted", student, name, contents, best.time, told)


def _chosen(student: str, notebooks: list[_Piece], name: str, others: set[str],
            told: Collected) -> _Piece:
    """The notebook that counts: the newest of those called NAME, else the only one."""
    named = [piece for piece in notebooks if _attempt(piece, name) >= 0]
    foreign = [piece for piece in notebooks if piece.target.stem in others]
    if not notebooks or (not named and (len(notebooks) > 1 or foreign)):
        raise LookupError(f"no notebook is called {name}.ipynb.")
    best = max(named or notebooks, key=lambda piece: _rank(piece, name))
    if not named:
        told.notes.append(f"{student}: {best.target} is taken as {name}.ipynb.")
    if len(notebooks) > 1:
        rest = [piece for piece in notebooks if piece is not best]
        told.notes.append(f"{student}: {best.file.path} counts, the newest; not {_paths(rest)}.")
    if best.late:
        told.notes.append(f"{student}: late, says Canvas, and not by how much.")
    return best


def _rank(piece: _Piece, name: str) -> tuple[datetime, float, int, float]:
    """Newer is bigger: by the time in the name, the attempt, the upload, the file's own time."""
    return (piece.time or datetime.min, _attempt(piece, name), piece.upload, piece.file.modified)


def _attempt(piece: _Piece, name: str) -> float:
    """0 for NAME.ipynb, 2 for NAME-2.ipynb and NAME (2).ipynb, -1 for any other name."""
    if piece.target.stem == name:
        return math.inf if piece.trusted else 0
    again = re.fullmatch(re.escape(name) + r"(?:-(\d+)| ?\((\d+)\))", piece.target.stem)
    return int(again[1] or again[2]) if again else -1


def _put(submitted: Path, student: str, name: str, contents: dict[PurePosixPath, File],
         time: datetime | None, told: Collected) -> None:
    """Write a submission beside the one that stands, and change them over if they differ."""
    final, draft = submitted / student / name, submitted / ".new" / student / name
    if final.parent.is_symlink():
        raise LookupError(f"{final.parent} is a link: remove it.")
    shutil.rmtree(submitted / ".new", ignore_errors=True)
    try:
        for target, file in contents.items():
            (draft / target).parent.mkdir(parents=True, exist_ok=True)
            with file.open() as read, open(draft / target, "xb") as write:
                shutil.copyfileobj(read, write)
        if time is not None:
            (draft / "timestamp.txt").write_text(time.isoformat(" "))
        if not (final.is_symlink() or final.exists()) or not _same(final, draft):
            told.notes += _keep(submitted, final)
            final.parent.mkdir(parents=True, exist_ok=True)
            draft.rename(final)
        told.students.append(student)
    finally:
        shutil.rmtree(submitted / ".new", ignore_errors=True)


def _keep(submitted: Path, final: Path) -> list[str]:
    """Move what stands in a submission's place out of it; say where to."""
    if not (final.is_symlink() or final.exists()):
        return []
    student, name = final.parts[-2:]
    kept = submitted / ".replaced" / student / name / f"{datetime.now():%Y-%m-%dT%H-%M-%S.%f}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    final.rename(kept)
    return [f"{student}: another submission stood there; it is kept in {kept}."]


def _same(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, byte for byte, and no links."""
    paths = [{path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir()}
             for folder in (one, other)]
    return (not one.is_symlink() and paths[0] == paths[1]
            and not any((one / path).is_symlink() for path in paths[0])
            and all(filecmp.cmp(one / path, other / path, shallow=False) for path in paths[0]))


def _paths(pieces: list[_Piece]) -> str:
    return ", ".join(sorted(piece.file.path for piece in pieces))
