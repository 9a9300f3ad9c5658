"""Directives that render the course's data: {trials}, {glossary-terms}, {coverage},
{assignments}, {learning-path}; and the role {runtime}, the measured run time of a page."""

from collections import Counter
from html import escape
from pathlib import Path

import course_data as data
from docutils import nodes
from docutils.statemachine import StringList
from myst_nb.sphinx_ import NbMetadataCollector
from pictures import ICONS, descent
from sphinx.application import Sphinx
from sphinx.domains.std import Glossary
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger

LOGGER = getLogger(__name__)


class late(nodes.General, nodes.Element):
    """Stands for something that is known only when all pages are read."""


def folder(env: BuildEnvironment) -> Path:
    """The book's folder of data."""
    return Path(env.srcdir) / "_data"


def say(directive: SphinxDirective, error: Exception) -> list[nodes.Node]:
    """Report unusable data as a warning at the directive's place; warnings fail the build."""
    LOGGER.warning(str(error), location=directive.get_location())
    return []


def link(env: BuildEnvironment, builder, source: str, page: str, text: str) -> nodes.Node:
    """A link from one page to another, or the bare text while that page is not written."""
    if page not in env.found_docs:
        return nodes.inline("", text)
    uri = builder.get_relative_uri(source, page)
    return nodes.reference("", "", nodes.inline("", text), internal=True, refuri=uri)


class Trials(SphinxDirective):
    """`{trials} NAME`: the verdicts counted, then one card a row, each with its id as anchor."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        topic, where = self.arguments[0], folder(self.env)
        for path in (f"errata/{topic}.yml", f"recorded/trials_{topic}.json"):
            self.env.note_dependency(str(where / path))
        try:
            rows, outcomes = data.errata(where, topic), data.recorded(where, topic)
        except data.DataError as error:
            return say(self, error)
        order = {verdict: place for place, verdict in enumerate(data.VERDICTS)}
        rows = sorted(rows, key=lambda row: (order[row["verdict"]], row["id"]))
        return [self.summary(rows), *[self.card(row, outcomes) for row in rows]]

    def summary(self, rows: list[dict]) -> nodes.Node:
        """How many rows have each verdict, with a link to each."""
        counts = Counter(row["verdict"] for row in rows)
        listing = nodes.bullet_list(classes=["verdicts"])
        for verdict in (v for v in data.VERDICTS if counts[v]):
            line = nodes.paragraph("", "", badge(verdict), nodes.Text(f" {counts[verdict]}: "))
            for row in (row for row in rows if row["verdict"] == verdict):
                line += [nodes.reference("", row["id"], internal=True, refid=row["id"].lower()),
                         nodes.Text(" ")]
            listing += nodes.list_item("", line)
        return listing

    def card(self, row: dict, outcomes: dict) -> nodes.Node:
        """One row as a card: what it says, what happened, what is true, by which evidence."""
        anchor = row["id"].lower()
        card = nodes.container(classes=["trial", f"trial-{row['verdict']}"], ids=[anchor])
        title = f"{row['id']}, {row['kind']}"
        self.register(anchor, title)
        place = f" document {row['document']}, section {row['section']} "
        card += nodes.paragraph("", "", nodes.strong("", title), nodes.inline("", place),
                                badge(row["verdict"]), classes=["trial-head"])
        reason = data.untested(row)
        if reason is None and row["id"] not in outcomes:
            LOGGER.warning(f"{row['id']} has a test but no recorded outcome; run "
                           "`python -m pytest tests/trials --record`", location=self.get_location())
        outcome = reason or outcomes.get(row["id"], {}).get("outcome", "")
        card += self.field("It says", row["says"])
        card += self.field("Not run, because" if reason else "What happened", outcome)
        card += self.field("What is true", row["truth"])
        card += self.field("Source", row["source"])
        if reason is None:
            card += self.field("Test", f"`{row['test']}`")
        return card

    def field(self, name: str, text: str) -> nodes.Node:
        """A named line of a card; the text is Markdown and may cite and hold formulas."""
        body = self.parse_text_to_nodes(str(text).strip())
        return nodes.container("", nodes.paragraph("", name, classes=["field-name"]), *body,
                               classes=["field"])

    def register(self, anchor: str, title: str) -> None:
        """Make `[](#l04)` and {ref} find the card from any page."""
        labels = self.env.get_domain("std")
        if labels.anonlabels.get(anchor, (self.env.docname,))[0] != self.env.docname:
            LOGGER.warning(f"the label {anchor} stands on {labels.anonlabels[anchor][0]} already; "
                           "the page of trials gives it", location=self.get_location())
        labels.anonlabels[anchor] = (self.env.docname, anchor)
        labels.labels[anchor] = (self.env.docname, anchor, title)


def badge(verdict: str) -> nodes.Node:
    """The verdict as a word in a coloured frame; the word carries the meaning."""
    return nodes.inline("", verdict, classes=["verdict", f"verdict-{verdict}"])


class GlossaryTerms(Glossary):
    """`{glossary-terms}`: Sphinx's own glossary, filled from _data/glossary/, so {term} works."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        where = folder(self.env) / "glossary"
        for path in where.glob("*.yml"):
            self.env.note_dependency(str(path))
        try:
            terms = data.glossary(folder(self.env))
        except data.DataError as error:
            return say(self, error)
        lines = []
        for entry in terms:
            # A block quotation cannot start with HTML, so the definition opens with a word joiner.
            chinese = f'<span lang="zh">{escape(entry["zh"])}</span>'
            definition = " ".join(str(entry["definition"]).split())
            lines += [entry["term"], f"  &#x2060;{chinese} {definition}", ""]
        self.content = StringList(lines, self.env.doc2path(self.env.docname))
        return super().run()


