"""Opens one page in a fresh browser and writes down what a reader would complain about."""

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

LOOK = r"""() => {
  const main = (document.querySelector("main") || document.body).cloneNode(true);
  main.querySelectorAll("pre, code, script, style, annotation").forEach(e => e.remove());
  const shown = [...document.querySelectorAll("svg")].filter(e => e.getBoundingClientRect().width);
  const pictures = shown.filter(e => !e.closest("[aria-hidden=true], button, a"));
  const nameless = [...document.images].filter(e => !(e.alt || "").trim());
  return {
    wide: document.documentElement.scrollWidth - window.innerWidth,
    nameless: nameless.length + pictures.filter(e => !e.getAttribute("aria-label")).length,
    broken: [...document.images].filter(e => e.complete && !e.naturalWidth).length,
    raw: /\\\(|\\\[|\$\$|\\frac|\\nabla/.test(main.textContent),
    unreadable: document.querySelectorAll(".katex-error").length,
    theme: document.documentElement.dataset.theme || null,
  };
}"""


@dataclass
class Visit:
    """What was seen: requests to other hosts, errors, the page's look, and bytes compressed."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    look: dict = field(default_factory=dict)
    weight: int = 0

    def complaints(self) -> list[str]:
        """One line for each thing that is wrong; none for a page that is right."""
        found = [f"asks another host: {url}" for url in self.foreign]
        found += [f"error: {text}" for text in self.errors]
        if self.look["wide"] > 0:
            found.append(f"is {self.look['wide']} px wider than the window")
        for key, what in (("nameless", "pictures without a text"), ("broken", "broken pictures"),
                          ("unreadable", "formulas that KaTeX could not read")):
            if self.look[key]:
                found.append(f"has {self.look[key]} {what}")
        return found + (["shows a formula as source"] if self.look["raw"] else [])


def reader(chromium, *, width: int = 1366, scheme: str = "light", mode: str = ""):
    """A browser's profile with an empty cache; `mode` is the theme that the reader chose before."""
    size = {"width": width, "height": 844}
    context = chromium.new_context(viewport=size, color_scheme=scheme)
    if mode:
        context.add_init_script(f"localStorage.setItem('mode', '{mode}')")
    return context


def visit(context, url: str) -> Visit:
    """Open `url` and count requests to other hosts; the Chromium of conftest can reach none."""
    seen, answers, page = Visit(), [], context.new_page()
    here = urlsplit(url).netloc

    def watch(request) -> None:
        there = urlsplit(request.url)
        if there.scheme != "data" and there.netloc != here:
            seen.foreign.append(request.url)

    page.on("request", watch)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda message: message.type in ("error", "warning")
            and seen.errors.append(message.text))
    page.on("response", lambda answer: answers.append(answer))
    page.goto(url)
    if url.endswith("/index.html"):
        page.wait_for_url("**/intro.html")
    page.wait_for_timeout(50)
    seen.look = page.evaluate(LOOK)
    if here:
        seen.weight = sum(len(gzip.compress(a.body())) for a in answers if a.ok)
    page.close()
    return seen


def pages(site: Path) -> list[str]:
    """Every page of the site, but for index.html, which forwards to the front page."""
    found = sorted(p.relative_to(site).as_posix() for p in site.rglob("*.html"))
    return [p for p in found if p != "index.html" and not p.startswith("_static/")]
