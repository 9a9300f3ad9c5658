"""Reads the course's data files. Plain functions without Sphinx, so that tests call them."""

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

# The same rules in C, ten times as fast, where PyYAML was built with libyaml.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
VERDICTS = ("wrong", "misleading", "incomplete", "outdated", "unsupported", "right")
ROW_KEYS = ("id", "document", "section", "kind", "says", "verdict", "truth", "source", "test")
KINDS = {"T": "topics", "L": "listings", "F": "formulas", "C": "claims", "D": "diagrams",
         "Q": "questions"}


class DataError(ValueError):
    """A data file says something that the site cannot show; the message names file and remedy."""


@dataclass(frozen=True)
class Chapter:
    """One chapter of the plan; its page stands there or will."""

    name: str
    title: str
    part: str

    @property
    def page(self) -> str:
        """Path of the page in the book, without suffix."""
        return f"{self.part}/{self.name}"


@dataclass(frozen=True)
class Assignment:
    """What the header of one solutions/NAME.py says."""

    name: str
    title: str
    minutes: int
    points: int


def read_yaml(path: Path) -> object:
    """Content of a YAML file; a DataError names the file and line that cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    except yaml.YAMLError as error:
        raise DataError(f"{path.name} is not valid YAML: {error}") from error


def parts(data: Path) -> list[dict]:
    """The parts of the plan in order, each with name, title, about and a list of Chapter."""
    found = read_yaml(data / "course.yml")["parts"]
    return [
        {**part, "chapters": [Chapter(n, t, part["name"]) for n, t in part["chapters"].items()]}
        for part in found
    ]


def pages(data: Path) -> dict[str, str]:
    """Page of every home that homes.csv may name: the chapters', and the few other pages."""
    chapters = {c.name: c.page for part in parts(data) for c in part["chapters"]}
    return {**chapters, **read_yaml(data / "course.yml")["pages"]}


def homes(data: Path) -> dict[str, list[str]]:
    """The ids that live in each home, in the catalogue's order."""
    known, result = pages(data), {}
    with (data / "homes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["chapter"] not in known:
                raise DataError(
                    f"homes.csv: {row['id']} lives in {row['chapter']!r}, which course.yml does "
                    "not list; add it there or correct the home"
                )
            result.setdefault(row["chapter"], []).append(row["id"])
    return result


def errata(data: Path, topic: str) -> list[dict]:
    """The topic's rows, checked: every key present, the verdict a known word, no id twice."""
    path = data / "errata" / f"{topic}.yml"
    if not path.exists():
        raise DataError(f"there is no errata/{topic}.yml; its rows are what {{trials}} shows")
    rows, seen = read_yaml(path) or [], set()
    for number, row in enumerate(rows, start=1):
        where = f"errata/{topic}.yml, row {number} ({row.get('id', 'no id')})"
        missing = [key for key in ROW_KEYS if row.get(key) in (None, "")]
        if missing:
            raise DataError(f"{where} lacks {', '.join(missing)}")
        if str(row["verdict"]).lower() not in VERDICTS:
            raise DataError(
                f"{where} has the verdict {row['verdict']!r}; known are {', '.join(VERDICTS)}"
            )
        if row["id"] in seen:
            raise DataError(f"{where} repeats an id; one row for each")
        seen.add(row["id"])
    return [{**row, "verdict": str(row["verdict"]).lower()} for row in rows]


def untested(row: dict) -> str | None:
    """Why a row has no test: the text after `none:`, or its key `reason`; None when it has one."""
    found = re.match(r"none\b[:,]?\s*(.*)", str(row["test"]), re.DOTALL | re.IGNORECASE)
    return (found[1] or str(row.get("reason", ""))).strip() if found else None


def recorded(data: Path, topic: str) -> dict[str, dict]:
    """Recorded outcome of each id of a topic; empty when nothing was recorded yet."""
    path = data / "recorded" / f"trials_{topic}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def glossary(data: Path) -> list[dict]:
    """All terms of all topics, sorted; a term that two topics define is an error."""
    terms: dict[str, tuple[str, dict]] = {}
    for path in sorted((data / "glossary").glob("*.yml")):
        for entry in read_yaml(path) or []:
            missing = [key for key in ("term", "zh", "definition") if not entry.get(key)]
            if missing:
                raise DataError(f"glossary/{path.name}: {entry} lacks {', '.join(missing)}")
            key = entry["term"].casefold()
            if key in terms:
                raise DataError(
                    f"glossary/{path.name} and {terms[key][0]} both define {entry['term']!r}; "
                    "keep one"
                )
            terms[key] = (path.name, entry)
    return [terms[key][1] for key in sorted(terms)]


def assignments(solutions: Path) -> list[Assignment]:
    """Title, minutes and points from the header of every solutions/NAME.py, by name."""
    result = []
    for path in sorted(solutions.glob("*.py")):
        header = re.match(r"# ---\n(.*?)\n# ---\n", path.read_text(encoding="utf-8"), re.DOTALL)
        lines = header[1].splitlines() if header else []
        values = yaml.safe_load("\n".join(line.removeprefix("#")[1:] for line in lines)) or {}
        course = values.get("course") or values.get("jupyter", {}).get("course") or {}
        missing = [key for key in ("title", "minutes", "points") if key not in course]
        if missing:
            raise DataError(f"solutions/{path.name}: its header lacks, under `course:`, the keys "
                            f"{', '.join(missing)}")
        result.append(Assignment(path.stem, course["title"], course["minutes"], course["points"]))
    return result
