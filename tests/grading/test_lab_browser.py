"""JupyterLab as students and graders meet it, in a real browser that reaches this machine alone."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.grading.conftest import Cycle
from tests.grading.course import NAME, ROOT, environment, solved

pytestmark = pytest.mark.browser
TOKEN = "a-token-for-this-test"
PATIENCE = 240  # seconds: two busy cores start a kernel slowly
OPEN = """
import sys
from pathlib import Path
from labkit.authoring import formgrader, lab
lab.ROOT = formgrader.ROOT = Path(sys.argv[2])
sys.exit({"lab": lab, "formgrader": formgrader}[sys.argv[1]].main(sys.argv[3:]))
"""


@contextmanager
def door(name: str, course: Path) -> Iterator[str]:
    """Run `python -m labkit.authoring NAME` on a course; its address while it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    arguments = ["--no-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
                 "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}"]
    log = course / f"{name}.log"
    with open(log, "w") as file:
        server = subprocess.Popen([sys.executable, "-c", OPEN, name, str(course), *arguments],
                                  cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
                                  start_new_session=True, env=environment(course / "home"))
    try:
        until_up(server, address, log)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def until_up(server: subprocess.Popen, address: str, log: Path) -> None:
    """Wait until the server answers."""
    for _ in range(PATIENCE * 2):
        assert server.poll() is None, f"the server ended:\n{log.read_text()}"
        try:
            urllib.request.urlopen(f"{address}/api/status?token={TOKEN}", timeout=10).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError(f"the server does not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def visitor() -> Iterator[tuple[BrowserContext, list[str]]]:
    """A browser context, and the addresses elsewhere that it was kept from."""
    chromium = shutil.which("chromium")
    if chromium is None and os.environ.get("CI"):
        pytest.fail("Chromium is not installed, and in CI it must be")
    if chromium is None:
        pytest.skip("Chromium is not installed: `labkit doctor` says how to get it")
    elsewhere: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[
            "--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(PATIENCE * 1000)

        def here_only(route):
            if urlsplit(route.request.url).hostname == "127.0.0.1":
                route.continue_()
            else:
                elsewhere.append(route.request.url)
                route.abort()

        context.route("**/*", here_only)
        yield context, elsewhere
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab opened by `make lab`'s own code on a course whose work/ holds a solved one too."""
    course = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "exercises", course / "exercises")
    (course / "work" / "solved").mkdir(parents=True)
    nbformat.write(solved(written="Five sentences."), course / "work/solved/solved.ipynb")
    with door("lab", course) as address:
        yield address


def run_all(context: BrowserContext, address: str, notebook: str, last: str) -> Page:
    """Open a notebook, run all cells, wait for a text in an output."""
    page = context.new_page()
    page.goto(f"{address}/lab/workspaces/w-{Path(notebook).stem}/tree/{notebook}?token={TOKEN}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.locator("text=Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".lm-MenuBar-itemLabel", has_text="Run").first.click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Run All Cells", exact=True).click()
    page.locator(".jp-OutputArea-output", has_text=last).first.wait_for(state="attached")
    return page


def validate(page: Page, picture: Path) -> str:
    """Click nbgrader's button; the text of its dialog."""
    page.locator(".jp-NotebookPanel-toolbar").get_by_text("Validate", exact=True).click()
    dialog = page.locator(".jp-Dialog-content")
    dialog.wait_for()
    page.screenshot(path=picture)
    return dialog.inner_text()


def test_the_untouched_notebook_lists_what_fails(lab: str, visitor, tmp_path: Path):
    context, elsewhere = visitor
    page = run_all(context, lab, f"{NAME}/{NAME}.ipynb", "Not yet: mse is not written yet.")
    said = validate(page, tmp_path / "untouched.png")
    assert "VALIDATION FAILED" in said.upper() or "FAILED" in said.upper()
    for task in ("mse", "mse_gradient", "descend", "curvature", "house_prices", "find_curvature"):
        assert f"Not yet: {task} is not written yet." in said
    assert "Success" not in said and elsewhere == []
    page.close()


def test_the_solved_notebook_succeeds(lab: str, visitor, tmp_path: Path):
    context, elsewhere = visitor
    page = run_all(context, lab, "solved/solved.ipynb", "find_curvature: the visible tests pass")
    said = validate(page, tmp_path / "solved.png")
    assert "Success! Your notebook passes all the tests." in said
    assert "fail" not in said.lower() and elsewhere == []
    page.close()


def test_the_formgrader_lists_the_assignment_and_its_scores(cycle: Cycle, visitor, tmp_path: Path):
    context, elsewhere = visitor
    with door("formgrader", cycle.root) as address:
        page = context.new_page()
        page.goto(f"{address}/?token={TOKEN}")
        assert urlsplit(page.url).path.startswith("/formgrader")
        row = page.locator("tr", has_text=NAME)
        row.wait_for()
        page.screenshot(path=tmp_path / "assignments.png")
        assert "train-tune-shrink-ship" in page.content()
        page.goto(f"{address}/formgrader/manage_students")
        for student in ("perfect", "untouched", "half"):
            text = page.locator("tr", has_text=student).inner_text()
            assert f"{float(cycle.rows[student]['score']):g} / 20" in text
        page.screenshot(path=tmp_path / "students.png")
        assert elsewhere == []
        page.close()
