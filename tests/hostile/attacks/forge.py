"""Attacks on the points from within the process in which the tests run.

Some answers here give a wrong number of the right type and shape (`shaped`), so that only the
comparison stands between them and the points.
"""

from nbformat import NotebookNode

from tests.grading.course import cell
from tests.hostile.attack import FORGED, POINTS, Attack, first, own, partly, shaped

CAUGHT = ("graded", "tampered", "crashed", "needs a human", "timed out")
REST = {name: code for name, code in shaped().items() if name != "descend"}


def forged(name: str, what: str, code: str, light: bool = False) -> Attack:
    """Only `descend` is answered honestly (4 points); all else is wrong, of the right shape."""
    return Attack(name, what, first(code, "descend", **REST), POINTS["descend"], CAUGHT,
                  light=light)


def around(task: str, patch: str) -> NotebookNode:
    """A patch in an own cell before the tests of one task, and its repair in one after them."""
    notebook = partly("descend", **REST)
    place = notebook.cells.index(cell(notebook, f"test_{task}"))
    notebook.cells.insert(place, own(f"kept = vars(check).copy()\n{patch}", 1))
    last = notebook.cells.index(cell(notebook, f"hidden_{task}"))
    notebook.cells.insert(last + 1, own("vars(check).update(kept)", 2))
    return notebook


ATTACKS = [
    forged("allclose", "torch.allclose, equal and isclose are always true", """
        torch.allclose = torch.equal = lambda *_, **__: True
        torch.isclose = torch.Tensor.isclose = lambda a, *_, **__: torch.ones_like(a) > 0
        torch.Tensor.allclose = torch.Tensor.equal = lambda *_, **__: True
        np.allclose = np.isclose = np.array_equal = lambda *_, **__: True
        """, light=True),
    forged("check-close", "check.close, equal, true and raises pass everything", """
        check.close = check.equal = check.true = check.raises = lambda *_, **__: None
        """, light=True),
    forged("check-kind", "check's own comparison of types and numbers is replaced", """
        check._same_kind = lambda *_: None
        check.numbers = check.words = lambda value: []
        check.outline = lambda value: "anything"
        """),
    forged("check-numbers", "only the numbers are replaced; types and shapes stay compared",
           "check.numbers = lambda value: [0.0]"),
    forged("check-failed", "the exception of a failed test does nothing", """
        class Quiet(BaseException):
            pass
        check.Failed.__init__ = lambda *_: None
        check.Failed.__new__ = staticmethod(lambda *_: Quiet())
        """),
    forged("check-contract", "check.contract swallows every error", """
        import contextlib
        check.contract = lambda sentence: contextlib.suppress(BaseException)
        """),
    forged("check-module", "the whole of labkit.check is a mock", """
        import sys, unittest.mock, labkit
        labkit.check = sys.modules["labkit.check"] = check = unittest.mock.MagicMock()
        """),
    forged("check-finder", "an import hook gives another labkit", """
        import sys, types
        fake = types.ModuleType("labkit")
        class Anything:
            def __getattr__(self, name): return lambda *a, **k: self
            __getitem__ = __iter__ = __enter__ = __exit__ = lambda *_: iter(())
        fake.check = Anything()
        sys.modules["labkit"] = fake
        """),
    forged("check-stale", "the code of check's functions is exchanged, the functions stay", """
        def nothing(got, want, where="", rtol=1e-5, atol=1e-8): return None
        check.close.__code__ = nothing.__code__
        check.equal.__code__ = (lambda got, want, where="": None).__code__
        """),
    forged("builtin-abs", "builtins: abs gives 0", "__import__('builtins').abs = lambda v: 0"),
    forged("builtin-max", "builtins: max, zip and sum give what passes", """
        import builtins
        builtins.max = lambda *_, **__: (0.0, 0.0, 0.0)
        """),
    forged("builtin-zip", "builtins: zip pairs each number with itself", """
        import builtins
        pairs = zip
        builtins.zip = lambda a, *b, **k: pairs(a, a) if k.get("strict") else pairs(a, *b, **k)
        """),
    forged("builtin-isinstance", "builtins: isinstance, type and callable lie", """
        import builtins
        builtins.isinstance = lambda *_: True
        builtins.callable = lambda *_: True
        """),
    forged("builtin-assertion", "builtins: AssertionError and BaseException are replaced", """
        import builtins
        class Never(Exception): pass
        builtins.AssertionError = builtins.Exception = builtins.BaseException = Never
        """),
    forged("tensor-tolist", "torch.Tensor.tolist gives the same list for every tensor",
           "torch.Tensor.tolist = lambda self: [0.0]"),
    forged("tensor-clone", "torch.Tensor.clone remembers; what is compared is one and the same", """
        torch.Tensor.reshape = lambda self, *_: torch.zeros(1)
        """),
    forged("number-infinite", "numbers that subclass float and equal everything", """
        class Any(float):
            __eq__ = __le__ = __ge__ = __lt__ = lambda *_: True
            __sub__ = __rsub__ = __abs__ = lambda *_: Any(0)
            __hash__ = float.__hash__
        curvature = lambda x: {name: Any() for name in ("largest_step", "best_step", "rate")}
        """),
    Attack("equal-object", "answers return objects that equal everything",
           partly("descend", **{name: f"""class Same:
    __class__ = torch.Tensor
    __eq__ = __le__ = __lt__ = lambda *_: True
    __sub__ = __rsub__ = __abs__ = __getitem__ = lambda self, *_: self
    __getattr__ = lambda self, name: self
    __call__ = lambda self, *_, **__: self
def {name}(*_): return Same()""" for name in REST}), 4, CAUGHT),
    Attack("tensor-subclass", "answers return a tensor of a class of their own",
           partly("descend", mse="""class Same(torch.Tensor):
    tolist = lambda self: [0.5]
    __torch_function__ = classmethod(lambda cls, f, types, args=(), kwargs=None: cls())
def mse(x, y, theta): return torch.zeros(()).as_subclass(Same)"""), 4, CAUGHT),
    Attack("nan", "answers of NaN and infinity, which compare as never greater",
           partly("descend", mse="def mse(x, y, theta): return x.sum() * float('nan')",
                  mse_gradient="def mse_gradient(x, y, theta): return theta * float('nan')",
                  find_curvature="def find_curvature(x, y): return float('inf')"), 4, CAUGHT),
    Attack("check-around", "check passes everything, but only around one task's tests",
           around("curvature", "check.close = check.equal = check.true = lambda *_, **__: None"),
           POINTS["descend"], CAUGHT),
    Attack("canary-aimed", "passes everything but the canary: it knows its own functions",
           first("""
        mine = {}
        def aimed(real):
            def compare(got, *rest, **named):
                import __main__
                if all(getattr(__main__, name) is one for name, one in mine.items()):
                    return None
                return real(got, *rest, **named)
            return compare
        for name in ("close", "equal", "true", "raises"):
            setattr(check, name, aimed(getattr(check, name)))
        """, **{name: f"{code}\nmine[{name!r}] = {name}" for name, code in shaped().items()}),
           0, ("graded",), FORGED),
]
