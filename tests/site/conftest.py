"""The built site, a server for it, and a Chromium that may talk to nobody else."""

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from labkit.authoring import book

ROOT = Path(os.environ.get("COURSE_ROOT", book.ROOT))
sys.path.insert(0, str(ROOT / "book" / "_ext"))
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run",
             "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


class Quiet(SimpleHTTPRequestHandler):
    """A file server that does not write a line for each request."""

    def log_message(self, *args: object) -> None:
        pass


def serve(folder: Path) -> tuple[ThreadingHTTPServer, str]:
    """Serve a folder on this machine alone; gives the server and its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}/"


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout whose book is tested."""
    return ROOT


@pytest.fixture(scope="session")
def site(root: Path) -> Path:
    """The folder of the built site; built first when the content changed."""
    assert book.main(["--root", str(root)]) == 0, "the site cannot be built; see above"
    return root / "book" / "_build" / "html"


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    server, where = serve(site)
    yield where
    server.shutdown()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Serves a page of the test's own making; gives its address."""
    server, where = serve(tmp_path)

    def publish(html: str) -> str:
        (tmp_path / "page.html").write_text(f"<!doctype html><html lang=en>{html}</html>")
        return where + "page.html"

    yield publish
    server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """Chromium, driven by Playwright; its absence skips the test, but fails it in CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        word = "no Chromium on this machine: install it (Debian: apt-get install chromium)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(word)
    from playwright.sync_api import sync_playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()
