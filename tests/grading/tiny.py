"""A small lesson with a hidden test, and four students' submissions to it, one of them evil."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
    new_raw_cell,
)

from tests.grading.course import cell

NAME, SECRET = "tiny", "31337"
HIDDEN = f"""from labkit import check
### BEGIN HIDDEN TESTS
with check.contract("is wrong for large numbers"):
    check.equal(check.call("f", {SECRET}), 2 * {SECRET})
### END HIDDEN TESTS"""
EVIL = "alert('EVIL')"
MARKDOWN = [f"<script>{EVIL}</script>", f"<img src=x onerror=\"{EVIL}\">",
            f"[press](javascript:{EVIL})", f"<a href=\"javascript:{EVIL}\">press</a>",
            f"<iframe srcdoc=\"<script>{EVIL}</script>\"></iframe>",
            f"<svg onload=\"{EVIL}\"></svg>", f"<form action=\"javascript:{EVIL}\"></form>",
            f"<details open ontoggle=\"{EVIL}\">x</details>",
            f"[press](data:text/html,<script>{EVIL}</script>)",
            "<style>@import '//EVIL'</style>", "<base href=\"//EVIL\">",
            f"</div><!-- <script>{EVIL}</script> -->", f"# <script>{EVIL}</script>",
            "<meta http-equiv=\"refresh\" content=\"0;url=//EVIL\">", f"$<script>{EVIL}</script>$"]


def graded(name: str, text: str, points: float = 0, answer: bool = False,
           kind: str = "code") -> NotebookNode:
    facts = {"grade_id": name, "grade": points > 0, "solution": answer, "locked": not answer,
             "points": points, "schema_version": 3, "task": False}
    if not points:
        del facts["points"]
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(text, id=name, metadata={"nbgrader": facts})


def lesson() -> NotebookNode:
    """A visible test before the hidden one, and one after it."""
    stub = "def {0}(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    test = "check.equal(check.call('{0}', 2), 4, 'the example')"
    notebook = new_notebook(cells=[
        graded("setup", "from labkit import check"), graded("f", stub.format("f"), answer=True),
        graded("test_f", test.format("f"), 1), graded("hidden_f", HIDDEN, 2),
        graded("g", stub.format("g"), answer=True), graded("test_g", test.format("g"), 1),
        graded("words", "Write.", 3, True, "markdown")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3",
                                       "language": "python"}
    return notebook


def submission(root: Path, f: str, g: str, *more: NotebookNode) -> NotebookNode:
    """The release with these answers, and cells of the student's own at its end."""
    notebook = nbformat.read(root / "exercises" / NAME / f"{NAME}.ipynb", as_version=4)
    cell(notebook, "f").source, cell(notebook, "g").source = f, g
    notebook.cells += more
    return notebook


def own(text: str, *shown: str) -> NotebookNode:
    return new_code_cell(text, outputs=[new_output("stream", text=one) for one in shown])


def failure(text: str, name: str = "Failed") -> NotebookNode:
    return new_output("error", ename=name, evalue=text, traceback=[f"Not yet: {text}"])


def spy(root: Path) -> NotebookNode:
    """It keeps what the hidden test gives it, and shows it wherever it can."""
    f = "seen = []\ndef f(x):\n    seen.append(x)\n    print('got', x)\n    return 2 * min(x, 9)"
    g = "def g(x):\n    raise ValueError(f'{seen} {In[-1]} {_ih}')"
    notebook = submission(root, f, g, own("print(seen, In, _ih)", "what I saw at home"),
                          own("raise ValueError(str(In))"), own("raise KeyError(seen)"),
                          own("import sys; print(seen, file=sys.stderr)"), own("seen"),
                          own("from IPython.display import HTML\nHTML(str(seen))"))
    cell(notebook, "test_g").outputs = [failure(f"I made this up: {SECRET[::-1]}", "ValueError")]
    return notebook


def honest(root: Path) -> NotebookNode:
    """Right in `f`, wrong in `g`, with the message that the student had at home."""
    notebook = submission(root, "def f(x):\n    return 2 * x", "def g(x):\n    return 3 * x",
                          own("print('my own cell')", "shown at home\n"))
    cell(notebook, "words").source = (
        "My **own** words, `a < b`, $x_1 < y$, [with](https://example.org).\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n* with your answer.")
    cell(notebook, "test_g").outputs = [
        failure("expected 4, got 6. Look at: the example")]
    return notebook


def wrong(root: Path) -> NotebookNode:
    """Wrong in the hidden test and in the visible one before it."""
    return submission(root, "def f(x):\n    return x", "def g(x):\n    return 2 * x")


def evil(root: Path) -> NotebookNode:
    """Scripts in every place that is rendered."""
    shows = ["from IPython.display import display, HTML, SVG, Javascript, Markdown, Latex",
             f"for one in {MARKDOWN!r}: display(HTML(one)); display(Markdown(one))",
             f"display(Javascript({EVIL!r}))", f"display(Latex({MARKDOWN[0]!r}))",
             f"display(SVG({'<svg xmlns=`http://www.w3.org/2000/svg` onload=`X`/>'!r}"
             f".replace('`', chr(34)).replace('X', {EVIL!r})))",
             f"display({{'image/png': {chr(34) + '>' + MARKDOWN[0]!r}}}, raw=True)",
             f"display({{'application/vnd.jupyter.widget-view+json': {{'model_id': "
             f"{MARKDOWN[0]!r}}}, 'text/plain': 'x'}}, raw=True)",
             f"print({MARKDOWN[0]!r}, '\\x1b[31m' + {MARKDOWN[1]!r})",
             f"raise type({MARKDOWN[0]!r}, (Exception,), {{}})({MARKDOWN[1]!r})"]
    f = "\n".join(["def f(x):\n    return 2 * x", *shows])
    given = [new_output("display_data", {"text/html": one, "text/markdown": one})
             for one in MARKDOWN]
    late = new_code_cell(f"1  # {MARKDOWN[0]}", outputs=given)
    notebook = submission(root, f, "def g(x):\n    return 2 * x", late,
                          *(new_markdown_cell(one) for one in MARKDOWN),
                          new_raw_cell(MARKDOWN[0]))
    cell(notebook, "words").source = "\n\n".join(["written", *MARKDOWN])
    return notebook


STUDENTS = {"ada": honest, "bob": wrong, "eve": spy, "mal": evil}
