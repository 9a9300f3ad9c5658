"""The canary: it must fail for every test of the course, change nothing, and see a silenced test.
"""

import functools

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import determine_grade

from labkit.grading import unit
from labkit.grading.box import Limits
from labkit.grading.canary import canary, replaceable
from labkit.grading.outputs import ForgiveWarnings, is_test
from tests.grading.course import cell, solved, source

LIMITS = Limits(cell=8, total=60)
TESTS = [c.metadata.nbgrader.grade_id for c in source().cells if is_test(c)]
SETUP = "from labkit import check\ndef double(x):\n    return 2 * x"
TEST = "check.equal(check.call('double', 4), 8)"


def graded(text: str, name: str = "test_it") -> NotebookNode:
    """A test cell worth two points."""
    return new_code_cell(text, metadata={"nbgrader": {
        "grade": True, "solution": False, "locked": True, "points": 2, "grade_id": name,
        "schema_version": 3, "task": False}})


def run(*cells: str | NotebookNode) -> NotebookNode:
    """The cells after a run in the box."""
    notebook = new_notebook(cells=[new_code_cell(c) if isinstance(c, str) else c for c in cells])
    return nbformat.reads(unit.execute(nbformat.writes(notebook), {}, LIMITS), as_version=4)


def points(notebook: NotebookNode) -> dict[str, float]:
    """What nbgrader gives for each test cell."""
    tests = [ForgiveWarnings().preprocess_cell(c, {}, 0)[0] for c in notebook.cells if is_test(c)]
    return {c.metadata.nbgrader.grade_id: determine_grade(c)[0] for c in tests}


@functools.cache
def reference() -> NotebookNode:
    """The solution notebook, hidden tests and all, graded in the box."""
    return nbformat.reads(unit.execute(nbformat.writes(source()), {}, LIMITS), as_version=4)


@pytest.mark.parametrize(("test", "names"), [
    ("check.call('f', 1)", ["f"]),
    ("check.raises('f', ValueError, check.call('g'))", ["f", "g"]),
    ("assert f(g(1)) == 2", ["f", "g"]),
    ("print(len(sorted([f(1)])))", ["f"]),
    ("from math import sqrt as root\nimport os.path\nroot(f(1)); os.getcwd()", ["f"]),
    ("def mine(x):\n    return x\ng = lambda: 1\nmine(g() + f(1))", ["f"]),
    ("for h in (abs, min):\n    h(f(1))", ["f"]),
    ("check.show('f', 1)\nother.call('g')", []),
    ("check.call(name)", []),
    ("check.equal(1, 1)", []),
    ("%matplotlib inline\ncheck.call('f')", []),
    ("", []),
])
def test_the_names_that_are_replaced(test: str, names: list[str]):
    assert list(replaceable(test)) == names


@pytest.mark.parametrize("name", TESTS)
def test_every_test_of_the_course_names_a_function_of_its_task(name: str):
    functions = {c.metadata.nbgrader.grade_id for c in source().cells
                 if c.metadata.get("nbgrader", {}).get("solution")}
    found = replaceable(cell(source(), name).source)
    assert found and set(found) <= functions
    assert canary(cell(source(), name).source).source.endswith(cell(source(), name).source)


def test_the_canary_fails_for_every_test_and_the_reference_passes_it():
    assert len(TESTS) > 10 and sum(name.startswith("hidden") for name in TESTS) > 4
    assert reference().metadata.grading == {"tampered": [], "timed_out": []}
    want = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points
            for c in source().cells if is_test(c)}
    assert points(reference()) == want


def test_each_canary_is_another_and_a_test_without_calls_has_one_too():
    for test in (TEST, "check.equal(1, 1)", "%magic"):
        one, other = canary(test), canary(test)
        assert one.word != other.word and one.source != other.source and one.word in one.source
    assert "check.equal(1, 1)" not in canary("check.equal(1, 1)").source


def test_nothing_is_changed_by_the_canary():
    """Values, their order, identity; what the test itself sets is there once, after the test."""
    look = ("{name} = {{k: id(v) for k, v in globals().items() if k[0] != '_' and k not in "
            "('before', 'after', 'In', 'Out')}}")
    notebook = run(SETUP, "kept = [1]\ntheirs = double", look.format(name="before"),
                   graded(f"made = 1\nkept.append(2)\n{TEST}\nafter_test = double(1)"),
                   look.format(name="after"),
                   "print(set(after) - set(before), [k for k in before if before[k] != after[k]])\n"
                   "print(double is theirs, double(3), kept)\n"
                   "print([e for e in get_ipython().events.callbacks['post_run_cell'] "
                   "if 'canary' in getattr(e, '__qualname__', '')])")
    lines = notebook.cells[-1].outputs[0].text.splitlines()
    assert eval(lines[0].split("}")[0] + "}") == {"made", "after_test"}
    assert lines[0].endswith("} []")
    # a list that a test changes in place is changed twice: tests of ours change nothing of theirs
    assert lines[1] == "True 6 [1, 2, 2]" and lines[2] == "[]"
    assert points(notebook) == {"test_it": 2} and notebook.metadata.grading.tampered == []


