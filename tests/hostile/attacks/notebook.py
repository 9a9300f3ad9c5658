"""Attacks by the notebook's cells: copied, deleted, edited, moved, relabelled, planted outputs."""

import base64
from collections.abc import Callable

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from tests.grading.course import cell, copied, is_answer, without
from tests.hostile.attack import GRADED, MARK, Attack, attack, first, own, partly

ANY = (*GRADED, "tampered", "malformed", "needs a human")
SCRIPT = (f'<script>fetch("/formgrader/api/grade?{MARK}")</script><img src=x onerror="{MARK}()">'
          f'<a href="javascript:{MARK}()">x</a><iframe srcdoc="<script>{MARK}()</script>"></iframe>'
          f'<form action="/formgrader/{MARK}"><button>x</button></form>'
          f'<svg onload="{MARK}()"></svg><meta http-equiv="refresh" content="0;url=data:,{MARK}">'
          f'<object data="data:text/html,{MARK}"></object><base href="//{MARK}">')


def edited(name: str, what: str, change: Callable[[NotebookNode], object], *done: str,
           earned: float = 2, light: bool = False) -> Attack:
    """The notebook with `mse` answered, after a change."""
    notebook = partly("mse", *done)
    change(notebook)
    return Attack(name, what, notebook, earned, ANY, light=light)


def tests(notebook: NotebookNode) -> list[NotebookNode]:
    """The graded test cells."""
    return [one for one in notebook.cells if one.metadata.get("nbgrader", {}).get("grade")
            and not is_answer(one)]


def each(action: Callable[[NotebookNode], object]) -> Callable[[NotebookNode], object]:
    """Do something to every test cell."""
    return lambda notebook: [action(one) for one in tests(notebook)]


def tag(*names: str) -> Callable[[NotebookNode], object]:
    """Give every test cell these tags."""
    return each(lambda one: one.metadata.update(tags=list(names)))


def passing(one: NotebookNode) -> None:
    """Outputs of a test that passed, saved with the notebook."""
    one.outputs = [new_output("stream", text="the visible tests pass\n"),
                   new_output("execute_result", {"text/plain": "2"}, execution_count=1)]
    one.execution_count = 1


def as_kind(kind: str) -> Callable[[NotebookNode], object]:
    """Every test cell becomes markdown or raw."""
    def change(notebook: NotebookNode) -> None:
        for one in tests(notebook):
            one.cell_type = kind
            one.pop("outputs", None), one.pop("execution_count", None)
    return change


def wrap(notebook: NotebookNode) -> None:
    """Own cells around the tests: an open string before them, its end after them."""
    for place in range(len(notebook.cells) - 1, 0, -1):
        if notebook.cells[place] in tests(notebook):
            notebook.cells.insert(place, own("%%capture\n'''", 2 * place))


def planted(notebook: NotebookNode) -> None:
    """HTML and scripts wherever a page of nbgrader's might show them."""
    outputs = [new_output("display_data", {kind: SCRIPT}) for kind in (
        "text/html", "text/markdown", "image/svg+xml", "application/javascript", "text/latex")]
    code = f"from IPython.display import *\ndisplay(HTML({SCRIPT!r}), Javascript('{MARK}()'), " \
           f"Markdown({SCRIPT!r}), SVG('<svg onload=\"{MARK}()\"></svg>'), Latex({SCRIPT!r}))\n" \
           f"display({{'image/png': '\" onerror=\"{MARK}()'}}, raw=True)\n" \
           f"display({{'image/svg+xml': '<svg><script>{MARK}()</script></svg>'}}, raw=True)\n" \
           f"display({{'application/vnd.jupyter.widget-view+json': {{'model_id': '{MARK}\"'}}, " \
           f"'text/vnd.mermaid': {SCRIPT!r}}}, raw=True)\nprint({SCRIPT!r})"
    notebook.cells.insert(2, new_code_cell(code, id="planted-1", outputs=outputs))
    notebook.cells.insert(3, new_markdown_cell(
        f"{SCRIPT}\n\n[x](javascript:{MARK}()) ![x](x\"onerror=\"{MARK}()) $\\href{{javascript:"
        f"{MARK}()}}{{x}}$ <details open ontoggle={MARK}()>", id="planted-2"))
    image = base64.b64encode(f"<svg onload='{MARK}()'/>".encode()).decode()
    notebook.cells.append(new_markdown_cell(
        "![a](attachment:a.svg)", id="planted-3", attachments={
            "a.svg": {"image/svg+xml": image, "text/html": SCRIPT}}))
    notebook.metadata["title"] = f"</title>{SCRIPT}"
    notebook.metadata["authors"] = [{"name": SCRIPT}]


