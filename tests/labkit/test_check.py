"""labkit.check: the words in which assignments test."""

import subprocess
import sys
import types
import warnings

import numpy as np
import pytest
import torch

from labkit import check


@pytest.fixture
def notebook(monkeypatch):
    """Runs cells in a __main__ of their own, as a kernel does."""
    main = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", main)
    return lambda code: exec(compile(code, "cell", "exec"), vars(main))


def refused(pattern, *words, **named):
    """check.WORD(...) fails with a message that matches."""
    word, *given = words
    with pytest.raises(check.Failed, match=pattern):
        getattr(check, word)(*given, **named)


# ---------------------------------------------------------------- call

def test_copies_go_in(notebook):
    notebook("def f(x, pair):\n    x.zero_()\n    pair[0][:] = 7\n    pair.append(1)\n    return x")
    x, pair = torch.ones(2), [np.zeros(2)]
    check.call("f", x, pair)
    assert x.tolist() == [1, 1] and len(pair) == 1 and pair[0].tolist() == [0, 0]


def test_copies_come_out(notebook):
    notebook("kept = torch.zeros(2) if 'torch' in dir() else __import__('torch').zeros(2)\n"
             "def f():\n    return {'a': [kept]}")
    check.call("f")["a"][0].fill_(5)
    assert check.call("f")["a"][0].tolist() == [0, 0]


def test_a_result_with_a_gradient_comes_out_without(notebook):
    notebook("import torch\ndef f():\n    return torch.nn.Parameter(torch.ones(1)) * 2")
    assert not check.call("f").requires_grad


def test_numpy_numbers_become_python_numbers(notebook):
    notebook("import numpy as np\ndef f():\n    return np.float64(2), np.bool_(True)")
    assert [type(v) for v in check.call("f")] == [float, bool]


@pytest.mark.parametrize("result", [
    "object()", "lambda: 1", "[{1, 2}]", "type('Float', (float,), {})(1)", "iter([1])", "torch",
    "type('List', (list,), {})()", "np.array([None])"])
def test_what_is_not_plain_is_refused(notebook, result):
    notebook(f"import torch, numpy as np\ndef f():\n    return {result}")
    refused("f returned an object of type .*Return plain tensors", "call", "f")


def test_what_the_function_prints_is_shown_and_its_warnings_are_dropped(notebook, capsys):
    notebook("import sys, warnings\ndef f():\n    print('x')\n    print('y', file=sys.stderr)\n"
             "    warnings.warn('old')\n    return 1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check.call("f") == 1
    assert capsys.readouterr() == ("x\n", "")


def test_nothing_is_printed_inside_a_contract(notebook, capsys):
    notebook("def f(v):\n    print(v)\n    return v")
    with check.contract("fails"):
        assert check.call("f", 3) == 3
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("value", "said"), [
    (None, "got nothing .is the `return` missing.."), (1.5, "got a number, 1.5"),
    ((1, 2, 3), "got a tuple of .number, number, number."), ({"w": 1, "b": 2}, "got a dict")])
def test_parts_say_how_many_values_are_wanted(value, said):
    refused(rf"expected 2 values, \(w, b\), {said}", "parts", value, "w", "b")
    assert check.parts((1, 2), "w", "b") == check.parts([1, 2], "w", "b") == [1, 2]


def test_long_lists_of_another_length_or_kind_are_told_apart():
    refused("expected a list of .10 times number., got a list of .11 times number.", "close",
            [0.1] * 11, [0.1] * 10)
    refused("expected a list of .4 times number., got a list of .4 times tensor", "close",
            [torch.ones(())] * 4, [1.0] * 4)


def test_an_error_names_its_line_in_the_cell(notebook):
    notebook("def g():\n    return 1 / 0\n\ndef f(x, y):\n    return g()")
    refused(r"f raised ZeroDivisionError: .*\(line 2 of its cell\)\. It was given: 1; tensor of",
            "call", "f", 1, torch.ones(2))


def test_an_exit_is_an_error_in_words(notebook):
    notebook("def f():\n    raise SystemExit(3)")
    refused("f raised SystemExit: 3", "call", "f")