def test_nothing_of_the_canary_stays():
    notebook = run(SETUP, graded(TEST), "print([k for k in globals() if k.endswith('canar' 'y')])")
    assert notebook.cells[-1].outputs[0].text == "[]\n"


def test_the_canary_shows_nothing_and_counts_no_prompt():
    notebook = run(SETUP, graded(f"print('once')\n{TEST}"),
                   "print(len(In), 'canar' + 'y' in str(In))")
    assert [o.text for o in notebook.cells[1].outputs] == ["once\n"]
    assert notebook.cells[2].outputs[0].text == "4 False\n"


@pytest.mark.parametrize("trick", [
    "check.equal = check.close = lambda *_, **__: None",
    "import labkit.check\nlabkit.check.equal = labkit.check.close = lambda *_, **__: None",
    "check.call = lambda *_, **__: 8",
    "class Same:\n    __eq__ = lambda *_: True\ncheck.call = lambda *_, **__: 8",
    "check._run = lambda *_: (8, None)",
    "import builtins\nbuiltins.AssertionError = type('Quiet', (Exception,), {})\n"
    "check.Failed = lambda *_: SystemExit(0)\ncheck.equal = lambda *_: None",
    "get_ipython().ast_transformers.append(__import__('labkit').check)\n"
    "import ast\nclass Strip(ast.NodeTransformer):\n    def visit_Expr(self, node):\n"
    "        return ast.Pass()\nget_ipython().ast_transformers[:] = [Strip()]",
    "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])",
    "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
    "old = get_ipython().run_code\nasync def quiet(*a, **k):\n    return False\n"
    "get_ipython().run_code = quiet",
], ids=range(10))
def test_who_silences_a_test_is_seen_and_gets_nothing(trick: str):
    notebook = run(SETUP.replace("2 *", "3 *"), "from labkit import check\n" + trick, graded(TEST),
                   graded("assert 1 == 2", "b"))
    assert sum(points(notebook).values()) == 0
    assert "test_it" in notebook.metadata.grading.tampered
    (said,) = notebook.cells[2].outputs
    assert (said.ename, said.evalue) == ("Tampered", unit.SILENT)


@pytest.mark.parametrize("trick", [
    "get_ipython().showtraceback = lambda *_, **__: None",
    "get_ipython()._showtraceback = lambda *_, **__: None",
    "get_ipython().set_custom_exc((BaseException,), lambda *_, **__: [])",
    "from IPython.display import clear_output\n"
    "get_ipython().events.register('post_run_cell', lambda *_: clear_output())",
    "import sys; sys.excepthook = lambda *_: None",
], ids=range(5))
def test_who_hides_an_error_gets_nothing(trick: str):
    """The kernel's reply tells: the test has failed, whatever was shown."""
    try:
        notebook = run(SETUP.replace("2 *", "3 *"), trick, graded(TEST))
    except unit.Ended:
        return  # no grade at all
    assert points(notebook) == {"test_it": 0}
    assert notebook.cells[-1].outputs[0].ename == "Failed"


def test_a_wrong_answer_is_no_tampering_and_a_broken_one_neither():
    for answer in ("return 3 * x", "raise ValueError", "import os", "x.y"):
        notebook = run(SETUP.replace("return 2 * x", answer), graded(TEST))
        assert points(notebook) == {"test_it": 0}
        assert notebook.metadata.grading.tampered == []
    missing = run("from labkit import check", graded(TEST))
    assert points(missing) == {"test_it": 0} and missing.metadata.grading.tampered == []


def test_an_object_that_equals_everything_gets_nothing():
    same = ("class Same(int):\n    __eq__ = lambda *_: True\n    __hash__ = None\n"
            "def double(x):\n    return Same()")
    assert points(run("from labkit import check\n" + same, graded(TEST))) == {"test_it": 0}


def test_a_student_s_release_with_the_reference_s_answers_is_not_tampered():
    """The release has no hidden tests: their cells call nothing, a plain canary stands in."""
    notebook = nbformat.reads(unit.execute(nbformat.writes(solved()), {}, LIMITS), as_version=4)
    assert notebook.metadata.grading.tampered == []
    assert min(points(notebook).values()) > 0


def test_a_function_that_clears_its_output_is_no_tampering():
    """As a progress display does."""
    shows = SETUP.replace("return", "clear_output(wait=True); print(x); return")
    notebook = run("from IPython.display import clear_output\n" + shows, graded(TEST))
    assert points(notebook) == {"test_it": 2} and notebook.metadata.grading.tampered == []