ATTACKS = [
    edited("copied-test", "a test is copied, twice", lambda nb: copied(
        copied(nb, "hidden_mse", 2), "hidden_mse", 5), light=True),
    edited("copied-answer", "an answer is copied over the place of another",
           lambda nb: copied(nb, "mse", len(nb.cells))),
    edited("deleted-tests", "the tests that fail are deleted", lambda nb: without(
        nb, *[c.metadata.nbgrader.grade_id for c in tests(nb)][2:]), light=True),
    edited("deleted-all", "every cell is deleted", lambda nb: nb.cells.clear(), earned=0),
    edited("edited-tests", "each test is replaced by a line that prints its points",
           each(lambda one: one.update(source="print('pass'); 2")), light=True),
    edited("edited-setup", "the set-up cell brings another check", lambda nb: cell(
        nb, "setup").update(source="class check:\n    __getattr__ = print\ncheck = check()")),
    edited("edited-locked", "the cells that only show are replaced by forgeries", lambda nb: [
        cell(nb, name).update(source="import labkit.check as check\ncheck.close = print")
        for name in ("try_mse", "show_mse")]),
    edited("points", "a test is worth 1000 points", each(
        lambda one: one.metadata.nbgrader.update(points=1000)), light=True),
    edited("points-negative", "tests that fail are worth less than nothing, or no number", each(
        lambda one: one.metadata.nbgrader.update(points="1e9"))),
    edited("tests-markdown", "the tests are turned to markdown", as_kind("markdown")),
    edited("tests-raw", "the tests are turned to raw text", as_kind("raw")),
    edited("tests-answers", "the tests are called answers, and the answers tests", lambda nb: [
        one.metadata.nbgrader.update(solution=not one.metadata.nbgrader.solution, locked=False)
        for one in nb.cells if "nbgrader" in one.metadata]),
    edited("tag-skip", "the tests are tagged to be skipped", tag(
        "skip-execution", "remove-cell", "hide", "nbval-skip")),
    edited("tag-raises", "the tests are tagged as expected to raise", tag("raises-exception")),
    edited("reversed", "the cells stand in reverse order", lambda nb: nb.cells.reverse()),
    edited("tests-first", "the tests stand before the answers, where answers are someone else's",
           lambda nb: nb.cells.sort(key=lambda one: one not in tests(nb))),
    edited("swapped-ids", "the tests exchange their grade ids", lambda nb: [
        one.metadata.nbgrader.update(grade_id=other) for one, other in zip(
            tests(nb), [c.metadata.nbgrader.grade_id for c in reversed(tests(nb))], strict=True)]),
    edited("impostor-id", "an own cell bears the id and the metadata of a failing test", lambda nb:
           nb.cells.insert(2, new_code_cell("print(2); 2", id="hidden_descend",
                                            metadata=dict(cell(nb, "hidden_descend").metadata)))),
    edited("wrapped", "own cells before each test capture what it says", wrap),
    edited("outputs", "saved outputs say that the tests passed", each(passing)),
    edited("scripts", "scripts, forms and handlers in outputs, markdown, attachments and titles",
           planted, light=True),
    attack("redefined-answers", "a last cell redefines what the first tests saw", """
        mse = None
        del check
        """, "mse"),
    Attack("answer-import", "an answer's cell patches check at its import",
           partly("mse", descend="import labkit.check as c\nc.close = c.equal = c.true = "
                                 "lambda *_, **__: None\ndescend = curvature = print"), 2, ANY),
    Attack("answer-magic", "an answer's cell runs shell commands and other languages",
           first("!touch /tmp/pwned-magic\n%load_ext sql\n%cd /\n%run /etc/passwd\n%autoreload 2",
                 "mse"), 2, ANY),
]
