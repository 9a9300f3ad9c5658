"""Every page of the site in Chromium; each check is also seen to fail on a page made for it."""

from pathlib import Path

import pytest
from visit import pages, reader, visit

pytestmark = pytest.mark.browser
BYTES = 450_000  # a first visit, compressed: DESIGN.md, budgets
POLICY = "<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1366])
def test_every_page(chromium, site: Path, address: str, width: int, scheme: str) -> None:
    wrong, context = [], reader(chromium, width=width, scheme=scheme)
    for page in pages(site):
        seen = visit(context, address + page)
        wrong += [f"{page} {line}" for line in seen.complaints()]
        if seen.look["theme"] != scheme:
            wrong.append(f"{page} shows the theme {seen.look['theme']}")
    context.close()
    assert not wrong, "\n".join(wrong)


def test_weight_of_first_visit(chromium, site: Path, address: str) -> None:
    largest = max(pages(site), key=lambda page: (site / page).stat().st_size)
    for page in ("intro.html", largest):
        context = reader(chromium)
        weight = visit(context, address + page).weight
        context.close()
        print(f"{weight / 1000:6.0f} kB compressed, first visit: {page}")
        assert weight <= BYTES, f"{page} weighs {weight} bytes on a first visit"


@pytest.mark.parametrize(("scheme", "mode"), [("light", "dark"), ("dark", "light")])
def test_reader_chooses_theme(chromium, address: str, scheme: str, mode: str) -> None:
    context = reader(chromium, scheme=scheme, mode=mode)
    seen = visit(context, address + "intro.html")
    context.close()
    assert seen.look["theme"] == mode and not seen.complaints()


@pytest.mark.parametrize("page", ["index.html", "intro.html", "train/gradient_descent.html",
                                  "search.html?q=gradient"])
def test_opens_without_server(chromium, site: Path, page: str) -> None:
    assert not visit(reader(chromium), f"{site.as_uri()}/{page}").complaints()


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
    assert any(word in line for line in visit(reader(chromium), served(html)).complaints())


def test_faultless_page_is_passed(chromium, served) -> None:
    html = r"<link rel=icon href=data:,><main><code>\(x\)</code></main>"
    assert visit(reader(chromium), served(html)).complaints() == []