def test_a_missing_function_is_named(notebook):
    notebook("f = 3")
    refused("there is no function f: run the cell", "call", "f")


@pytest.mark.parametrize("code", [
    "def _loss(x):\n    return x\ndef f(x):\n    return _loss(x)",
    "_rate = 2\ndef helper(x):\n    return _rate * x\ndef f(x):\n    return helper(x)",
    "def f(x):\n    return [_loss(v) for v in x]",
    "def _loss(x):\n    return x\nhelper = lambda x: _loss(x)\ndef f(x):\n    return helper(x)",
    "def check(x):\n    return x\ndef f(x):\n    return check(x)",
    "import functools\n_seen = 1\n@functools.cache\ndef helper(x):\n    return _seen\n"
    "def f(x):\n    return helper(x)",
    "import torch\n_seen = 1\n@torch.no_grad()\ndef f(x):\n    return _seen",
    "def f(x):\n    def inner():\n        global _seen\n        _seen = x\n    return inner()"])
def test_a_name_that_the_tests_may_overwrite_is_named(notebook, code):
    notebook(code)
    refused("f uses (_[a-z]+|check): names that begin with an underscore, and check, belong",
            "call", "f", 1)


@pytest.mark.parametrize("code", [
    "def f(x):\n    _own = x\n    for _ in range(2):\n        _own = _own + 0\n    return _own",
    "def f(x):\n    def _inner(y):\n        return y\n    return _inner(x)",
    "class Box:\n    _v = 1\nbox = Box()\ndef f(x):\n    return x * box._v",
    "def f(x):\n    class Own:\n        _k = x\n        z = _k\n    return Own.z",
    "import math as _unused\ndef f(x):\n    return x if __name__ else 0",
    "def f(x, _extra=None):\n    return f(x, 1) if _extra is None else x"])
def test_underscores_that_no_test_can_overwrite_are_free(notebook, code):
    notebook(code)
    assert check.call("f", 3) == 3


def test_a_stand_in_of_a_test_may_have_its_names(notebook):
    notebook("def given(x):\n    return 2 * x\ndef f(x):\n    return given(x)")
    exec(compile("_got = 3\ngiven = lambda x: x * _got", "a test", "exec"),
         vars(sys.modules["__main__"]))
    assert check.call("f", 1) == 3


def test_a_stub_is_unfinished_for_every_word(notebook):
    notebook("def f(*_):\n    raise NotImplementedError")
    for word, given in (("call", ("f",)), ("raises", ("f", ValueError))):
        with pytest.raises(check.Unfinished, match="f is not written yet"):
            getattr(check, word)(*given)
    with pytest.raises(NotImplementedError), check.contract("is wrong"):
        check.call("f")


# ---------------------------------------------------------------- forbid

