"""Every file of errata: whole, worded as agreed, quoted truly, tested and recorded."""

import ast
import csv
import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "book" / "_data"
FILES = sorted((DATA / "errata").glob("*.yml"))
KEYS = {"id", "document", "section", "kind", "says", "verdict", "truth", "source", "test"}
KINDS = {"L": "listing", "F": "formula", "C": "claim", "D": "diagram"}
VERDICTS = {"wrong", "misleading", "incomplete", "outdated", "unsupported", "right"}


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def rows(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def put_to_test(rows):
    return [row for row in rows if not row["test"].startswith("none")]


def places(row):
    """(document, section) of each place that a row names; "9 (Q1)" is section 9."""
    first = f"document {row['document']}, section {row['section']}"
    for number, sections in re.findall(r"document (\d{3}), section ([^;]+)", first):
        for section in re.findall(r"[A-Z0-9]+(?:\.\d+)*", re.sub(r"\(.*?\)|and", "", sections)):
            yield number, section


def test_there_are_errata():
    assert FILES


def test_rows_are_whole(rows):
    for row in rows:
        assert set(row) == KEYS and all(isinstance(v, str) and v for v in row.values()), row
        assert row["verdict"] in VERDICTS and row["kind"] == KINDS[row["id"][0]], row["id"]
        truth = re.sub(r"sections? [\d., and]+", "", row["truth"])
        assert not re.search(r"\d{4,}|\d\.\d", truth), f"{row['id']}: numbers are recorded"
    assert max(Counter(row["id"] for row in rows).values()) == 1


def test_rows_are_those_of_the_topic(path, rows):
    with open(DATA / "homes.csv", encoding="utf-8", newline="") as stream:
        homes = [row["id"] for row in csv.DictReader(stream) if row["chapter"] == path.stem]
    assert {row["id"] for row in rows} == {id for id in homes if id[0] in KINDS}


def test_rows_name_tests_that_exist(rows):
    for row in rows:
        if row["test"].startswith("none"):
            assert len(row["test"]) > 20, f"{row['id']}: say after `none:` why there is no test"
            continue
        file, _, name = row["test"].partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, row["test"]
    counts = Counter(row["test"] for row in put_to_test(rows))
    assert all(count <= 5 for count in counts.values()), counts.most_common(1)


def test_recorded_outcomes_are_those_of_the_tested_rows(path, rows):
    recorded = DATA / "recorded" / f"trials_{path.stem}.json"
    known = json.loads(recorded.read_text(encoding="utf-8")) if recorded.exists() else {}
    assert set(known) == {row["id"] for row in put_to_test(rows)}
    for id, entry in known.items():
        assert set(entry) == {"outcome", "values"} and entry["outcome"] and entry["values"], id


def test_listings_are_quoted_where_the_row_says(rows):
    for row in (row for row in rows if row["kind"] == "listing"):
        first = (DATA / "listings" / f"{row['id']}.py").read_text(encoding="utf-8").split("\n")[0]
        assert first == f"# document {row['document']}, section {row['section']}"


def test_quotations_stand_in_the_named_sections(rows, article):
    for row in rows:
        texts = [article(number).section(section) for number, section in places(row)]
        assert texts and all(texts), f"{row['id']} names a section that is not there"
        quotes = re.findall(r"「(.*?)」|`(.*?)`|\$(.*?)\$", row["says"])
        assert quotes or row["kind"] not in {"claim", "formula"}, f"{row['id']} quotes nothing"
        for quote in ("".join(q) for q in quotes):
            assert any(bare(quote) in bare(text) for text in texts), f"{row['id']}: {quote}"


def bare(text):
    """Without white space and LaTeX's thin spaces, which carry no meaning here."""
    return re.sub(r"\\,|\s", "", text)


def test_sources_are_in_the_bibliography(rows):
    bibliography = ROOT / "book" / "references.bib"
    if not bibliography.exists():
        pytest.skip("there is no book/references.bib yet")
    known = set(re.findall(r"@\w+\{([^,\s]+)", bibliography.read_text(encoding="utf-8")))
    for row in rows:
        keys = re.findall(r"\{cite\}`([^`]+)`", row["source"])
        assert keys and set(keys) <= known, f"{row['id']}: {row['source']}"
