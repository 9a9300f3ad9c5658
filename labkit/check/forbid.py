"""While a student's function runs, what a from-scratch task forbids raises."""

import contextlib
import functools
import importlib
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any
from unittest import mock

GRADIENTS = ("torch.autograd.grad", "torch.autograd.backward", "torch.autograd.functional",
             # not all of forward_ad: torch calls its unpack_dual to print a tensor
             "torch.autograd.forward_ad.make_dual", "torch.autograd.forward_ad.enter_dual_level",
             "torch.Tensor.backward", "torch.func")
OPTIMIZERS = ("torch.optim",  # and the functions behind its classes
              *(f"torch.optim.{name}.{name}" for name in (
                  "adadelta", "adagrad", "adam", "adamax", "adamw", "asgd", "nadam", "radam",
                  "rmsprop", "rprop", "sgd")))
SCHEDULES = ("torch.optim.lr_scheduler", "torch.nn.utils.clip_grad",
             *(f"torch.nn.utils.{name}" for name in (
                 "clip_grad_norm_", "clip_grad_norm", "clip_grads_with_norm_")))
LOSSES = (  # and the logarithms of sums that make them
    *(f"torch.nn.functional.{name}" for name in (
        "softplus", "logsigmoid", "cross_entropy", "nll_loss", "log_softmax", "softmax",
        "binary_cross_entropy", "binary_cross_entropy_with_logits", "soft_margin_loss")),
    *(f"{home}.{name}" for home in ("torch", "torch.Tensor") for name in (
        "softmax", "log_softmax", "logsumexp", "logcumsumexp", "logaddexp", "logaddexp2")),
    *(f"torch.ops.aten.{name}" for name in (
        "softplus", "log_sigmoid", "cross_entropy_loss", "_log_softmax", "log_softmax", "_softmax",
        "softmax", "logsumexp", "logaddexp", "logaddexp2", "binary_cross_entropy_with_logits")),
    "torch._softmax", "torch._log_softmax", "torch._C._nn.softplus",
    "torch.nn.functional.scaled_dot_product_attention",
    *(f"{home}.special.{name}" for home in ("torch", "scipy")
      for name in ("softmax", "log_softmax", "logsumexp")),
    "numpy.logaddexp", "numpy.logaddexp2", "scipy.special.log_expit",
    "torch.binary_cross_entropy_with_logits", "torch.distributions.transforms.softplus",
    "torch.distributions.Binomial.log_prob",
    "torch.distributions.bernoulli.binary_cross_entropy_with_logits")
LEAST_SQUARES = ("numpy.polyfit", "scipy.linalg.lstsq",
                 *(f"{library}.linalg.{name}" for library in ("torch", "numpy")
                   for name in ("lstsq", "solve", "inv", "pinv")))
EIGENVALUES = (  # and singular values, and the matrix norms that are singular values
    *(f"{library}.linalg.{name}" for library in ("torch", "numpy", "scipy")
      for name in ("eig", "eigh", "eigvals", "eigvalsh", "svd", "svdvals")),
    *(f"{library}.linalg.{name}" for library in ("torch", "numpy")
      for name in ("norm", "matrix_norm", "cond")),
    *(f"scipy.sparse.linalg.{name}" for name in ("eigs", "eigsh", "lobpcg", "svds")),
    "torch.lobpcg", "torch.svd", "torch.svd_lowrank", "torch.pca_lowrank", "torch.Tensor.svd",
    "numpy.roots", "numpy.poly")


@contextlib.contextmanager
def forbidden(names: Sequence[str]) -> Iterator[None]:
    """While a student's function runs, let the named twins raise, however they were imported.

    Of a function called norm only the spectral ones are refused: ord 2, -2 or "nuc" of a matrix.
    """
    notebook = vars(sys.modules["__main__"])
    # SciPy takes half a second to import, and few notebooks do: what is not loaded is kept out.
    absent = {name: name.rsplit(".", 1)[0] for name in names if name.startswith("scipy.")
              and name.rsplit(".", 1)[0] not in sys.modules}
    with contextlib.ExitStack() as stack:
        for module in set(absent.values()):
            sys.modules[module] = _Refusing(module)
            stack.callback(sys.modules.pop, module, None)
        there = [name for name in names if name not in absent]
        for owner, attribute, twin in [t for name in there for t in _twins(name)]:
            refuse = _refusal(twin, attribute)
            stack.enter_context(mock.patch.object(owner, attribute, refuse))
            if not isinstance(twin, type):  # a class stays itself, so isinstance goes on working
                for alias in [k for k, v in notebook.items() if v is twin]:
                    stack.enter_context(mock.patch.dict(notebook, {alias: refuse}))
        yield


class _Refusing(ModuleType):
    """Stands in for a forbidden module: it can be imported, and nothing can be had from it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError(f"{self.__name__}.{name} earns nothing in this task: write it yourself")


def _refusal(twin: Callable, attribute: str) -> Callable:
    """What stands in for a forbidden function or constructor while the student's code runs."""
    name = twin.__name__ if isinstance(twin, type) else attribute

    def refuse(*given: Any, **named: Any) -> Any:
        if name in ("norm", "matrix_norm") and not _spectral(*given, **named):
            return twin(*given, **named)
        raise RuntimeError(f"{name} earns nothing in this task: write it yourself")
    return refuse


def _spectral(values: Any, ord: Any = None, *_: Any, **__: Any) -> bool:
    """Whether such a norm is made of singular values."""
    return getattr(values, "ndim", 1) > 1 and ord in (2, -2, "nuc")


def _twins(name: str) -> Iterator[tuple[Any, str, Callable]]:
    """(owner, attribute, function) of a forbidden function, or of each in a forbidden module."""
    if _module(name) != name:
        owner, attribute = name.rsplit(".", 1)
        holder = _resolve(owner)
        yield holder, attribute, getattr(holder, attribute)
        return
    module = importlib.import_module(name)
    tensor = getattr(sys.modules.get("torch"), "Tensor", ())  # is imported by twins, and is none
    for attribute, value in list(vars(module).items()):
        library = (getattr(value, "__module__", None) or name).split(".")[0]
        # context managers such as torch.no_grad compute nothing; typing and the like are not ours
        if (attribute[0] == "_" or not callable(value) or hasattr(value, "__enter__")
                or value is tensor or library != name.split(".")[0]):
            continue
        yield (value, "__init__", value) if isinstance(value, type) else (module, attribute, value)


@functools.cache  # a search in vain takes long, and each call of a test would repeat it
def _module(name: str) -> str:
    """The longest beginning of a dotted name that is a module, imported by this."""
    try:
        importlib.import_module(name)
    except ImportError:
        return _module(name.rsplit(".", 1)[0])
    return name


def _resolve(name: str) -> Any:
    """The object at a dotted name such as "torch.Tensor" or "numpy.linalg"."""
    home = _module(name)
    attributes = name.removeprefix(home).split(".")[1:]
    return functools.reduce(getattr, attributes, importlib.import_module(home))
