"""A course of honest and hostile students, with bait all around, and a run of the grader in it."""

import contextlib
import functools
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from tests.grading import course
from tests.grading.course import NAME, ROOT
from tests.hostile.attack import Attack
from tests.hostile.neighbours import neighbours

LIMITS = "c.Sandboxed.cell = 6\nc.Sandboxed.total = 25\n"  # seconds
ENDLESS = 124  # in place of the exit status of a command that did not end
USER = 1234  # an ordinary user's number, where the tests are run as root
SITE = next(path for path in sys.path if path.endswith("site-packages"))


@dataclass
class Classroom:
    """Folders of the run; `token` ends every bait, so that no source holds one by chance."""

    folder: Path
    ordinary: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(4))
    port: int = 0
    reached: list[str] = field(default_factory=list)  # what was asked of the servers

    @property
    def root(self) -> Path:
        """The course."""
        return self.folder / "course"

    @property
    def home(self) -> Path:
        """The instructor's home."""
        return self.folder / "home"

    @property
    def tmp(self) -> Path:
        """A folder of the instructor's with temporary files and a socket."""
        return self.folder / "tmp"

    def bait(self, what: str) -> str:
        """The secret text of one place."""
        return f"BAIT-{what}-{self.token}"

    def told(self, text: str) -> str:
        """An attack's text with the real folders in it."""
        for word, value in {"COURSE": self.root, "HOME": self.home, "TMP": self.tmp, "REPO": ROOT,
                            "SITE": SITE, "PORT": self.port}.items():
            text = text.replace(f"@{word}@", str(value))
        return text


def build(room: Classroom, attacks: Iterable[Attack]) -> None:
    """The course with its gradebook, the neighbours, the bait and the attacks."""
    course.make(room.root, LIMITS)
    _bait(room)
    for student, (notebook, _) in neighbours().items():
        course.submit(room.root, student, notebook)
        notes = room.root / "submitted" / student / NAME / "notes.txt"
        notes.write_text(f"my notes {room.bait('student')}")
    if room.ordinary:
        _give(room.folder)
    done = command(room, sys.executable, "-m", "nbgrader", "generate_assignment", NAME)
    assert done.returncode == 0, done.stdout
    _earlier(room)
    for one in attacks:
        _submit(room, one)
    if room.ordinary:
        _give(room.folder)


def _bait(room: Classroom) -> None:
    for folder, what in ((room.home, "home"), (room.home / ".ssh", "home"), (room.tmp, "tmp"),
                         (room.root / "solutions", "solutions")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "secret.txt").write_text(room.bait(what))
    (room.root / "key.txt").write_text(room.bait("course"))


def _submit(room: Classroom, one: Attack) -> None:
    folder = room.root / "submitted" / one.id / NAME
    folder.mkdir(parents=True)
    if one.notebook is not None:
        content = one.notebook
        if isinstance(content, dict):
            content = nbformat.writes(content)
        content = room.told(content).encode() if isinstance(content, str) else content
        (folder / f"{NAME}.ipynb").write_bytes(content)
    if one.put is not None:
        one.put(folder)


def _earlier(room: Classroom) -> None:
    """Another assignment in the gradebook, with scores by machine and by hand and comments."""
    with Gradebook(f"sqlite:///{room.root}/gradebook.db") as book:
        book.update_or_create_assignment("earlier")
        book.add_notebook("earlier", "earlier")
        book.add_grade_cell("q1", "earlier", "earlier", max_score=5, cell_type="code")
        book.add_solution_cell("q1", "earlier", "earlier")
        for number, student in enumerate(neighbours()):
            book.update_or_create_student(student, last_name=room.bait("gradebook"))
            book.add_submission("earlier", student)
            grade = book.find_grade("q1", "earlier", "earlier", student)
            grade.auto_score, grade.manual_score = number % 5, 4.5
            comment = book.find_comment("q1", "earlier", "earlier", student)
            comment.manual_comment = room.bait("comment")
        book.db.commit()