class Assignments(SphinxDirective):
    """`{assignments}`: the list of assignments, from the headers of solutions/*.py."""

    def run(self) -> list[nodes.Node]:
        solutions = Path(self.env.srcdir).parent / "solutions"
        for path in solutions.glob("*.py"):
            self.env.note_dependency(str(path))
        try:
            found = data.assignments(solutions)
        except data.DataError as error:
            return say(self, error)
        lines = [f"| [{a.title}](/{data.pages(folder(self.env))[a.name]}.md) | `{a.name}` "
                 f"| {a.minutes} | {a.points} |" for a in found]
        head = ["| assignment | name | minutes | points |", "|---|---|---|---|"]
        return self.parse_text_to_nodes("\n".join([*head, *lines]))


class Late(SphinxDirective):
    """`{coverage}` and `{learning-path}`: filled in when all pages are read."""

    def run(self) -> list[nodes.Node]:
        where = folder(self.env)
        for path in [where / "course.yml", where / "homes.csv", *where.glob("errata/*.yml")]:
            self.env.note_dependency(str(path))
        note(self.env)
        return [late(what=self.name)]


class Descent(SphinxDirective):
    """`{descent}`: the picture of the front page."""

    def run(self) -> list[nodes.Node]:
        return [nodes.raw("", descent(), format="html")]


class Runtime(SphinxRole):
    """{runtime}`train/gradient_descent`: the seconds that executing that page took."""

    def run(self) -> tuple[list[nodes.Node], list]:
        note(self.env)
        return [late(what="runtime", page=self.text)], []


def note(env: BuildEnvironment) -> None:
    """Remember that this page holds something that other pages decide."""
    if not hasattr(env, "course_late"):
        env.course_late = set()
    env.course_late.add(env.docname)


def runtime(env: BuildEnvironment, page: str) -> str | None:
    """Measured run time of a page in words, from the build or from its cache."""
    result = NbMetadataCollector.get_exec_data(env, page)
    if not result or result["runtime"] is None:
        return None
    return f"{max(1, round(result['runtime']))} s"