@pytest.mark.parametrize(("names", "code"), [
    (("torch.linalg.eigvalsh",), "import torch\nf = lambda x: torch.linalg.eigvalsh(x)"),
    (("torch.linalg.eigvalsh",), "from torch.linalg import eigvalsh as e\nf = lambda x: e(x)"),
    (("numpy.linalg.eigvalsh",), "import numpy.linalg as la\nf = lambda x: la.eigvalsh(x.numpy())"),
    (("numpy.linalg.eigvalsh",),
     "def f(x):\n    from numpy.linalg import eigvalsh\n    return eigvalsh(x)"),
    (check.EIGENVALUES, "from numpy.linalg import norm\nf = lambda x: norm(x.numpy(), 2)"),
    (check.EIGENVALUES, "import torch\nf = lambda x: torch.linalg.matrix_norm(x, ord=2)"),
    (check.EIGENVALUES, "import torch\nf = lambda x: torch.linalg.norm(x, 'nuc')"),
    (check.EIGENVALUES, "f = lambda x: x.svd()"),
    (check.EIGENVALUES, "import torch\nf = lambda x: torch.svd_lowrank(x)"),
    (check.EIGENVALUES, "def f(x):\n    import scipy.linalg as s\n    return s.svdvals(x)"),
    (check.EIGENVALUES, "import numpy as np\nf = lambda x: np.linalg.cond(x.numpy())"),
    (check.LEAST_SQUARES, "import numpy as np\nf = lambda x: np.polyfit(x[0], x[1], 1)"),
    (check.LEAST_SQUARES, "import torch\nf = lambda x: torch.linalg.solve(x, x)"),
    (check.LEAST_SQUARES, "from numpy.polynomial import Polynomial\n"
                          "f = lambda x: Polynomial.fit(x[0], x[1], 1)(0)"),
    (check.GRADIENTS, "f = lambda x: x.requires_grad_().sum().backward()"),
    (check.GRADIENTS, "import torch.autograd as ag\n"
                      "f = lambda x: ag.grad(x.requires_grad_().sum(), x)"),
    (check.GRADIENTS, "from torch.func import grad as d\nf = lambda x: d(lambda t: t.sum())(x)"),
    (check.GRADIENTS, "import torch.autograd.functional as F\n"
                      "f = lambda x: F.jacobian(lambda t: t.sum(), x)"),
    (check.OPTIMIZERS, "import torch\nf = lambda x: torch.optim.SGD([x.requires_grad_()]).step()"),
    (check.OPTIMIZERS, "from torch.optim import Adam\nf = lambda x: Adam([x.requires_grad_()])"),
    (check.OPTIMIZERS, "from torch.optim.sgd import sgd\nf = lambda x: sgd([x], [x], [None], "
     "weight_decay=0, momentum=0, lr=1, dampening=0, nesterov=False, maximize=False)"),
    (("torch.nn.utils.clip_grad_norm_",), "import torch\ndef f(x):\n    "
     "return torch.nn.utils.clip_grad_norm_([x.requires_grad_()], 1.0)"),
    (("torch.nn.utils.get_total_norm",), "import torch\n"
     "f = lambda x: torch.nn.utils.get_total_norm([x])"),
])
def test_a_forbidden_twin_earns_nothing_under_any_name(notebook, names, code):
    notebook(code)
    x = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    refused("earns nothing in this task: write it yourself", "call", "f", x, forbid=names)
    try:  # and afterwards everything is as before
        check.call("f", x)
    except check.Failed as failure:
        assert "earns nothing" not in str(failure)


@pytest.mark.parametrize("body", [
    "torch.norm(x)", "x.norm()", "torch.linalg.norm(x)", "torch.linalg.norm(x[0], 2)",
    "torch.linalg.vector_norm(x)", "np.linalg.norm(x.numpy())", "np.linalg.norm(x[0].numpy(), 2)"])
def test_norms_that_are_no_singular_values_are_free(notebook, body):
    notebook(f"import torch, numpy as np\ndef f(x):\n    return {body}")
    check.call("f", torch.eye(2), forbid=check.EIGENVALUES)


@pytest.mark.parametrize("code", [
    "def f(x):\n    with torch.no_grad():\n        return x + 1",
    "@torch.no_grad()\ndef f(x):\n    return x + 1",
    "@torch.inference_mode()\ndef f(x):\n    return x + 1"])
def test_grad_modes_are_free_where_gradients_are_forbidden(notebook, code):
    notebook("import torch\n" + code)
    check.call("f", torch.ones(1), forbid=check.GRADIENTS + check.OPTIMIZERS)


@pytest.mark.parametrize("group", ["GRADIENTS", "OPTIMIZERS", "SCHEDULES", "LOSSES",
                                   "LEAST_SQUARES", "EIGENVALUES"])
def test_printing_is_free_whatever_is_forbidden(notebook, group, capsys):
    notebook("import torch\ndef f(x):\n"
             "    for v in (x, x.clone().requires_grad_(), x.double(), x > 0, x.numpy(), x[0]):\n"
             "        print(v, f'{v}', repr([v]), str(v))\n    return x")
    check.call("f", torch.ones(2, 2), forbid=getattr(check, group))
    assert "tensor([[1., 1.],\n        [1., 1.]], requires_grad=True)" in capsys.readouterr().out


