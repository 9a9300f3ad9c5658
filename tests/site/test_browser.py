"""Every page of the site in Chromium; each check is also seen to fail on a page made for it."""

from pathlib import Path

import pytest
from visit import pages, visit

pytestmark = pytest.mark.browser
BYTES = 450_000  # a first visit, compressed: DESIGN.md, budgets
POLICY = "<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1366])
def test_every_page(chromium, site: Path, address: str, width: int, scheme: str) -> None:
    wrong = []
    for page in pages(site):
        seen = visit(chromium, address + page, width=width, scheme=scheme)
        wrong += [f"{page} {line}" for line in seen.complaints()]
        if seen.look["theme"] != scheme:
            wrong.append(f"{page} shows the theme {seen.look['theme']}")
    assert not wrong, "\n".join(wrong)


def test_weight_of_first_visit(chromium, site: Path, address: str) -> None:
    weights = {page: visit(chromium, address + page, weigh=True).weight for page in pages(site)}
    for page, weight in weights.items():
        print(f"{weight / 1000:6.0f} kB  {page}")
    heavy = {page: weight for page, weight in weights.items() if weight > BYTES}
    assert not heavy, f"heavier than {BYTES} bytes: {heavy}"


@pytest.mark.parametrize(("scheme", "mode"), [("light", "dark"), ("dark", "light")])
def test_reader_chooses_theme(chromium, address: str, scheme: str, mode: str) -> None:
    seen = visit(chromium, address + "intro.html", scheme=scheme, mode=mode)
    assert seen.look["theme"] == mode and not seen.complaints()


@pytest.mark.parametrize("page", ["index.html", "intro.html", "train/gradient_descent.html",
                                  "search.html?q=gradient"])
def test_opens_without_server(chromium, site: Path, page: str) -> None:
    assert not visit(chromium, f"{site.as_uri()}/{page}").complaints()


@pytest.mark.parametrize("query", ["gradient", "学习率"])
def test_search_finds(chromium, address: str, query: str) -> None:
    page = chromium.new_page()
    page.goto(f"{address}search.html?q={query}")
    page.wait_for_selector("#search-results ul.search li a", timeout=10_000)
    page.close()


def test_paths_of_the_front_page(chromium, site: Path, address: str) -> None:
    page = chromium.new_page()
    page.goto(address + "intro.html")
    stations = page.locator(".path .station")
    assert stations.count() == page.locator(".path .station svg[aria-label]").count() > 3
    linked = page.locator(".path li.there a").evaluate_all("all => all.map(a => a.pathname)")
    assert "/train/gradient_descent.html" in linked
    assert all((site / path.lstrip("/")).is_file() for path in linked)
    assert page.locator(".path li.planned a").count() == 0
    page.close()


@pytest.mark.parametrize(("html", "word"), [
    ("<img src=http://other.invalid/x.png alt=x>", "another host"),
    (f"<head>{POLICY}</head><img src=http://other.invalid/x.png alt=x>", "error"),
    ("<script>console.error('no')</script>", "error: no"),
    ("<script>throw new Error('thrown')</script>", "error: thrown"),
    ("<img src=missing.png alt=x>", "broken"),
    ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", "without a text"),
    ("<svg width=9 height=9></svg>", "without a text"),
    ("<div style='width: 3000px'>x</div>", "wider"),
    (r"<main>\(x\)</main>", "as source"),
    ("<span class=katex-error>x</span>", "KaTeX"),
])
def test_faults_are_seen(chromium, served, html: str, word: str) -> None:
    assert any(word in line for line in visit(chromium, served(html)).complaints())


def test_faultless_page_is_passed(chromium, served) -> None:
    html = r"<link rel=icon href=data:,><main><code>\(x\)</code></main>"
    assert visit(chromium, served(html)).complaints() == []
