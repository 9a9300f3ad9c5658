"""`labkit.authoring book` on a book of one page: what builds, what fails, and what is kept."""

from pathlib import Path

import pytest

from labkit.authoring import book

PAGE = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
# One page

TEXT

```{code-cell} ipython3
CODE
```
"""


def write(root: Path, text: str = "Words.", code: str = "print(6 * 7)") -> None:
    """Write the page anew."""
    page = PAGE.replace("TEXT", text).replace("CODE", code)
    (root / "book" / "intro.md").write_text(page)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A checkout with a book of one page, built once."""
    root = tmp_path_factory.mktemp("small")
    for folder in ("book", "labkit"):
        (root / folder).mkdir()
    (root / "labkit" / "x.py").write_text("x = 1\n")
    (root / "constraints.txt").write_text("")
    (root / "book" / "_toc.yml").write_text("format: jb-book\nroot: intro\n")
    (root / "book" / "_config.yml").write_text(
        "title: small\nlatex: {use_jupyterbook_latex: false}\n"
        "execute: {execute_notebooks: cache, raise_on_error: true, stderr_output: error}\n")
    write(root)
    assert book.main(["--root", str(root)]) == 0
    return root


def page(root: Path) -> str:
    """The built page."""
    return (root / "book" / "_build" / "html" / "intro.html").read_text()


def test_built_page_holds_the_output(small: Path) -> None:
    assert "42" in page(small)


def test_unchanged_content_is_not_built_again(small: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(book, "run_jupyter_book", None)
    (small / "book" / "intro.md").touch()
    assert book.main(["--root", str(small)]) == 0
    assert "up to date" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "code", "word"), [
    ("[](#nowhere)", "import sys; print('x', file=sys.stderr)", "WARNING"),
    ("Words.", "raise RuntimeError('the cell fails')", "the cell fails"),
])
def test_fault_fails_and_the_old_site_stays(small: Path, capsys, text, code, word) -> None:
    before = page(small)
    write(small, text, code)
    for _ in range(2 if "raise" in code else 1):  # a failing cell must not turn green when cached
        assert book.main(["--root", str(small)]) == 1
    said = capsys.readouterr().out
    write(small)
    assert word in said and page(small) == before
    assert "nowhere" not in text or ("nowhere" in said and "stderr" in said)


def test_results_of_cells_are_dropped_when_code_behind_them_changed(tmp_path: Path) -> None:
    build, listing = tmp_path / "book" / "_build", tmp_path / "book" / "_data" / "listings"
    cache = build / ".jupyter_cache"
    for folder in (tmp_path / "labkit", build, listing):
        folder.mkdir(parents=True)
    for change, kept in (("x = 1", False), ("x = 1", True), ("x = 2", False)):
        (tmp_path / "labkit" / "a.py").write_text(change)
        cache.mkdir(exist_ok=True)
        book.keep_cache_only_if_valid(tmp_path, build)
        assert cache.exists() is kept
    cache.mkdir()
    (listing / "L99.py").write_text("print(1)")
    book.keep_cache_only_if_valid(tmp_path, build)
    assert not cache.exists()


def test_fingerprint_sees_content_alone(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "book" / "_build").mkdir(parents=True)
    source = tmp_path / "book" / "a.md"
    source.write_text("a")
    first = book.fingerprint(tmp_path, ["book"])
    (tmp_path / "book" / "_build" / "x").write_text("made by use")
    source.touch()
    assert book.fingerprint(tmp_path, ["book"]) == first
    source.rename(tmp_path / "book" / "b.md")
    renamed = book.fingerprint(tmp_path, ["book"])
    monkeypatch.setenv("LABKIT_DATA", "elsewhere")
    assert len({first, renamed, book.fingerprint(tmp_path, ["book"])}) == 3