def test_tensors_are_free_where_a_module_is_forbidden_that_imports_their_class(notebook):
    notebook("import torch\ndef f(x):\n    return torch.Tensor([1.0]) + torch.nn.Parameter(x)")
    given = {"forbid": ("torch.optim.lr_scheduler", "torch.nn.utils.clip_grad")}
    assert check.call("f", torch.ones(1), **given).item() == 2


def test_a_forbidden_class_is_still_a_class(notebook):
    notebook("from torch.optim import SGD\ndef f():\n    return isinstance(3, SGD)")
    assert check.call("f", forbid=check.OPTIMIZERS) is False


@pytest.mark.parametrize("group", ["GRADIENTS", "OPTIMIZERS", "SCHEDULES", "LOSSES",
                                   "LEAST_SQUARES", "EIGENVALUES"])
def test_everything_is_as_before_afterwards(notebook, group):
    notebook("from torch.linalg import eigvalsh as e\ndef f():\n    1 / 0")
    homes = [torch, torch.linalg, torch.optim, torch.autograd, torch.Tensor, torch.optim.SGD,
             np, np.linalg, sys.modules["__main__"]]
    before = [dict(vars(home)) for home in homes]
    refused("ZeroDivisionError", "call", "f", forbid=getattr(check, group))
    assert [dict(vars(home)) for home in homes] == before


def test_an_unknown_name_to_forbid_is_an_error(notebook):
    notebook("def f():\n    return 1")
    refused("AttributeError: .*eigenvalues", "call", "f", forbid=["torch.linalg.eigenvalues"])


# ---------------------------------------------------------------- raises

def test_raises_accepts_the_exception_and_its_children(notebook):
    notebook("class Shape(ValueError):\n    pass\ndef f(kind):\n"
             "    raise {'v': ValueError, 's': Shape}[kind]('bad')")
    check.raises("f", ValueError, "v")
    check.raises("f", ValueError, "s")


def test_raises_says_what_came_instead(notebook):
    notebook("def f(v):\n    if v:\n        raise TypeError('no')\n    return [1.0]")
    refused(r"f accepted a wrong input and returned \[1\]; expected it to raise ValueError. "
            "Look at: a column", "raises", "f", ValueError, 0, where="a column")
    refused("expected f to raise ValueError; f raised TypeError: no .line 3 of its cell.. "
            "It was given: 1. Look at: a column",
            "raises", "f", ValueError, 1, where="a column")


# ---------------------------------------------------------------- close, equal, true

def test_close_accepts_within_the_tolerance():
    check.close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0 + 1e-5]))
    check.close({"b": 1, "a": (2.0, [3])}, {"a": (2, [3.0]), "b": 1.0})
    check.close(1.0, 1.02, rtol=0.02)
    refused("expected 1.1, got 1.$", "close", 1.0, 1.1, rtol=0.02)


def test_a_message_says_what_was_expected_what_came_and_where_to_look():
    refused(r"expected tensor\(\[1, 2\]\), got tensor\(\[1, 5\]\); furthest off: "
            r"number 2 of 2, expected 2, got 5\. Look at: the sign",
            "close", torch.tensor([1.0, 5.0]), torch.tensor([1.0, 2.0]), "the sign")
    refused("expected 2, got 3. Look at: the sum", "equal", 3, 2, "the sum")


ONE = torch.ones(1)


@pytest.mark.parametrize("word", ["close", "equal"])
@pytest.mark.parametrize(("got", "want"), [
    (ONE, torch.ones(2)), (ONE, torch.ones(1, 1)), (ONE, ONE.double()), (ONE, ONE.numpy()),
    (1.0, ONE), (ONE, 1.0), (True, 1), (1, True), (None, 0), ("1", 1), ([1], (1,)), ([1], [1, 1]),
    ({"a": 1}, {"b": 1}), ({"a": 1, "b": 2}, {"a": 1}), (1j, 1.0)])
def test_type_shape_and_dtype_come_before_values(word, got, want):
    refused("expected a .*, got (a |nothing)", word, got, want)


@pytest.mark.parametrize(("got", "want"), [
    (float("nan"), 1.0), (float("nan"), float("nan")), (float("inf"), 1.0),
    (torch.tensor([1.0, float("nan")]), torch.tensor([1.0, 2.0])),
    (torch.tensor([float("nan"), 9.0]), torch.tensor([1.0, 2.0]))])
