"""The files of the built site, and what went into it, without a browser."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from sphinxcontrib import katex
from visit import pages


def dead_links(site: Path) -> list[str]:
    """Every link and source that names no file of the site, or no anchor in it."""
    parsed = {page: BeautifulSoup((site / page).read_text(encoding="utf-8"), "html.parser")
              for page in pages(site)}
    anchors = {page: {tag["id"] for tag in soup.find_all(id=True)} for page, soup in parsed.items()}
    wrong = []
    for page, soup in parsed.items():
        for tag in soup.find_all(["a", "link", "script", "img"]):
            link = urlsplit(tag.get("href") or tag.get("src") or "")
            if link.scheme or link.netloc or not (link.path or link.fragment):
                continue
            target = (site / page).parent / unquote(link.path) if link.path else site / page
            name = os.path.relpath(target, site).replace(os.sep, "/")
            if not target.is_file():
                wrong.append(f"{page}: {link.geturl()} is not there")
            elif link.fragment and name in anchors and unquote(link.fragment) not in anchors[name]:
                wrong.append(f"{page}: {link.geturl()} has no such place")
    return wrong


def test_every_local_link_leads_somewhere(site: Path) -> None:
    assert not dead_links(site)


def test_no_icon_of_an_admonition_is_missing(site: Path) -> None:
    css = "".join(p.read_text(encoding="utf-8") for p in site.glob("_static/**/*.css"))
    wanted = {ord(char) for char in re.findall("--pst-icon-[a-z-]+: ?\"([\ue000-\uf8ff])\"", css)}
    fonts = [TTFont(path) for path in site.glob("_static/vendor/fontawesome/webfonts/*.woff2")]
    kept = {code for font in fonts for code in font.getBestCmap()}
    assert len(wanted) > 5 and wanted <= kept, [hex(code) for code in wanted - kept]


def test_dead_links_are_seen(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p id=x><a href="#x">1</a><a href="#y">2</a>'
                                     '<a href="b.html">3</a><a href="a.html#z">4</a>')
    assert len(dead_links(tmp_path)) == 3


def test_each_page_forbids_other_hosts(site: Path) -> None:
    for page in pages(site):
        head = (site / page).read_text(encoding="utf-8").split("</head>")[0]
        assert head.count("Content-Security-Policy") == 1, page


def test_nothing_superfluous_is_published(site: Path) -> None:
    assert not [p for p in site.rglob("*") if p.suffix in (".map", ".ttf")]
    assert not list(site.rglob("fontawesome.js"))
    assert not list(site.rglob("*mathjax*")) and not list(site.rglob("*thebe*"))
    icons = list(site.glob("_static/vendor/fontawesome/webfonts/*.woff2"))
    assert icons and all(300 < font.stat().st_size < 20_000 for font in icons)


def test_fonts_are_those_of_the_katex_that_renders(root: Path) -> None:
    folder = root / "book" / "_static" / "katex"
    css = (folder / "katex.min.css").read_text()
    assert f'content:"{katex.katex_version}"' in css
    named = set(re.findall(r"url\(([^)]+)\)", css))
    assert named == {f"fonts/{p.name}" for p in (folder / "fonts").iterdir()}
    assert (folder / "LICENSE").is_file()


@pytest.mark.parametrize(("formula", "works"), [(r"\frac{\eta}{2}", True), (r"\frac{1", False)])
def test_formulas_are_rendered_without_a_node_of_the_system(root: Path, formula, works) -> None:
    program = ("import sys; sys.path.insert(0, sys.argv[1]); import offline; "
               "from types import SimpleNamespace as S; from sphinxcontrib import katex; "
               "offline.configure(S(srcdir='.'), S(html_css_files=[])); "
               "print(katex.render_latex(sys.argv[2]))")
    command = [sys.executable, "-c", program, str(root / "book" / "_ext"), formula]
    done = subprocess.run(command, env={"PATH": "/nonexistent"}, capture_output=True, text=True)
    assert (done.returncode == 0) is works, done.stderr
    assert ('class="katex"' in done.stdout) is works
    assert works or "KaTeXError" in done.stderr


def test_policy_allows_exactly_the_scripts_of_the_page() -> None:
    import offline
    page = offline.close("<head></head><script>a()</script><script src=x.js></script>"
                         '<script src="_static/fontawesome.js?v=1"></script>')
    # SHA-256 of "a()" in base64, from `printf 'a()' | openssl dgst -sha256 -binary | base64`.
    assert page.count("sha256-") == 1 and "qVpDBgj7bpq5hMAcGp3AOc79J3Y1Z4HvySTwKrWDoy4=" in page
    assert "fontawesome" not in page


LATE = """
import socket, sys, time
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
time.sleep(0.5)
if sys.argv[2] == "listens":
    server.listen()
    server.accept()[0].sendall(b"here")
time.sleep(5)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Unix sockets")
@pytest.mark.parametrize("kind", ["listens", "never"])
def test_formulas_wait_for_a_server_that_is_bound_and_does_not_listen_yet(
        root: Path, tmp_path: Path, monkeypatch, kind) -> None:
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    import offline

    class Server(katex.KaTeXServer):
        @classmethod
        def build_command(cls, socket=None, port=None):
            return [sys.executable, "-c", LATE, socket, kind]

    if kind == "never":
        with pytest.raises(katex.KaTeXError, match="Try increasing"):
            offline.connect(Server, tmp_path, 1.0)
        return
    process, channel = offline.connect(Server, tmp_path, 20.0)
    with process, channel:
        assert channel.recv(4) == b"here"
        process.kill()
