"""What students receive is enough to work and to submit, and holds no answer."""

import ast
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from labkit.authoring import release
from labkit.authoring.source import ROOT
from tests.grading import course
from tests.grading.course import NAME, is_answer, nbgrader, solved, submit

LONG = 15


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release.pack(ROOT, tmp_path_factory.mktemp("dist") / "course-student.zip")


@pytest.fixture(scope="module")
def student(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's folder: the zip unpacked, and an environment with the wheel in it.

    Packages of others come from the course's environment, to save time and network; its labkit,
    installed by a .pth file there, does not, because such files count in a site folder alone.
    """
    folder = tmp_path_factory.mktemp("student")
    zipfile.ZipFile(archive).extractall(folder)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    (wheel,) = (folder / release.TOP).glob("*.whl")
    run(folder, sys.executable, "-m", "pip", "--disable-pip-version-check", "--python",
        str(python(folder)), "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    purelib = sysconfig.get_path("purelib")
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    (site / "others.pth").write_text(f"{purelib}\n")
    return folder


def python(folder: Path) -> Path:
    return folder / "venv" / "bin" / "python"


def run(folder: Path, *command: str) -> str:
    """What a command says, run in the unpacked folder by a user with an empty home."""
    environment = course.environment(folder / "home")
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(command, cwd=folder / release.TOP, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    assert done.returncode == 0, done.stdout
    return done.stdout


def texts(archive: Path) -> Iterator[tuple[str, str]]:
    """(name, text) of every file in the zip, and of every file in the wheel in it."""
    with zipfile.ZipFile(archive) as outer:
        for name in outer.namelist():
            if name.endswith(".whl"):
                with outer.open(name) as file, zipfile.ZipFile(file) as wheel:
                    for inner in wheel.namelist():
                        yield inner, wheel.read(inner).decode()
            elif name.endswith(".ipynb"):
                cells = nbformat.reads(outer.read(name).decode(), as_version=4).cells
                yield name, "\n".join(cell.source for cell in cells)
            else:
                yield name, outer.read(name).decode()


def lines(text: str) -> set[str]:
    """Lines that are long enough to mean something."""
    return {line.strip() for line in text.splitlines() if len(line.strip()) > LONG}


def split(cell: nbformat.NotebookNode) -> tuple[set[str], set[str]]:
    """Lines of a source cell that students get, and lines that they must not get."""
    shown, kept = [], []
    secret = is_answer(cell) and "BEGIN SOLUTION" not in cell.source
    for line in cell.source.splitlines():
        if line.strip().startswith(("### BEGIN", "### END")):
            secret = "BEGIN" in line
        else:
            (kept if secret else shown).append(line)
    return lines("\n".join(shown)), lines("\n".join(kept))


def secrets() -> set[str]:
    """Lines of solutions, hidden tests and the bank of answers that stand in no visible cell.

    Lines of labkit's rooms are no secret either: a short one may stand there by chance.
    """
    cells = [cell for path in (ROOT / "solutions").glob("*/*.ipynb")
             for cell in nbformat.read(path, as_version=4).cells]
    shown = {line for cell in cells for line in split(cell)[0]}
    kept = {line for cell in cells for line in split(cell)[1]}
    for path in (ROOT / "tests" / "answers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                kept |= lines(node.value)
    rooms = [path for path in (ROOT / "labkit").rglob("*.py")
             if not set(release.WINGS) & set(path.relative_to(ROOT / "labkit").parts)]
    return kept - shown - {line for path in rooms for line in lines(path.read_text())}


def leaked(archive: Path) -> set[tuple[str, str]]:
    """(file, line) of every secret in a zip."""
    secret = secrets()
    return {(name, line) for name, text in texts(archive) for line in lines(text) & secret}


def test_the_zip_holds_what_it_should_and_no_wing(archive: Path):
    names = [name for name, _ in texts(archive)]
    top = f"{release.TOP}/"
    assert f"{top}exercises/{NAME}/{NAME}.ipynb" in names
    assert {f"{top}constraints.txt", f"{top}SETUP.md", "labkit/cli.py"} <= set(names)
    outside = [name for name in names if name.startswith(top)]
    assert all(name.startswith(f"{top}exercises/") or name.count("/") == 1 for name in outside)
    assert not [name for name in names if set(release.WINGS) & set(name.split("/"))]
    assert not [name for name in names if name.startswith(("solutions", "tests", "book"))]


def test_same_content_same_bytes(archive: Path, tmp_path: Path):
    checkout = tmp_path / "checkout"  # of somebody with another umask
    for name in ("labkit", "exercises", "book/setup.md", "pyproject.toml", "README.md", "LICENSE",
                 "constraints.txt"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, checkout / name)
    for path in checkout.rglob("*.py"):
        path.chmod(0o660)
    again = release.pack(checkout, tmp_path / "again.zip")
    assert again.read_bytes() == archive.read_bytes()


def test_no_answer_and_no_hidden_test_is_in_it(archive: Path):
    assert len(secrets()) > 100
    assert not leaked(archive)


def test_the_check_for_answers_would_see_one(tmp_path: Path):
    for leak in (f"{NAME}.py", f"{NAME}/{NAME}.ipynb"):
        with zipfile.ZipFile(tmp_path / "leaky.zip", "w") as zipped:
            zipped.write(ROOT / "solutions" / leak, Path(leak).name)
        assert {name for name, _ in leaked(tmp_path / "leaky.zip")} == {Path(leak).name}


def test_labkit_is_the_wheels_and_the_command_works(student: Path):
    said = run(student, str(python(student)), "-c", "import labkit.check; print(labkit.__file__)")
    assert Path(said.strip()).is_relative_to(student / "venv")
    doctor = run(student, str(student / "venv" / "bin" / "labkit"), "doctor")
    assert "exercises can be worked here" in doctor
    absent = "import importlib.util as u; print([u.find_spec('labkit.' + w) for w in %r])"
    said = run(student, str(python(student)), "-c", absent % (release.WINGS,))
    assert said.strip() == "[None, None]"


def test_worked_validated_and_submitted_there_it_gets_all_points(student: Path, tmp_path: Path):
    path = student / release.TOP / "exercises" / NAME / f"{NAME}.ipynb"
    validate = (str(python(student)), "-m", "nbgrader", "validate", str(path))
    said = run(student, *validate)
    assert "VALIDATION FAILED" in said and "Success!" not in said
    unpacked = nbformat.read(path, as_version=4)
    answered = {cell.metadata.nbgrader.grade_id: cell.source
                for cell in solved(written="Five sentences.").cells if is_answer(cell)}
    for cell in unpacked.cells:
        if is_answer(cell):
            cell.source = answered[cell.metadata.nbgrader.grade_id]
    nbformat.write(unpacked, path)
    assert "Success!" in run(student, *validate)
    root = course.make(tmp_path / "course")
    nbgrader(root, "generate_assignment", NAME)
    submit(root, "ada", path.read_text())
    nbgrader(root, "autograde", NAME)
    nbgrader(root, "export", "--to", "scores.csv")
    assert ",17.0,0.0,,20.0,needs hand grading" in (root / "scores.csv").read_text()


def test_stale_exercises_are_not_released(monkeypatch: pytest.MonkeyPatch,
                                          capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(release.exercises, "main", lambda argv: int(argv == ["--check"]))
    monkeypatch.setattr(release, "pack", lambda *_: pytest.fail("packed all the same"))
    assert release.main(["--no-gradebook"]) == 1
    assert "Nothing was packed" in capsys.readouterr().err


def test_an_unknown_name_to_regrade_is_refused(capsys: pytest.CaptureFixture[str]):
    assert not release.enter(ROOT, [NAME], ["gradient_decent"])
    assert f"there are {NAME}" in capsys.readouterr().err


def test_the_page_becomes_plain_markdown():
    page = ("---\njupytext: x\n---\n(setup)=\n# Set up\n\n```{note}\nBook only.\n```\n\n"
            "```{code-block} bash\n:class: runnable\npip install labkit-*.whl\n```\n"
            "See {doc}`the FAQ <faq>` and [the chapter](train/x.md).\n\n```{assignments}\n```\n")
    assert release.plain(page, "labkit-1-py3-none-any.whl", "- Momentum\n") == (
        "# Set up\n\n\n```bash\npip install labkit-1-py3-none-any.whl\n```\n"
        "See the FAQ and the chapter.\n\n- Momentum\n")