def test_nan_and_inf_are_never_close(got, want):
    refused("expected", "close", got, want)


def test_an_object_equal_to_everything_equals_nothing(notebook):
    notebook("class Any(float):\n    def __eq__(self, other):\n        return True\n"
             "class Anything:\n    def __eq__(self, other):\n        return True\n"
             "    __len__ = __float__ = lambda self: 1\n"
             "def f(kind):\n    return {'float': Any(1), 'object': Anything()}[kind]")
    for kind in ("float", "object"):
        refused("f returned an object of type Any", "call", "f", kind)
    everything = sys.modules["__main__"].Anything()
    refused("expected a number, got a Anything", "close", everything, 1.0)
    refused("expected a number, got a Anything", "equal", everything, 1.0)
    refused("expected 2, got 1", "equal", sys.modules["__main__"].Any(1), 2)


def test_equal_is_exact_in_words_too():
    check.equal(["a", 1, {"k": None}], ["a", 1.0, {"k": None}])
    refused("expected", "equal", 1.0 + 2**-52, 1.0)
    refused("expected", "equal", {"a": "x", "b": "y"}, {"b": "x", "a": "y"})


def test_true_takes_a_condition():
    check.true(torch.tensor(True), "never")
    refused("the loss rises", "true", np.bool_(False), "the loss rises")


# ---------------------------------------------------------------- contract, show

def test_contract_says_one_sentence_and_no_input(notebook):
    notebook("def f(x):\n    raise KeyError('secret')")
    for inside in (lambda: check.call("f", 12345), lambda: check.close(12345, 1),
                   lambda: {}["12345"]):
        with pytest.raises(check.Failed) as caught, check.contract("fails for a column vector"):
            inside()
        assert str(caught.value) == "hidden test: fails for a column vector."
        assert caught.value.__suppress_context__ and caught.value.__cause__ is None
        assert caught.value._render_traceback_() == [f"Not yet: {caught.value}"]


def test_show_prints_the_same_on_any_machine(notebook, capsys):
    notebook("import torch\ndef f(x):\n    return x")
    check.show("f", -0.0)
    check.show("f", torch.tensor([-0.0, -1e-7, 1 / 3], dtype=torch.float64))
    check.show("f", (torch.tensor(2 / 3), torch.tensor(2 / 3).double(), {"a": [float("nan")]}))
    check.show("f", torch.zeros(3, 5), digits=2)
    assert capsys.readouterr().out.splitlines() == [
        "f: 0", "f: tensor([0, -1e-07, 0.3333])",
        "f: (tensor(0.6667), tensor(0.6667), {'a': [nan]})",
        "f: tensor of shape (3, 5), torch.float32"]


def test_show_goes_on_when_there_is_nothing_to_show(notebook, capsys):
    notebook("def f():\n    raise NotImplementedError\ndef g():\n    1 / 0")
    for name in "fgh":
        check.show(name)
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "f: not written yet"
    assert second.startswith("g: g raised ZeroDivisionError") and "no function h" in third


@pytest.mark.parametrize("code", [
    "from scipy.linalg import eigvalsh\n    return eigvalsh(x)",
    "import scipy.linalg\n    return scipy.linalg.eigvalsh(x)",
    "import scipy\n    return scipy.linalg.eigvalsh(x)",
    "from scipy import linalg\n    return linalg.eigvalsh(x)"])
def test_a_forbidden_module_that_is_not_loaded_yet_is_refused_and_comes_back(code):
    program = ("import sys, numpy as np\nfrom labkit import check\n"
               f"def f(x):\n    {code}\n"
               "x = np.diag([1.0, 2.0])\nassert 'scipy' not in sys.modules\n"
               "try:\n    check.call('f', x, forbid=check.EIGENVALUES)\n"
               "except check.Failed as failure:\n    print(failure)\n"
               "print(check.call('f', x).tolist())\n")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "eigvalsh earns nothing in this task" in done.stdout, done.stdout + done.stderr
    assert done.stdout.endswith("[1.0, 2.0]\n"), done.stderr
