"""The directive {hostile}: what each attack on the grader got, from the run of tests/hostile."""

import json
from pathlib import Path

from course import say, table
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Hostile(SphinxDirective):
    """`{hostile} succeeded` or `{hostile} failed`: the attacks of table.json that did, or not."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir).parent / "tests" / "hostile" / "table.json"
        self.env.note_dependency(str(path))
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            return say(self, error)
        chosen = [row for row in rows if bool(row["harm"]) == (self.arguments[0] == "succeeded")]
        count = nodes.paragraph("", f"{len(chosen)} of {len(rows)} attacks:")
        head = ["attack", "what it tries", "earned", "given", "status", "harm"]
        if self.arguments[0] == "failed":
            head.pop()
        else:
            head[-1] = "what it got, and why it is allowed"
        rendered = table([[nodes.paragraph("", word) for word in head]],
                         [self.cells(row)[:len(head)] for row in chosen])
        rendered["classes"] = ["attacks"]
        return [count, rendered]

    def cells(self, row: dict) -> list[nodes.Node]:
        """A row's cells; no score is no number."""
        given = "none" if row["given"] is None else f"{row['given']:g}"
        words = [row["name"].replace("_", " "), row["what"], f"{row['earned']:g}", given,
                 row["status"], f"{row['harm']}: {row['allowed']}"]
        return [nodes.paragraph("", word) for word in words]


def setup(app: Sphinx) -> dict:
    """Register the directive."""
    app.add_directive("hostile", Hostile)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