def coverage(app: Sphinx, source: str) -> nodes.Node:
    """A table: for every home, how many of its ids are served, of how many, by kind."""
    where, labels = folder(app.env), app.env.get_domain("std").anonlabels
    head = ["page", *data.KINDS.values()]
    body, homes = [], data.homes(where)
    for home, page in data.pages(where).items():
        ids = homes.get(home, [])
        served = {i for i in ids if labels.get(i.lower(), ("",))[0] == page}
        if (where / "errata" / f"{home}.yml").exists():
            served |= {row["id"] for row in data.errata(where, home)} & set(ids)
        cells = [nodes.paragraph("", "", link(app.env, app.builder, source, page, home))]
        for letter in data.KINDS:
            mine = [i for i in ids if i.startswith(letter)]
            text = f"{len(served & set(mine))} of {len(mine)}" if mine else "–"
            cells.append(nodes.paragraph("", text))
        body.append(cells)
    return table([[nodes.paragraph("", name) for name in head]], body)


def table(head: list[list[nodes.Node]], body: list[list[nodes.Node]]) -> nodes.Node:
    """A docutils table of the given cells."""
    group = nodes.tgroup(cols=len(head[0]))
    group += [nodes.colspec(colwidth=1) for _ in head[0]]
    for kind, rows in ((nodes.thead, head), (nodes.tbody, body)):
        lines = [nodes.row("", *[nodes.entry("", cell) for cell in cells]) for cells in rows]
        group += kind("", *lines)
    return nodes.table("", group, classes=["coverage"])


def learning_path(app: Sphinx, source: str) -> nodes.Node:
    """The parts as stations of one line, each with its picture and its chapters."""
    path = nodes.container(classes=["path"])
    for part in data.parts(folder(app.env)):
        station = nodes.container(classes=["station", f"station-{part['name']}"])
        station += nodes.raw("", ICONS[part["name"]], format="html")
        station += nodes.paragraph("", "", nodes.strong("", part["title"]),
                                   nodes.Text(" " + part["about"]), classes=["station-title"])
        stops = nodes.bullet_list(classes=["stops"])
        for chapter in part["chapters"]:
            there = chapter.page in app.env.found_docs
            line = nodes.paragraph("", "", link(app.env, app.builder, source, chapter.page,
                                                chapter.title))
            time = runtime(app.env, chapter.page) if there else "planned"
            line += nodes.inline("", f" {time}" if time else "", classes=["stop-note"])
            stops += nodes.list_item("", line, classes=["there" if there else "planned"])
        station += stops
        path += station
    return path


def fill(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Replace what stood for something unknown while pages were read."""
    for node in list(doctree.findall(late)):
        if node["what"] != "runtime":
            make = {"coverage": coverage, "learning-path": learning_path}[node["what"]]
            try:
                node.replace_self(make(app, page))
            except data.DataError as error:
                LOGGER.warning(str(error), location=page)
                node.parent.remove(node)
            continue
        text = runtime(app.env, node["page"])
        if text is None:
            LOGGER.warning(f"{node['page']} is no page with cells that ran", location=page)
        node.replace_self(nodes.inline("", text or "", classes=["runtime"]))


def setup(app: Sphinx) -> dict:
    """Register the directives; pages filled late are written again on every build."""
    app.add_node(late)
    app.add_directive("trials", Trials)
    app.add_directive("glossary-terms", GlossaryTerms)
    app.add_directive("assignments", Assignments)
    app.add_directive("descent", Descent)
    app.add_directive("coverage", Late)
    app.add_directive("learning-path", Late)
    app.add_role("runtime", Runtime())
    app.connect("doctree-resolved", fill)
    app.connect("env-updated", lambda app, env: sorted(getattr(env, "course_late", set())
                                                       & env.found_docs))
    app.connect("env-purge-doc", lambda app, env, page: getattr(env, "course_late", set())
                .discard(page))
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