def _give(folder: Path) -> None:
    """Everything to the ordinary user."""
    subprocess.run(["chown", "-hR", f"{USER}:{USER}", str(folder)], check=True)


def grade(room: Classroom, *words: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """`labkit grade`, from a desk with a terminal, a key ring and open files."""
    launch = str(Path(__file__).with_name("launch.py"))
    return command(room, sys.executable, launch, room.token, str(room.tmp),
                   sys.executable, "-m", "labkit.cli", "grade", NAME, *words, timeout=timeout)


def command(room: Classroom, *words: str, timeout: float = 600
            ) -> subprocess.CompletedProcess[str]:
    """Run a command in the course, as root or as the ordinary user."""
    environment = course.environment(room.home) | {"COURSE_TOKEN": room.bait("environment")}
    whole = as_user(list(words), room.folder) if room.ordinary else list(words)
    main, side = os.openpty()
    # a file, because a process that stays behind would keep a pipe open
    with tempfile.TemporaryFile("w+", errors="replace") as said:
        try:
            try:
                code = subprocess.run(whole, cwd=room.root, env=environment, stdin=side,
                                      stdout=said, stderr=subprocess.STDOUT,
                                      timeout=timeout).returncode
            except subprocess.TimeoutExpired:
                code = ENDLESS
            os.set_blocking(main, False)
            with contextlib.suppress(BlockingIOError):
                room.reached.append(f"typed {os.read(main, 100)!r}")
        finally:
            os.close(main)
            os.close(side)
        said.seek(0)
        return subprocess.CompletedProcess(whole, code, said.read())


def as_user(words: list[str], folder: Path) -> list[str]:
    """The command as an ordinary user's, said by root.

    Python, the repository and `folder` may lie below folders that others may not enter (root's
    home): those are covered by empty ones, in which only what is needed is bound.
    """
    needed = [(path, how, _closed(path)) for path, how in (
        (Path(sys.base_prefix), "--ro-bind"), (Path(sys.prefix), "--ro-bind"),
        (ROOT, "--ro-bind"), (folder, "--bind")) if _closed(path)]
    box = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev"]
    for cover in dict.fromkeys(cover for _, _, cover in needed):
        box += ["--perms", "0755", "--tmpfs", str(cover)]
    for path, how, cover in needed:
        for parent in reversed([one for one in path.parents if cover in one.parents]):
            box += ["--perms", "0755", "--dir", str(parent)]
        box += [how, str(path), str(path)]
    return [*box, "setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", *words]


@functools.cache
def _closed(path: Path) -> Path | None:
    """The first folder on the way to a path that others may not enter."""
    return next((one for one in reversed([path, *path.parents])
                 if not one.stat().st_mode & 0o001), None)


@contextlib.contextmanager
def servers(room: Classroom) -> Iterator[None]:
    """A web server on the loopback device, an abstract socket and a socket file, with bait."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            room.reached.append("web server")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(room.bait("network").encode())

        def log_message(self, *_: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    room.port = web.server_address[1]
    room.tmp.mkdir(parents=True, exist_ok=True)
    abstract, file = f"\0bait-{room.port}", os.path.relpath(room.tmp / "bait.sock")
    with web, _listening(room, abstract), _listening(room, file):
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield
        web.shutdown()


@contextlib.contextmanager
def _listening(room: Classroom, name: str) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(name)
        one.listen()
        threading.Thread(target=_answer, args=(room, one), daemon=True).start()
        yield
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _answer(room: Classroom, one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            caller, _ = one.accept()
            room.reached.append("unix socket")
            with caller:
                caller.sendall(room.bait("socket").encode())


def clear(folder: Path) -> None:
    """Delete a classroom, however deep and closed its folders are."""
    subprocess.run(["chmod", "-R", "u+rwX", str(folder)], stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", str(folder)], check=True)



