"""A graded notebook's outputs: what scores them, and what students may see of them."""

import ast
import builtins
import re
from typing import Any

import bleach
from nbconvert.filters import get_metadata, markdown2html
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution, is_task

Resources = dict[str, Any]
Preprocessed = tuple[NotebookNode, Resources]
TAGS = frozenset((
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "pre", "s", "small",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u",
    "ul"))
HANDED_IN, MOST_KEPT = "handed_in", 500_000
REASONS = {"Unfinished": "the function is not written yet",
           "CellTimeoutError": "it took longer than the time allowed",
           "KeyboardInterrupt": "it took longer than the time allowed"}


class ForgiveWarnings(NbGraderPreprocessor):
    """Count errors, not warnings: nbgrader gives 0 for any line on stderr in a test cell.

    Used after `Execute` in `c.Autograde.autograde_preprocessors`.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: Resources,
                        cell_index: int) -> Preprocessed:
        """Make stderr of a graded code cell stdout."""
        if cell.cell_type == "code" and is_grade(cell):
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.name = "stdout"
        return cell, resources


class KeepOutputs(NbGraderPreprocessor):
    """Keep a cell's outputs as they were handed in, for feedback.

    Used before `ClearOutput` in `c.Autograde.sanitize_preprocessors`.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: Resources,
                        cell_index: int) -> Preprocessed:
        """Copy the outputs into the cell's metadata, unless they are big."""
        cell.metadata.pop(HANDED_IN, None)
        if cell.cell_type == "code" and cell.outputs and len(str(cell.outputs)) <= MOST_KEPT:
            cell.metadata[HANDED_IN] = cell.outputs
        return cell, resources


class HideTests(ClearHiddenTests):
    """In feedback, leave of a hidden test its verdict in one sentence of its author's.

    nbgrader prints the hidden lines, and the traceback with inputs. A student's code can keep what
    it saw of a hidden test and show it later: so whatever ran after the first one is shown as it
    was handed in. Used after `GetGrades` in `c.GenerateFeedback.preprocessors`; the formgrader
    page goes on showing everything.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Preprocessed:
        """Hide the tests, and what may tell of them."""
        hidden = [index for index, cell in enumerate(nb.cells) if is_test(cell)
                  and self.begin_test_delimeter in cell.source]
        nb, resources = super().preprocess(nb, resources)
        for index, cell in enumerate(nb.cells):
            before = cell.metadata.pop(HANDED_IN, [])
            if hidden and index > hidden[0] and index not in hidden and cell.cell_type == "code":
                cell.outputs = as_handed_in(cell, before)
        return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: Resources,
                        cell_index: int) -> Preprocessed:
        """Drop hidden lines and the outputs that could repeat them; drop mark schemes."""
        if is_task(cell):
            return ClearMarkScheme().preprocess_cell(cell, resources, cell_index)
        if not is_grade(cell) or is_solution(cell):
            return cell, resources  # what students write is theirs, whatever words they use
        whole = cell.source
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if cell.source != whole:
            cell.source = f"{cell.source.rstrip()}\n# The hidden tests are not shown.".lstrip()
            cell.outputs = verdict(cell.outputs, sentences(whole))
        return cell, resources


def safe_html(html: str) -> str:
    """HTML without scripts, handlers, odd addresses and requests to other hosts.

    Used as the filter `clean_html` in `c.HTMLExporter.filters`: nbconvert's own takes most of the
    tags away that Markdown makes.
    """
    return bleach.clean(str(html), tags=TAGS, attributes=_may_stay)


def _may_stay(tag: str, name: str, value: str) -> bool:
    """Whether an attribute may stay; pictures only if they are in the page."""
    if name == "src":
        return tag == "img" and value.startswith("data:image/")
    return name in ("class", "id", "title", "alt", "colspan", "rowspan") or (
        tag == "a" and name == "href")


def safe_metadata(output: NotebookNode, key: str, mimetype: str | None = None) -> int | None:
    """A number from an output's metadata: nbconvert writes it into a tag without quotes.

    Used as the filter `get_metadata` in `c.HTMLExporter.filters`.
    """
    value = get_metadata(output, key, mimetype)
    return value if isinstance(value, int) else None


def safe_markdown(text: str) -> str:
    """Markdown as safe HTML; nbgrader's pages show it as it comes.

    Used as the filter `markdown2html` in `c.HTMLExporter.filters`.
    """
    return safe_html(markdown2html(text))


def as_handed_in(cell: NotebookNode, before: list[NotebookNode]) -> list[NotebookNode]:
    """What feedback shows of a cell that could tell of a hidden test: what was handed in.

    Of a visible test that fails, the message that its student had seen, if it is the same error.
    """
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if not is_test(cell):
        return before
    if not errors or any(one.get("ename") == errors[0].ename for one in before):
        return [one for one in before if errors and one.get("output_type") == "error"]
    told = REASONS.get(errors[0].ename, "run it in your notebook, after a restart, to see why")
    return [_said(f"This test failed when it was graded: {told}.")]


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell's outcome gives points by itself."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def sentences(source: str) -> list[re.Pattern[str]]:
    """What a test cell may say to students: the texts of its `check.contract("...")`.

    What an f-string fills in may be a few plain words.
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    texts = [call.args[0] for call in calls
             if ast.unparse(call.func).split(".")[-1] == "contract" and call.args]
    return [re.compile("".join(_pattern(part) for part in getattr(text, "values", [text])))
            for text in texts]


def _pattern(part: ast.expr) -> str:
    return re.escape(part.value) if isinstance(part, ast.Constant) else r"[\w ]{1,40}"


def verdict(outputs: list[NotebookNode], allowed: list[re.Pattern[str]]) -> list[NotebookNode]:
    """The outputs of a hidden test as students may see them: none, or one sentence.

    An error's own text is repeated only if the test's author wrote it (`allowed`): a student's
    code can raise any text, that of the test included.
    """
    errors = [output for output in outputs if output.output_type == "error"]
    if not errors:
        return []
    name, text = errors[0].ename, errors[0].evalue
    told = text.removeprefix("hidden test: ").removesuffix(".")
    if not any(sentence.fullmatch(told) for sentence in allowed):
        told = REASONS.get(name, f"stopped by {name}" if hasattr(builtins, name) else "it failed")
    return [_said(f"Hidden test: {told}.")]


def _said(sentence: str) -> NotebookNode:
    return new_output("error", ename="Failed", evalue=sentence, traceback=[sentence])
