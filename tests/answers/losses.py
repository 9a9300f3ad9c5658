"""Answers to the assignment losses."""

from textwrap import dedent

from tests.answers.bank import remembering, right, wrong


def edited(code, *pairs):
    """A copy of `code` with each old piece, which stands in it once, replaced by its new one."""
    code = dedent(code).strip()
    for old, new in pairs:
        assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times in\n{code}"
        code = code.replace(old, new)
    return code


def digits(*names):
    """A function that names a task's graded cells by digits: "13" is the first and the third."""
    return lambda which: " ".join(names[int(digit) - 1] for digit in which)


SOFTPLUS = """
def softplus(a):
    value = torch.relu(a) + torch.log1p(torch.exp(-a.abs()))
    slope = torch.sigmoid(a)
    return value, slope
"""
_VALUE, _SLOPE = "torch.relu(a) + torch.log1p(torch.exp(-a.abs()))", "torch.sigmoid(a)"
_BOTH = "test_softplus hidden_softplus"

PINBALL = """
def pinball(y, prediction, q):
    if y.shape != prediction.shape:
        raise ValueError("shapes differ")
    if q <= 0 or q >= 1:
        raise ValueError("q is out of range")
    e = y - prediction
    loss = torch.max(q * e, (q - 1) * e).mean()
    slope = torch.where(e > 0, -q, 1.0 - q).to(y.dtype)
    slope[e == 0] = 0
    return loss, slope / len(y)
"""
_PIN = "test_pinball hidden_pinball"

ENTROPY = """
def cross_entropy(a, labels):
    n, k = a.shape
    if (labels < 0).any() or (labels >= k).any():
        raise ValueError("a label is out of range")
    a = a - a.max(dim=1, keepdim=True).values
    total = torch.exp(a).sum(dim=1)
    picked = a[torch.arange(n), labels]
    loss = (torch.log(total) - picked).mean()
    hot = torch.zeros_like(a)
    hot[torch.arange(n), labels] = 1
    gradient = (torch.exp(a) / total[:, None] - hot) / n
    return loss, gradient
"""
entropy = digits("test_cross_entropy", "test_gradient", "hidden_cross_entropy", "hidden_gradient")

NORMS = """
def backward_norms(x, weights, activation):
    if activation == "sigmoid":
        f, slope = torch.sigmoid, lambda a: torch.sigmoid(a) * (1 - torch.sigmoid(a))
    elif activation == "tanh":
        f, slope = torch.tanh, lambda a: 1 - torch.tanh(a) ** 2
    elif activation == "relu":
        f, slope = torch.relu, lambda a: (a > 0).to(a.dtype)
    else:
        raise ValueError(activation)
    u, sums = x, []
    for w in weights:
        sums.append(u @ w)
        u = f(sums[-1])
    back, norms = torch.ones_like(u), []
    for k in range(len(weights) - 1, -1, -1):
        back = back * slope(sums[k])
        norms.append(float((back ** 2).sum().sqrt()))
        back = back @ weights[k].T
    norms.reverse()
    return norms
"""
_NORM = "test_backward_norms hidden_backward_norms hidden_relu"
_NORM_SMOOTH = "test_backward_norms hidden_backward_norms"
_NORMS_HIDDEN = "hidden_backward_norms hidden_relu"

FIT = """
def fit_classifier(x, y, eta, steps):
    n, d = x.shape
    w = torch.zeros(d, dtype=x.dtype)
    b = torch.zeros((), dtype=x.dtype)
    losses = []
    for step in range(steps + 1):
        a = x @ w + b
        loss = torch.relu(a) - a * y + torch.log1p(torch.exp(-a.abs()))
        losses.append(loss.mean())
        if step == steps:
            break
        error = torch.sigmoid(a) - y
        w = w - eta * (error @ x) / n
        b = b - eta * error.mean()
    return w, b, torch.stack(losses)
"""

fit = digits("test_fit_classifier", "hidden_fit_classifier", "hidden_losses")

_STABLE = "torch.relu(a) - a * y + torch.log1p(torch.exp(-a.abs()))"

GAIN = """
def balanced_gain(leak):
    factors = [growth(1.0, leak, seed) for seed in range(9)]
    return 1 / sorted(factors)[4]
"""
_GAIN = "test_balanced_gain hidden_balanced_gain"

ANSWERS = [
    # ------------------------------------------------------------------ task 1: softplus
    wrong("softplus", "as printed: overflows", "hidden_softplus", 1,
          edited(SOFTPLUS, (_VALUE, "torch.log(1 + torch.exp(a))"))),
    wrong("softplus", "the first result for every input of that shape", "hidden_softplus", 1,
          "seen = {}\n" + edited(SOFTPLUS, (
              "return value, slope",
              "return seen.setdefault((a.shape, a.dtype), (value, slope))"))),
    wrong("softplus", "a library's twin to base 2", _BOTH, 0,
          edited(SOFTPLUS, (_VALUE, "torch.logaddexp2(0 * a, a / math.log(2)) * math.log(2)"))),
    wrong("softplus", "log1p of an exponential that overflows", "hidden_softplus", 1,
          edited(SOFTPLUS, (_VALUE, "torch.log1p(torch.exp(a))"))),
    wrong("softplus", "log of 1 + t: tiny values are lost", "hidden_softplus", 1,
          edited(SOFTPLUS, (_VALUE, "a.clamp(min=0) + torch.log(1 + torch.exp(-a.abs()))"))),
    wrong("softplus", "clamps the input to avoid inf", "hidden_softplus", 1,
          edited(SOFTPLUS, (_VALUE, "torch.log1p(torch.exp(a.clamp(-50, 50)))"))),
    wrong("softplus", "a small number inside the logarithm", "test_softplus hidden_softplus", 0,
          edited(SOFTPLUS, (_VALUE, "torch.log(1.001 + torch.exp(a))"))),
    wrong("softplus", "ReLU", _BOTH, 0, edited(SOFTPLUS, (_VALUE, "torch.relu(a)"))),
    wrong("softplus", "the logarithm of base 2", _BOTH, 0,
          edited(SOFTPLUS, (_VALUE, "torch.relu(a) + torch.log2(1 + torch.exp(-a.abs()))"))),
    wrong("softplus", "the sign of the exponent", _BOTH, 0,
          edited(SOFTPLUS, (_VALUE, "torch.relu(a) + torch.log1p(torch.exp(a.abs()))"))),
    wrong("softplus", "softplus of -a", _BOTH, 0,
          edited(SOFTPLUS, (_VALUE, "torch.relu(-a) + torch.log1p(torch.exp(-a.abs()))"))),
    wrong("softplus", "the slope of the sigmoid", "hidden_softplus", 1,
          edited(SOFTPLUS, (_SLOPE, "torch.sigmoid(a) * (1 - torch.sigmoid(a))"))),
    wrong("softplus", "the slope mirrored", "hidden_softplus", 1,
          edited(SOFTPLUS, (_SLOPE, "torch.sigmoid(-a)"))),
    wrong("softplus", "a slope that is inf/inf", "hidden_softplus", 1,
          edited(SOFTPLUS, (_SLOPE, "torch.exp(a) / (1 + torch.exp(a))"))),
    wrong("softplus", "the slope of ReLU", "hidden_softplus", 1,
          edited(SOFTPLUS, (_SLOPE, "(a > 0).to(a.dtype)"))),
    wrong("softplus", "value alone", _BOTH, 0, edited(SOFTPLUS, ("return value, slope",
                                                                 "return value"))),
    wrong("softplus", "the two results swapped", _BOTH, 0,
          edited(SOFTPLUS, ("return value, slope", "return slope, value"))),
    wrong("softplus", "float32 is forced", "hidden_softplus", 1,
          edited(SOFTPLUS, ("def softplus(a):", "def softplus(a):\n    a = a.float()"))),
    wrong("softplus", "float64 is returned", "test_softplus hidden_softplus", 0,
          edited(SOFTPLUS, ("def softplus(a):", "def softplus(a):\n    a = a.double()"))),
    wrong("softplus", "two branches, and 0 falls between them", "test_softplus", 1,
          edited(SOFTPLUS, (_VALUE, f"({_VALUE}) * (a != 0)"))),
    wrong("softplus", "two loops, so that one axis is too few", _BOTH, 0, """
        def softplus(a):
            value, slope = torch.empty_like(a), torch.empty_like(a)
            for i in range(a.shape[0]):
                for j in range(a.shape[1]):
                    v = a[i, j]
                    value[i, j] = torch.relu(v) + torch.log1p(torch.exp(-v.abs()))
                    slope[i, j] = torch.sigmoid(v)
            return value, slope
    """),
    wrong("softplus", "the library's twin", _BOTH, 0,
          edited(SOFTPLUS, (_VALUE, "torch.nn.functional.softplus(a)"))),
    wrong("softplus", "logaddexp", _BOTH, 0,
          edited(SOFTPLUS, (_VALUE, "torch.logaddexp(a, torch.zeros_like(a))"))),
    wrong("softplus", "NumPy's logaddexp", _BOTH, 0, """
        import numpy as np

        def softplus(a):
            return torch.from_numpy(np.logaddexp(0, a.numpy())).to(a.dtype), torch.sigmoid(a)
    """),
    wrong("softplus", "logcumsumexp", _BOTH, 0, edited(
        SOFTPLUS, (_VALUE, "torch.stack([torch.zeros_like(a), a]).logcumsumexp(0)[1]"))),
    wrong("softplus", "SciPy's logarithm of the sigmoid", _BOTH, 0, """
        import scipy.special

        def softplus(a):
            return torch.from_numpy(-scipy.special.log_expit(-a.numpy())), torch.sigmoid(a)
    """),
    wrong("softplus", "row by row, and a single number has no row", "hidden_softplus", 1, """
        def softplus(a):
            rows = a.reshape(-1, a.shape[-1])
            value = torch.stack([row.clamp(min=0) + torch.log1p(torch.exp(-row.abs()))
                                 for row in rows])
            return value.reshape(a.shape), torch.sigmoid(a)
    """),
    wrong("softplus", "the numbers of the visible test", "hidden_softplus", 1, """
        def softplus(a):
            return (torch.tensor([0.6931472, 1.3132617, 0.3132617]),
                    torch.tensor([0.5, 0.7310586, 0.2689414]))
    """),
    wrong("softplus", "a helper with a name that the tests keep for themselves", _BOTH, 0, """
        def _value(a):
            return torch.relu(a) + torch.log1p(torch.exp(-a.abs()))


        def softplus(a):
            return _value(a), torch.sigmoid(a)
    """),
    wrong("softplus", "empties a list of what is forbidden", _BOTH, 0, """
        _scratch = TWINS = ()


        def softplus(a):
            return torch.logaddexp(a, torch.zeros_like(a)), torch.sigmoid(a)
    """),
    wrong("softplus", "beneath the library's functions", _BOTH, 0, """
        def softplus(a):
            return torch.ops.aten.softplus(a), torch.sigmoid(a)
    """),
    right("softplus", "relu and sigmoid", SOFTPLUS),
    wrong("softplus", "small results mended far away only", "hidden_softplus", 1, edited(
        SOFTPLUS, (_VALUE, "torch.where(a < -19, torch.exp(a), torch.relu(a) + "
                           "torch.log(1 + torch.exp(-a.abs())))"))),
    right("softplus", "a threshold of 15", edited(
        SOFTPLUS, (_VALUE, "torch.where(a > 15, a, torch.log1p(torch.exp(a.clamp(max=16))))"))),
    right("softplus", "two branches", """
        def softplus(a):
            t = torch.exp(-torch.abs(a))
            value = torch.where(a > 0, a + torch.log1p(t), torch.log1p(t))
            slope = torch.where(a > 0, 1 / (1 + t), t / (1 + t))
            return value, slope
    """),
    right("softplus", "loops over numbers with math", """
        def softplus(a):
            flat = a.flatten().tolist()
            value = [max(v, 0.0) + math.log1p(math.exp(-abs(v))) for v in flat]
            slope = [1 / (1 + math.exp(-v)) if v > -700 else 0.0 for v in flat]
            return (torch.tensor(value, dtype=a.dtype).reshape(a.shape),
                    torch.tensor(slope, dtype=a.dtype).reshape(a.shape))
    """),
    right("softplus", "the larger exponent taken out of two", """
        def softplus(a):
            m = torch.maximum(a, torch.zeros_like(a))
            small = torch.minimum(a, torch.zeros_like(a)) - m + torch.minimum(m, m)
            return m + torch.log1p(torch.exp(small - m)), torch.sigmoid(a)
    """),
    right("softplus", "changes its argument in place", """
        def softplus(a):
            slope = torch.sigmoid(a)
            rest = a.abs().neg_().exp_().log1p_()
            a.clamp_(min=0)
            a += rest
            return a, slope
    """),
    right("softplus", "the library's threshold of 20", edited(
        SOFTPLUS, (_VALUE, "torch.where(a > 20, a, torch.log1p(torch.exp(a)))"))),
    right("softplus", "a list of two", edited(SOFTPLUS, ("return value, slope",
                                                         "return [value, slope]"))),
    # ------------------------------------------------------------------ task 2: pinball
    wrong("pinball", "the sign of the gradient", "hidden_pinball", 1,
          edited(PINBALL, ("-q, 1.0 - q", "q, q - 1.0"))),
    wrong("pinball", "the gradient is not divided by N", "hidden_pinball", 1,
          edited(PINBALL, ("slope / len(y)", "slope"))),
    wrong("pinball", "the sum, not the mean", _PIN, 0, edited(PINBALL, (".mean()", ".sum()"))),
    wrong("pinball", "prediction minus target", _PIN, 0,
          edited(PINBALL, ("y - prediction\n", "prediction - y\n"))),
    wrong("pinball", "q and 1 - q swapped", _PIN, 0,
          edited(PINBALL, ("e = y", "q = 1 - q\n    e = y"))),
    wrong("pinball", "absolute error", _PIN, 0,
          edited(PINBALL, ("torch.max(q * e, (q - 1) * e)", "e.abs()"))),
    wrong("pinball", "the smaller of the two", _PIN, 0, edited(PINBALL, ("torch.max",
                                                                         "torch.min"))),
    wrong("pinball", "the corner counts as too high", "hidden_pinball", 1,
          edited(PINBALL, ("    slope[e == 0] = 0\n", ""))),
    wrong("pinball", "a corner that is a thousandth wide", "hidden_pinball", 1, """
        def pinball(y, prediction, q):
            if not 0 < q < 1 or y.shape != prediction.shape:
                raise ValueError("q or shape")
            e = y - prediction
            slope = torch.where(e > 0, -q, 1 - q).to(e.dtype) * (e.abs() > 1e-3)
            return torch.maximum(q * e, (q - 1) * e).mean(), slope / len(y)
    """),
    wrong("pinball", "the corner counts as too low", "hidden_pinball", 1,
          edited(PINBALL, ("    slope[e == 0] = 0\n", ""), ("e > 0", "e >= 0"))),
    wrong("pinball", "one error of 0 makes the whole gradient 0", "hidden_pinball", 1,
          edited(PINBALL, ("slope[e == 0] = 0", "slope *= (e != 0).all()"))),
    wrong("pinball", "divides by the errors that are not 0", "hidden_pinball", 1,
          edited(PINBALL, ("slope / len(y)", "slope / (e != 0).sum().clamp(min=1)"))),
    wrong("pinball", "squeeze drops the axis of a single parcel", "hidden_pinball", 1,
          edited(PINBALL, ("e = y - prediction",
                           "e = (y - prediction).squeeze()"))),
    wrong("pinball", "accepts q = 0 and q = 1", "hidden_pinball", 1,
          edited(PINBALL, ("q <= 0 or q >= 1", "q < 0 or q > 1"))),
    wrong("pinball", "no look at q", "hidden_pinball", 1,
          edited(PINBALL, ("q <= 0 or q >= 1", "False"))),
    wrong("pinball", "no look at the shapes", "hidden_pinball", 1,
          edited(PINBALL, ("y.shape != prediction.shape", "False"))),
    wrong("pinball", "compares lengths, not shapes", "hidden_pinball", 1,
          edited(PINBALL, ("y.shape != prediction.shape", "len(y) != len(prediction)"))),
    wrong("pinball", "asserts", "hidden_pinball", 1,
          edited(PINBALL, ('        raise ValueError("q is out of range")',
                           "        raise AssertionError"))),
    wrong("pinball", "float32 is forced", "hidden_pinball", 1,
          edited(PINBALL, ("e = y - prediction", "y = y.float()\n    e = y - prediction.float()"))),
    wrong("pinball", "float64 is returned", "test_pinball", 1,
          edited(PINBALL, ("e = y - prediction",
                           "y = y.double()\n    e = y - prediction.double()"))),
    wrong("pinball", "the loss as a Python number", _PIN, 0,
          edited(PINBALL, (".mean()", ".mean().item()"))),
    wrong("pinball", "the gradient's mean", "hidden_pinball", 1,
          edited(PINBALL, ("slope / len(y)", "slope.mean()"))),
    wrong("pinball", "no gradient: zeros", "hidden_pinball", 1,
          edited(PINBALL, ("slope / len(y)", "0 * slope"))),
    wrong("pinball", "remembers by the targets, whatever the prediction", "hidden_pinball", 1,
          remembering(PINBALL, "(tuple(y.tolist()), q)")),
    wrong("pinball", "always the median", _PIN, 0,
          edited(PINBALL, ("e = y", "q = 0.5\n    e = y"))),
    wrong("pinball", "the worked example, hard-coded", "hidden_pinball", 1, """
        def pinball(y, prediction, q):
            return torch.tensor(0.55), torch.tensor([-0.45, 0.05])
    """),
    wrong("pinball", "automatic differentiation", _PIN, 0, """
        def pinball(y, prediction, q):
            if y.shape != prediction.shape or not 0 < q < 1:
                raise ValueError
            prediction.requires_grad_()
            e = y - prediction
            loss = torch.maximum(q * e, (q - 1) * e).mean()
            loss.backward()
            return loss, prediction.grad
    """),
    wrong("pinball", "remembers by shape", "hidden_pinball", 1,
          remembering(PINBALL, "y.shape, y.dtype, q")),
    right("pinball", "weights that are float32 numbers", """
        def pinball(y, prediction, q):
            if y.shape != prediction.shape or not 0 < q < 1:
                raise ValueError("shapes or q")
            e = y - prediction
            weight = torch.where(e > 0, q, 1 - q)
            return (weight * e.abs()).mean(), -weight.to(y.dtype) * e.sign() / len(y)
    """),
    right("pinball", "where and a mask", PINBALL),
    right("pinball", "the sign", """
        def pinball(y, prediction, q):
            if y.shape != prediction.shape or not 0 < q < 1:
                raise ValueError
            e = y - prediction
            s = torch.sign(e)
            loss = ((q - 0.5) * e + 0.5 * e.abs()).mean()
            slope = -((q - 0.5) * s.abs() + 0.5 * s)
            return loss, slope / y.numel()
    """),
    right("pinball", "a loop", """
        def pinball(y, prediction, q):
            if list(y.shape) != list(prediction.shape):
                raise ValueError("shapes")
            if not (q > 0 and q < 1):
                raise ValueError("q")
            total, slopes = 0.0, []
            for target, guess in zip(y.tolist(), prediction.tolist()):
                e = target - guess
                total += q * e if e > 0 else (q - 1) * e
                slopes.append(-q if e > 0 else 1 - q if e < 0 else 0.0)
            n = len(slopes)
            return (torch.tensor(total / n, dtype=y.dtype),
                    torch.tensor(slopes, dtype=y.dtype) / n)
    """),
    right("pinball", "two clamps", """
        class QuantileError(ValueError):
            pass

        def pinball(y, prediction, q):
            if y.size() != prediction.size() or not 0 < q < 1:
                raise QuantileError
            e = y - prediction
            loss = q * e.clamp(min=0) + (1 - q) * (-e).clamp(min=0)
            gradient = (1 - q) * (e < 0) - q * (e > 0).to(y)
            return loss.mean(), gradient.to(y.dtype) / len(e)
    """),
    right("pinball", "float64 inside", """
        def pinball(y, prediction, q):
            if y.shape != prediction.shape or not 0 < q < 1:
                raise ValueError
            e = (y - prediction).double()
            loss = torch.where(e > 0, q * e, (q - 1) * e).mean()
            gradient = torch.where(e > 0, -q, torch.where(e < 0, 1 - q, 0.0)) / len(e)
            return loss.to(y.dtype), gradient.to(y.dtype)
    """),
    right("pinball", "prints a tensor", edited(PINBALL, (
        "    e = y", "    print(prediction, f'{y}')\n    e = y"))),
    right("pinball", "in place", """
        def pinball(y, prediction, q):
            if y.shape != prediction.shape or not 0 < q < 1:
                raise ValueError
            y -= prediction
            gradient = torch.zeros_like(y)
            gradient[y > 0] = -q / len(y)
            gradient[y < 0] = (1 - q) / len(y)
            return -(gradient * y).sum(), gradient
    """),
    # ------------------------------------------------------------------ task 3: cross_entropy
    wrong("cross_entropy", "looks at the first and the smallest label only",
          entropy("3"), 3, edited(ENTROPY, (
              "(labels < 0).any() or (labels >= k).any()",
              "labels.min() < 0 or labels[0] >= k or labels.max() - labels.min() >= k"))),
    wrong("cross_entropy", "no shift: overflows", entropy("34"), 2,
          edited(ENTROPY, ("    a = a - a.max(dim=1, keepdim=True).values\n", ""))),
    wrong("cross_entropy", "one shift for the whole table", entropy("34"), 2,
          edited(ENTROPY, ("a.max(dim=1, keepdim=True).values", "a.max()"))),
    wrong("cross_entropy", "shifts by the mean", entropy("34"), 2,
          edited(ENTROPY, ("a.max(dim=1, keepdim=True).values", "a.mean(dim=1, keepdim=True)"))),
    wrong("cross_entropy", "shifts by the smallest", entropy("34"), 2,
          edited(ENTROPY, ("a.max(dim=1, keepdim=True).values",
                                  "a.min(dim=1, keepdim=True).values"))),
    wrong("cross_entropy", "the largest of each column", entropy("1234"), 0,
          edited(ENTROPY, ("total = torch.exp(a).sum(dim=1)", "total = torch.exp(a).sum(dim=0)"))),
    wrong("cross_entropy", "clamps the logits", entropy("34"), 2,
          edited(ENTROPY, ("a = a - a.max(dim=1, keepdim=True).values", "a = a.clamp(-60, 60)"))),
    wrong("cross_entropy", "clamps the shifted logits far away", entropy("3"), 3,
          edited(ENTROPY, ("    total =", "    a = a.clamp(min=-1e6)\n    total ="))),
    wrong("cross_entropy", "adds the largest logit back before it subtracts",
          entropy("3"), 3,
          edited(ENTROPY, ("    a = a -", "    top, whole = a.max(dim=1).values, a\n    a = a -"),
                 ("a[torch.arange(n), labels]\n", "whole[torch.arange(n), labels]\n"),
                 ("torch.log(total) - picked", "top + torch.log(total) - picked"))),
    wrong("cross_entropy", "SciPy's softmax", entropy("1234"), 0,
          edited(ENTROPY, ("torch.exp(a) / total[:, None]",
                           "torch.from_numpy(scipy.special.softmax(a.numpy(), 1))"),
                 ("def cross", "import scipy.special\n\ndef cross"))),
    wrong("cross_entropy", "the logarithm of a probability", entropy("3"), 3,
          edited(ENTROPY, ("torch.log(total) - picked", "-torch.log(torch.exp(picked) / total)"))),
    wrong("cross_entropy", "epsilon in the logarithm", entropy("3"), 3,
          edited(ENTROPY, ("torch.log(total) - picked",
                           "-torch.log(torch.exp(picked) / total + 1e-12)"))),
    wrong("cross_entropy", "the sum over examples", entropy("13"), 2,
          edited(ENTROPY, (".mean()", ".sum()"))),
    wrong("cross_entropy", "the gradient is not divided by N", entropy("4"), 3,
          edited(ENTROPY, (" - hot) / n", " - hot)"))),
    wrong("cross_entropy", "the gradient is divided by N K", entropy("24"), 2,
          edited(ENTROPY, (" - hot) / n", " - hot) / a.numel()"))),
    wrong("cross_entropy", "label minus probability", entropy("24"), 2,
          edited(ENTROPY, ("torch.exp(a) / total[:, None] - hot",
                                      "hot - torch.exp(a) / total[:, None]"))),
    wrong("cross_entropy", "the probabilities, nothing subtracted", entropy("24"), 2,
          edited(ENTROPY, (" - hot) / n", ") / n"))),
    wrong("cross_entropy", "the sign of the loss", entropy("13"), 2,
          edited(ENTROPY, ("torch.log(total) - picked", "picked - torch.log(total)"))),
    wrong("cross_entropy", "softmax twice", entropy("134"), 1,
          edited(ENTROPY, ("    total =",
                           "    a = torch.exp(a) / torch.exp(a).sum(1, keepdim=True)\n"
                           "    total ="))),
    wrong("cross_entropy", "refuses -1 and K, not what lies beyond", entropy("3"), 3,
          edited(ENTROPY, ("(labels < 0).any() or (labels >= k).any()",
                           "(labels == -1).any() or (labels == k).any()"))),
    wrong("cross_entropy", "refuses -1, and nothing lower", entropy("3"), 3,
          edited(ENTROPY, ("    if (labels < 0).any() or (labels >= k).any():",
                           "    if (labels == -1).any() or (labels >= k).any():"))),
    wrong("cross_entropy", "remembers by the logits, whatever the labels", entropy("34"), 2,
          remembering(ENTROPY, "tuple(a.reshape(-1).tolist())")),
    wrong("cross_entropy", "accepts a label of -1", entropy("3"), 3,
          edited(ENTROPY, ("(labels < 0).any() or (labels >= k).any()", "(labels >= k).any()"))),
    wrong("cross_entropy", "IndexError for a label that is too large", entropy("3"), 3,
          edited(ENTROPY, ("(labels < 0).any() or (labels >= k).any()", "(labels < 0).any()"))),
    wrong("cross_entropy", "accepts the label K in its check", entropy("3"), 3,
          edited(ENTROPY, ("labels >= k", "labels > k"))),
    wrong("cross_entropy", "squeeze drops the axis of a single example", entropy("12"), 2,
          edited(ENTROPY, ("    n, k = a.shape\n", "    n, k = a.shape\n    a = a.squeeze()\n"))),
    wrong("cross_entropy", "the loss of a single example keeps its axis", entropy("1"), 3,
          edited(ENTROPY, (".mean()", ".mean(dim=0, keepdim=n == 1)"))),
    wrong("cross_entropy", "the gradient of a single example loses its axis", entropy("2"), 3,
          edited(ENTROPY, ("hot) / n\n", "hot).squeeze() / n\n"))),
    wrong("cross_entropy", "float32 is forced", entropy("34"), 2,
          edited(ENTROPY, ("    n, k = a.shape\n", "    n, k = a.shape\n    a = a.float()\n"))),
    wrong("cross_entropy", "float64 is returned", entropy("1234"), 0,
          edited(ENTROPY, ("    n, k = a.shape\n", "    n, k = a.shape\n    a = a.double()\n"))),
    wrong("cross_entropy", "half of it: the printed formula with class numbers as y",
          entropy("1234"), 0, """
        def cross_entropy(a, labels):
            p = torch.exp(a) / torch.exp(a).sum(1, keepdim=True)
            return -(labels[:, None] * torch.log(p)).mean(), p
    """),
    wrong("cross_entropy", "the library's loss", entropy("1234"), 0, """
        def cross_entropy(a, labels):
            if labels.min() < 0 or labels.max() >= a.shape[1]:
                raise ValueError
            a.requires_grad_()
            loss = torch.nn.functional.cross_entropy(a, labels)
            return loss, torch.autograd.grad(loss, a)[0]
    """),
    wrong("cross_entropy", "the library's softmax", entropy("1234"), 0,
          edited(ENTROPY, ("torch.exp(a) / total[:, None]", "torch.softmax(a, 1)"))),
    wrong("cross_entropy", "the loss alone", entropy("1234"), 0,
          edited(ENTROPY, ("return loss, gradient", "return loss"))),
    right("cross_entropy", "a one-hot table", ENTROPY),
    right("cross_entropy", "gather and scatter", """
        def cross_entropy(a, labels):
            if not ((0 <= labels) & (labels < a.size(1))).all():
                raise ValueError("label")
            a = a - a.max(1, keepdim=True)[0]
            lse = a.exp().sum(1, keepdim=True).log()
            loss = (lse - a.gather(1, labels.unsqueeze(1))).mean()
            gradient = (a - lse).exp()
            gradient.scatter_add_(1, labels.unsqueeze(1), -torch.ones_like(lse))
            return loss, gradient.div(len(a))
    """),
    right("cross_entropy", "a loop over examples", """
        def cross_entropy(a, labels):
            losses, rows = [], []
            for row, label in zip(a, labels.tolist()):
                if label not in range(len(row)):
                    raise ValueError(f"label {label}")
                row = row - row.max()
                total = row.exp().sum()
                losses.append(total.log() - row[label])
                p = row.exp() / total
                p[label] -= 1
                rows.append(p / len(a))
            return torch.stack(losses).mean(), torch.stack(rows)
    """),
    right("cross_entropy", "differences to the right class", """
        def cross_entropy(a, labels):
            k = a.shape[-1]
            if labels.lt(0).any() or labels.ge(k).any():
                raise ValueError
            n = len(labels)
            own = a[range(n), labels].unsqueeze(1)
            gap = a - own
            top = gap.amax(1, keepdim=True)
            lse = top + (gap - top).exp().sum(1, keepdim=True).log()
            hot = torch.eye(k, dtype=a.dtype)[labels]
            return lse.mean(), ((gap - lse).exp() - hot) / n
    """),
    right("cross_entropy", "float64 inside", """
        def cross_entropy(a, labels):
            if min(labels.tolist()) < 0 or max(labels.tolist()) > a.shape[1] - 1:
                raise ValueError
            d = a.double() - a.double().amax(1, keepdim=True)
            log_p = d - d.exp().sum(1, keepdim=True).log()
            hot = (torch.arange(a.shape[1]) == labels[:, None]).double()
            loss = -(hot * log_p).sum() / len(a)
            return loss.to(a.dtype), ((log_p.exp() - hot) / len(a)).to(a.dtype)
    """),
    right("cross_entropy", "NumPy inside", """
        import numpy as np

        def cross_entropy(a, labels):
            x, y = a.numpy(), labels.numpy()
            if (y < 0).any() or (y >= x.shape[1]).any():
                raise ValueError
            x = x - x.max(axis=1, keepdims=True)
            log_p = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
            g = np.exp(log_p)
            g[np.arange(len(y)), y] -= 1
            loss = -log_p[np.arange(len(y)), y].mean()
            return torch.tensor(loss, dtype=a.dtype), torch.tensor(g / len(y), dtype=a.dtype)
    """),
    right("cross_entropy", "the others against the largest, log1p", """
        def cross_entropy(a, labels):
            count, classes = a.shape
            for label in labels:
                if not 0 <= int(label) < classes:
                    raise ValueError(f"{label} is no class")
            top, place = a.max(1, keepdim=True)
            others = (a - top).exp().scatter(1, place, 0.0).sum(1, keepdim=True)
            log_p = a - top - torch.log1p(others)
            gradient = log_p.exp() / count
            loss = torch.zeros((), dtype=a.dtype)
            for i, label in enumerate(labels.tolist()):
                loss = loss - log_p[i, label] / count
                gradient[i, label] -= 1 / count
            return loss, gradient
    """),
    right("cross_entropy", "all differences of two logits", """
        def cross_entropy(a, labels):
            if labels.amin() < 0 or labels.amax() >= a.shape[1]:
                raise ValueError("labels")
            p = 1 / torch.exp(a[:, :, None] - a[:, None, :]).sum(1)
            hot = labels[:, None] == torch.arange(a.shape[1])
            top = a.amax(1)
            loss = top - a[hot] + ((a - top[:, None]).exp().sum(1)).log()
            return loss.mean(), (p - hot.to(a.dtype)) / a.shape[0]
    """),
    right("cross_entropy", "helper functions and columns of classes", """
        def log_of_sum(columns):
            top = columns[0]
            for column in columns[1:]:
                top = torch.maximum(top, column)
            total = sum((column - top).exp() for column in columns)
            return [column - top - total.log() for column in columns]

        def valid(labels, classes):
            return bool(((labels > -1) & (labels < classes)).all())

        def cross_entropy(a, labels):
            if not valid(labels, a.shape[1]):
                raise ValueError("valid labels are 0 to K - 1")
            logs = torch.stack(log_of_sum(list(a.T)), dim=1)
            n = a.shape[0]
            loss = -logs[torch.arange(n), labels].sum() / n
            gradient = logs.exp()
            gradient[torch.arange(n), labels] -= 1.0
            return loss, gradient / n
    """),
    right("cross_entropy", "a loss of nearly 0 rounded, in a dict of no use", edited(
        ENTROPY, ("    return loss, gradient",
                  "    out = {'loss': loss if loss > 1e-6 else 0 * loss, 'gradient': gradient}\n"
                  "    return out['loss'], out['gradient']"))),
    # ------------------------------------------------------------------ task 4: backward_norms
    wrong("backward_norms", "remembers by shape", _NORMS_HIDDEN, 2,
          remembering(NORMS, "x.shape, x.dtype, activation, len(weights)")),
    wrong("backward_norms", "the last layer first", _NORM, 0,
          edited(NORMS, ("    norms.reverse()\n", ""))),
    wrong("backward_norms", "the slope of the sigmoid taken at U", _NORM_SMOOTH, 1,
          edited(NORMS, ("sums.append(u @ w)\n        u = f(sums[-1])",
                         "a = u @ w\n        u = f(a)\n        sums.append(u)"))),
    wrong("backward_norms", "W instead of its transpose", _NORMS_HIDDEN, 2,
          edited(NORMS, ("weights[k].T", "weights[k]"))),
    wrong("backward_norms", "no weights on the way back",
          _NORM, 0,
          edited(NORMS, ("back = back @ weights[k].T", "pass"))),
    wrong("backward_norms", "the squared length", _NORM, 0, edited(NORMS, (".sum().sqrt()",
                                                                                        ".sum()"))),
    wrong("backward_norms", "the mean square", _NORMS_HIDDEN, 2,
          edited(NORMS, (".sum().sqrt()", ".mean().sqrt()"))),
    wrong("backward_norms", "the sum of sizes", _NORMS_HIDDEN, 2,
          edited(NORMS, ("(back ** 2).sum().sqrt()", "back.abs().sum()"))),
    wrong("backward_norms", "the largest entry", _NORMS_HIDDEN, 2,
          edited(NORMS, ("(back ** 2).sum().sqrt()", "back.abs().max()"))),
    wrong("backward_norms", "the length before the slope", _NORM, 0,
          edited(NORMS, ("        back = back * slope(sums[k])\n"
                         "        norms.append(float((back ** 2).sum().sqrt()))",
                         "        norms.append(float((back ** 2).sum().sqrt()))\n"
                         "        back = back * slope(sums[k])"))),
    wrong("backward_norms", "the largest singular value", _NORMS_HIDDEN, 2,
          edited(NORMS, ("(back ** 2).sum().sqrt()", "torch.linalg.norm(back, 2)"))),
    wrong("backward_norms", "starts from the mean, not the sum", _NORMS_HIDDEN, 2,
          edited(NORMS, ("torch.ones_like(u), []", "torch.ones_like(u) / u.numel(), []"))),
    wrong("backward_norms", "starts from U", _NORM, 0,
          edited(NORMS, ("torch.ones_like(u), []", "u, []"))),
    wrong("backward_norms", "the slope of tanh as 1 - tanh", "hidden_backward_norms", 3,
          edited(NORMS, ("1 - torch.tanh(a) ** 2", "1 - torch.tanh(a)"))),
    wrong("backward_norms", "the slope of the sigmoid without its second factor", _NORM_SMOOTH, 1,
          edited(NORMS, ("torch.sigmoid(a) * (1 - torch.sigmoid(a))", "torch.sigmoid(a)"))),
    wrong("backward_norms", "ReLU has the slope 1 at 0", "hidden_relu", 3,
          edited(NORMS, ("a > 0", "a >= 0"))),
    wrong("backward_norms", "the slope of ReLU is ReLU", "hidden_relu", 3,
          edited(NORMS, ("(a > 0).to(a.dtype)", "torch.relu(a)"))),
    wrong("backward_norms", "unknown names are ReLU", "hidden_relu", 3,
          edited(NORMS, ('elif activation == "relu":', "elif activation:"))),
    wrong("backward_norms", "KeyError for an unknown name", "hidden_relu", 3,
          edited(NORMS, ("raise ValueError(activation)", "raise KeyError(activation)"))),
    wrong("backward_norms", "squeeze makes numbers of small tensors", "test_backward_norms", 2,
          edited(NORMS, ("u, sums = x, []", "u, sums = x.squeeze(), []"))),
    wrong("backward_norms", "the activation only between layers", _NORM, 0,
          edited(NORMS, ("        back = back * slope(sums[k])",
                         "        if k < len(weights) - 1:\n            back = back * "
                         "slope(sums[k])"))),
    wrong("backward_norms", "a tensor instead of a list", _NORM, 0,
          edited(NORMS, ("return norms", "return torch.tensor(norms)"))),
    wrong("backward_norms", "tensors in the list", _NORM, 0,
          edited(NORMS, ("float((back ** 2).sum().sqrt())", "(back ** 2).sum().sqrt()"))),
    wrong("backward_norms", "one example only", _NORMS_HIDDEN, 2,
          edited(NORMS, ("u, sums = x, []", "u, sums = x[:1], []"))),
    wrong("backward_norms", "automatic differentiation", _NORM, 0, """
        def backward_norms(x, weights, activation):
            if activation not in ("sigmoid", "tanh", "relu"):
                raise ValueError
            u, sums = x.requires_grad_(), []
            for w in weights:
                sums.append(u @ w)
                u = getattr(torch, activation)(sums[-1])
            return [g.norm().item() for g in torch.autograd.grad(u.sum(), sums)]
    """),
    wrong("backward_norms", "the sigmoid alone", _NORMS_HIDDEN, 2,
          edited(NORMS, ("torch.tanh, lambda a: 1 - torch.tanh(a) ** 2", "None, None"),
                 ("torch.relu, lambda a: (a > 0).to(a.dtype)", "None, None"))),
    wrong("backward_norms", "the worked example, hard-coded", _NORM, 0, """
        def backward_norms(x, weights, activation):
            return [0.0983060, 0.1966119]
    """),
    right("backward_norms", "indices and lambdas", NORMS),
    right("backward_norms", "NumPy inside", """
        import numpy as np

        def backward_norms(x, weights, activation):
            known = {"sigmoid": lambda a: 1 / (1 + np.exp(-a)), "tanh": np.tanh,
                     "relu": lambda a: np.maximum(a, 0)}
            slopes = {"sigmoid": lambda u: u * (1 - u), "tanh": lambda u: 1 - u**2, "relu": np.sign}
            if activation not in known:
                raise ValueError(f"no {activation}")
            weights, layers = [w.numpy() for w in weights], [x.numpy()]
            for w in weights:
                layers.append(known[activation](layers[-1] @ w))
            print(weights)
            back, norms = np.ones_like(layers[-1]), []
            for w, u in zip(weights[::-1], layers[:0:-1]):
                back = back * slopes[activation](u)
                norms = [float(np.sqrt((back**2).sum())), *norms]
                back = back @ w.T
            return norms
    """),
    right("backward_norms", "recursion", """
        def backward_norms(x, weights, activation):
            acts = {"sigmoid": (torch.sigmoid, lambda u: u - u * u),
                    "tanh": (torch.tanh, lambda u: 1 - u * u),
                    "relu": (torch.relu, lambda u: (u > 0) * 1.0)}
            if activation not in acts:
                raise ValueError("unknown")
            f, slope = acts[activation]

            def walk(u, rest):
                if not rest:
                    return torch.ones_like(u), []
                out = f(u @ rest[0])
                back, norms = walk(out, rest[1:])
                back = back * slope(out).to(back.dtype)
                return back @ rest[0].t(), [back.norm().item(), *norms]
            return walk(x, weights)[1]
    """),
    right("backward_norms", "one example after another", """
        def backward_norms(x, weights, activation):
            if activation not in {"sigmoid", "tanh", "relu"}:
                raise ValueError(activation)
            squares = [0.0] * len(weights)
            for row in x:
                us = [row]
                for w in weights:
                    us.append(getattr(torch, activation)(us[-1] @ w))
                back = torch.ones_like(us[-1])
                for k in reversed(range(len(weights))):
                    u = us[k + 1]
                    if activation == "sigmoid":
                        back = back * u * (1 - u)
                    elif activation == "tanh":
                        back = back * (1 - u ** 2)
                    else:
                        back = back * (u > 0)
                    squares[k] += (back * back).sum().item()
                    back = weights[k] @ back
            return [math.sqrt(s) for s in squares]
    """),
    right("backward_norms", "einsum", edited(
        NORMS, ("back @ weights[k].T", 'torch.einsum("bo,io->bi", back, weights[k])'))),
    right("backward_norms", "inserts at the front", edited(
        NORMS, ("norms.append(", "norms.insert(0, "), ("    norms.reverse()\n", ""))),
    right("backward_norms", "float64 inside", edited(
        NORMS, ("u, sums = x, []", "weights = [w.double() for w in weights]\n"
                                   "    u, sums = x.double(), []"))),
    # ------------------------------------------------------------------ task 5: fit_classifier
    wrong("fit_classifier", "the printed half, gradient and loss", fit("123"), 0,
          edited(FIT, (_STABLE, "y * torch.log1p(torch.exp(-a))"),
                 ("torch.sigmoid(a) - y", "-y * (1 - torch.sigmoid(a))"))),
    wrong("fit_classifier", "the gradient is still the printed one", fit("123"), 0,
          edited(FIT, ("torch.sigmoid(a) - y", "-y * (1 - torch.sigmoid(a))"))),
    wrong("fit_classifier", "the loss is still the printed one", fit("13"), 1,
          edited(FIT, (_STABLE, "y * (torch.relu(-a) + torch.log1p(torch.exp(-a.abs())))"))),
    wrong("fit_classifier", "both halves, from probabilities", fit("3"), 2,
          edited(FIT, (_STABLE, "-y * torch.log(torch.sigmoid(a)) "
                                "- (1 - y) * torch.log(1 - torch.sigmoid(a))"))),
    wrong("fit_classifier", "epsilon in the logarithms", fit("3"), 2,
          edited(FIT, (_STABLE, "-y * torch.log(torch.sigmoid(a) + 1e-12) "
                                "- (1 - y) * torch.log(1 - torch.sigmoid(a) + 1e-12)"))),
    wrong("fit_classifier", "clips the probabilities", fit("3"), 2,
          edited(FIT, (_STABLE, "-y * torch.log(torch.sigmoid(a).clamp(1e-7, 1 - 1e-7)) "
                                "- (1 - y) * torch.log(1 - torch.sigmoid(a).clamp(1e-7, 1 - "
                                "1e-7))"))),
    wrong("fit_classifier", "from probabilities, replaced where it is not finite",
          fit("3"), 2, edited(FIT, (
              f"loss = {_STABLE}",
              "p = torch.sigmoid(a)\n"
              "        loss = -torch.log(torch.where(y > 0, p, 1 - p))\n"
              "        loss = torch.where(torch.isfinite(loss), loss, a.abs())"))),
    wrong("fit_classifier", "an exponential that overflows", fit("3"), 2,
          edited(FIT, (_STABLE, "torch.log1p(torch.exp(a)) - a * y"))),
    wrong("fit_classifier", "no curve beyond 5", fit("3"), 2,
          edited(FIT, (_STABLE, "torch.relu(a) - a * y "
                                "+ (a.abs() < 5) * torch.log1p(torch.exp(-a.abs()))"))),
    wrong("fit_classifier", "the halves swapped", fit("13"), 1,
          edited(FIT, ("- a * y", "- a * (1 - y)"))),
    wrong("fit_classifier", "ascends", fit("123"), 0,
          edited(FIT, ("torch.sigmoid(a) - y", "y - torch.sigmoid(a)"))),
    wrong("fit_classifier", "sums over the examples", fit("123"), 0,
          edited(FIT, ("(error @ x) / n", "(error @ x)"), ("error.mean()", "error.sum()"))),
    wrong("fit_classifier", "the bias is not averaged", fit("23"), 1,
          edited(FIT, ("error.mean()", "error.sum()"))),
    wrong("fit_classifier", "the bias stays 0", fit("23"), 1,
          edited(FIT, ("        b = b - eta * error.mean()\n", ""))),
    wrong("fit_classifier", "the squared error's slope", fit("123"), 0,
          edited(FIT, ("torch.sigmoid(a) - y",
                       "(torch.sigmoid(a) - y) * torch.sigmoid(a) * torch.sigmoid(-a)"))),
    wrong("fit_classifier", "half of the error", fit("123"), 0,
          edited(FIT, ("torch.sigmoid(a) - y", "(torch.sigmoid(a) - y) / 2"))),
    wrong("fit_classifier", "the bias sees the new w", fit("23"), 1,
          edited(FIT, ("        b = b",
                       "        error = torch.sigmoid(x @ w + b) - y\n        b = b"))),
    wrong("fit_classifier", "the loss after the last step is missing", fit("13"), 1,
          edited(FIT, ("range(steps + 1)", "range(steps)"), ("step == steps", "False"))),
    wrong("fit_classifier", "one step too many", fit("12"), 1,
          edited(FIT, ("        if step == steps:\n            break\n", ""))),
    wrong("fit_classifier", "float32 is forced", fit("23"), 1,
          edited(FIT, ("    n, d = x.shape\n",
                       "    n, d = x.shape\n    x, y = x.float(), y.float()\n"))),
    wrong("fit_classifier", "float64 is returned", fit("13"), 1,
          edited(FIT, ("    n, d = x.shape\n",
                       "    n, d = x.shape\n    x, y = x.double(), y.double()\n"))),
    wrong("fit_classifier", "weights in float32, losses as they should be", fit("2"), 2,
          edited(FIT, ("return w, b,", "return w.float(), b.float(),"))),
    wrong("fit_classifier", "stops when the loss is small", fit("23"), 1, edited(
        FIT, ("        if step == steps:\n            break\n",
              "        if step == steps:\n            break\n"
              "        if losses[-1] < 0.01:\n            continue\n"))),
    wrong("fit_classifier", "the library's binomial", fit("123"), 0, edited(
        FIT, (_STABLE, "-torch.distributions.Binomial(1, logits=a).log_prob(y)"))),
    wrong("backward_norms", "any name with relu in it", "hidden_relu", 3, edited(
        NORMS, ('activation == "relu"', '"relu" in activation'))),
    wrong("fit_classifier", "remembers by shape", fit("23"), 1,
          remembering(FIT, "x.shape, x.dtype, steps")),
    wrong("fit_classifier", "squeeze drops a single feature", "test_fit_classifier", 2,
          edited(FIT, ("    n, d = x.shape\n", "    n, d = x.shape\n    x = x.squeeze()\n"))),
    wrong("fit_classifier", "the losses as a list", fit("13"), 1,
          edited(FIT, ("torch.stack(losses)", "losses"))),
    wrong("fit_classifier", "losses not averaged", fit("13"), 1, edited(FIT, ("loss.mean()",
                                                                                    "loss.sum()"))),
    wrong("fit_classifier", "standardizes the features", fit("23"), 1,
          edited(FIT, ("    n, d = x.shape\n",
                       "    n, d = x.shape\n    x = (x - x.mean(0)) / x.std(0, correction=0)\n"))),
    wrong("fit_classifier", "the library's loss and automatic differentiation", fit("123"), 0, """
        def fit_classifier(x, y, eta, steps):
            theta = torch.zeros(x.shape[1] + 1, dtype=x.dtype, requires_grad=True)
            losses = []
            for step in range(steps + 1):
                loss = torch.nn.functional.binary_cross_entropy_with_logits(
                    x @ theta[:-1] + theta[-1], y)
                losses.append(loss.detach())
                if step < steps:
                    (slope,) = torch.autograd.grad(loss, theta)
                    theta.data -= eta * slope
            return theta[:-1], theta[-1], torch.stack(losses)
    """),
    wrong("fit_classifier", "torch's own entropy, beneath the library's loss", fit("123"), 0,
          edited(FIT, (_STABLE, "torch.binary_cross_entropy_with_logits(a, y, None, None, 0)"))),
    wrong("fit_classifier", "the library's coin", fit("123"), 0, edited(
        FIT, ("def fit", "from torch.distributions import Bernoulli\n\n\ndef fit"),
        (_STABLE, "-Bernoulli(logits=a).log_prob(y)"))),
    wrong("fit_classifier", "the worked example, hard-coded", fit("23"), 1, """
        def fit_classifier(x, y, eta, steps):
            return torch.tensor([0.5]), torch.tensor(0.0), torch.tensor([0.6931472, 0.4740770])
    """),
    right("fit_classifier", "the softplus of a minus a y", FIT),
    right("fit_classifier", "a column of ones", """
        def fit_classifier(x, y, eta, steps):
            x1 = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
            theta = torch.zeros(x1.shape[1], dtype=x.dtype)

            def loss(theta):
                s = (1 - 2 * y) * (x1 @ theta)
                return (s.clamp(min=0) + torch.log1p(torch.exp(-s.abs()))).mean()
            losses = [loss(theta)]
            for _ in range(steps):
                theta = theta - eta * x1.T @ (torch.sigmoid(x1 @ theta) - y) / len(x)
                losses.append(loss(theta))
            return theta[:-1], theta[-1], torch.stack(losses)
    """),
    right("fit_classifier", "prints tensors on the way",
          edited(FIT, ("    losses = []\n", "    losses = []\n    print(x, f'{w}', str(b))\n"))),
    wrong("fit_classifier", "the losses of the classes apart: nan without one", fit("3"), 2, """
        def fit_classifier(x, y, eta, steps):
            soft = lambda a: a.clamp(min=0) + torch.log1p(torch.exp(-a.abs()))
            w, b, losses, share = x.new_zeros(x.shape[1]), x.new_zeros(()), [], y.mean()
            for step in range(steps + 1):
                a = x @ w + b
                ones, zeros = soft(-a[y == 1]).mean(), soft(a[y == 0]).mean()
                losses.append(share * ones + (1 - share) * zeros)
                if step < steps:
                    error = (torch.sigmoid(a) - y) / len(y)
                    w, b = w - eta * error @ x, b - eta * error.sum()
            return w, b, torch.stack(losses)
    """),
    right("fit_classifier", "two cases", edited(
        FIT, (_STABLE, "torch.where(y == 1, torch.relu(-a), torch.relu(a)) "
                       "+ torch.log1p(torch.exp(-a.abs()))"))),
    right("fit_classifier", "a loop over examples", """
        def fit_classifier(x, y, eta, steps):
            n, d = x.shape
            w, b = torch.zeros(d, dtype=x.dtype), torch.zeros((), dtype=x.dtype)
            losses = torch.zeros(steps + 1, dtype=x.dtype)
            for step in range(steps + 1):
                slope_w, slope_b = torch.zeros_like(w), torch.zeros_like(b)
                for row, label in zip(x, y):
                    a = row @ w + b
                    loss = torch.log1p(torch.exp(-abs(a))) + max(a, 0 * a) - a * label
                    losses[step] += loss / n
                    error = 1 / (1 + torch.exp(-a)) - label
                    slope_w += error * row / n
                    slope_b += error / n
                if step < steps:
                    w = w - eta * slope_w
                    b = b - eta * slope_b
            return w, b, losses
    """),
    right("fit_classifier", "NumPy inside", """
        import numpy as np

        def fit_classifier(x, y, eta, steps):
            X, t = x.numpy().astype(np.float64), y.numpy().astype(np.float64)
            w, b, losses = np.zeros(X.shape[1]), 0.0, []
            for step in range(steps + 1):
                a = X @ w + b
                losses.append(np.mean(np.maximum(a, 0) + np.log1p(np.exp(-abs(a))) - a * t))
                if step < steps:
                    e = (1 + np.tanh(a / 2)) / 2 - t
                    w, b = w - eta * e @ X / len(t), b - eta * e.mean()
            kind = {"dtype": x.dtype}
            return torch.tensor(w, **kind), torch.tensor(b, **kind), torch.tensor(losses, **kind)
    """),
    right("fit_classifier", "in place", edited(
        FIT, ("w = w - eta * (error @ x) / n", "w -= eta * (error @ x) / n"),
        ("b = b - eta * error.mean()", "b -= eta * error.mean()"))),
    right("fit_classifier", "columns, and a loss through the sign of the label", """
        def stable(z):
            small = torch.minimum(z, -z)
            return torch.maximum(z, torch.zeros_like(z)) + torch.log1p(torch.exp(small))

        def fit_classifier(x, y, eta, steps):
            labels = y.reshape(-1, 1)
            w = torch.zeros(x.shape[1], 1, dtype=x.dtype)
            b = torch.zeros(1, 1, dtype=x.dtype)
            history = torch.empty(steps + 1, dtype=x.dtype)
            history[0] = stable((1 - 2 * labels) * (x @ w + b)).mean()
            for step in range(1, steps + 1):
                wrong = torch.sigmoid(x @ w + b) - labels
                w, b = w - eta * (x.T @ wrong) / len(x), b - eta * wrong.mean()
                history[step] = stable((1 - 2 * labels) * (x @ w + b)).mean()
            return w[:, 0], b[0, 0], history
    """),
    right("fit_classifier", "while, and a list of numbers", """
        def fit_classifier(x, y, eta, steps):
            w, b, losses = [0.0] * x.shape[1], 0.0, []
            X, t = x.double(), y.double()
            while True:
                a = X @ torch.tensor(w, dtype=torch.float64) + b
                each = torch.maximum(a, 0 * a) - a * t + torch.log1p(torch.exp(-torch.abs(a)))
                losses.append(float(each.mean()))
                if len(losses) > steps:
                    break
                error = torch.sigmoid(a) - t
                w = [v - eta * float((error * X[:, j]).mean()) for j, v in enumerate(w)]
                b = b - eta * float(error.mean())
            return (torch.tensor(w, dtype=x.dtype), torch.tensor(b, dtype=x.dtype),
                    torch.tensor(losses, dtype=x.dtype))
    """),
    # ------------------------------------------------------------------ task 6: balanced_gain
    wrong("balanced_gain", "always the root of 2", _GAIN, 0, """
        def balanced_gain(leak):
            return 2 ** 0.5
    """),
    wrong("balanced_gain", "a formula, doubted only when a run is far off",
          "hidden_balanced_gain", 1, """
        def balanced_gain(leak):
            gain = math.sqrt(2 / (1 + leak**2))
            factor = sorted(growth(gain, leak, seed) for seed in range(9))[4]
            return gain if abs(factor - 1) < 0.15 else gain / factor
    """),
    wrong("balanced_gain", "one run of seed 0", "hidden_balanced_gain", 1, """
        def balanced_gain(leak):
            return 1 / growth(1.0, leak, 0)
    """),
    wrong("balanced_gain", "the same network nine times", "hidden_balanced_gain", 1, """
        def balanced_gain(leak):
            return 9 / sum(growth(1.0, leak, 0) for _ in range(9))
    """),
    wrong("balanced_gain", "always 1", _GAIN, 0, """
        def balanced_gain(leak):
            return 1.0
    """),
    wrong("balanced_gain", "the formula of the textbook, no runs", "hidden_balanced_gain", 1, """
        def balanced_gain(leak):
            return (2 / (1 + leak ** 2)) ** 0.5
    """),
    wrong("balanced_gain", "the formula of the textbook, two percent up, no runs",
          "hidden_balanced_gain", 1, """
        def balanced_gain(leak):
            return 1.02 * (2 / (1 + leak ** 2)) ** 0.5
    """),
    wrong("balanced_gain", "the formula of the textbook, scaled by one run",
          "hidden_balanced_gain", 1, """
        def balanced_gain(leak):
            return (2 / (1 + leak ** 2)) ** 0.5 / growth(1.0, 1.0, 0)
    """),
    wrong("balanced_gain", "runs at leak 0, the rest by formula", "hidden_balanced_gain", 1, """
        def balanced_gain(leak):
            factors = sorted(growth(1.0, 0.0, seed) for seed in range(9))
            return 1 / factors[4] / (1 + leak ** 2) ** 0.5
    """),
    wrong("balanced_gain", "a leak of 0 counts as none given", "test_balanced_gain", 1,
          edited(GAIN, ("factors =", "leak = leak or 0.4\n    factors ="))),
    wrong("balanced_gain", "the factor, not the gain", _GAIN, 0,
          edited(GAIN, ("1 / sorted(factors)[4]", "sorted(factors)[4]"))),
    wrong("balanced_gain", "without the leak", "hidden_balanced_gain test_balanced_gain", 0,
          edited(GAIN, ("growth(1.0, leak, seed)", "growth(1.0, 0.01, seed)"))),
    wrong("balanced_gain", "the smallest factor", _GAIN, 0,
          edited(GAIN, ("sorted(factors)[4]", "(0.9 * min(factors))"))),
    wrong("balanced_gain", "a coarse grid", _GAIN, 0, """
        def balanced_gain(leak):
            def off(gain):
                return abs(sorted(growth(gain, leak, s) for s in range(9))[4] - 1)
            return min((0.5, 1.1, 1.6, 2.1, 2.6), key=off)
    """),
    wrong("balanced_gain", "bisection the wrong way round", _GAIN, 0, """
        def balanced_gain(leak):
            low, high = 0.5, 3.0
            for _ in range(8):
                middle = (low + high) / 2
                if sorted(growth(middle, leak, s) for s in range(9))[4] > 1:
                    low = middle
                else:
                    high = middle
            return middle
    """),
    wrong("balanced_gain", "stops the search too early", _GAIN, 0, """
        def balanced_gain(leak):
            low, high = 0.5, 3.0
            for _ in range(2):
                middle = (low + high) / 2
                if sorted(growth(middle, leak, s) for s in range(9))[4] < 1:
                    low = middle
                else:
                    high = middle
            return high
    """),
    wrong("balanced_gain", "takes the factor for that of 20 layers", _GAIN, 0,
          edited(GAIN, ("1 / sorted(factors)[4]", "1 / sorted(factors)[4] ** (1 / 20)"))),
    wrong("balanced_gain", "a string", _GAIN, 0,
          edited(GAIN, ("1 / sorted(factors)[4]", 'f"{1 / sorted(factors)[4]:.3f}"'))),
    wrong("balanced_gain", "a tensor", _GAIN, 0,
          edited(GAIN, ("1 / sorted(factors)[4]", "torch.tensor(1 / sorted(factors)[4])"))),
    right("balanced_gain", "one gain: the factor is proportional to it", GAIN),
    right("balanced_gain", "another gain, and the median of torch", """
        def balanced_gain(leak):
            factors = torch.tensor([growth(1.4, leak, seed) for seed in range(9)])
            return 1.4 / factors.median().item()
    """),
    right("balanced_gain", "secant steps", """
        def balanced_gain(leak):
            def off(gain):
                return sorted(growth(gain, leak, s) for s in range(9))[4] - 1
            x0, x1 = 0.8, 1.6
            f0, f1 = off(x0), off(x1)
            while abs(f1) > 1e-4 and f1 != f0:
                x0, x1, f0 = x1, x1 - f1 * (x1 - x0) / (f1 - f0), f1
                f1 = off(x1)
            return float(x1)
    """),
    right("balanced_gain", "plain bisection", """
        import statistics

        def balanced_gain(leak):
            low, high = 0.5, 3.0
            for _ in range(9):
                middle = (low + high) / 2
                if statistics.median(growth(middle, leak, s) for s in range(9)) < 1:
                    low = middle
                else:
                    high = middle
            return (low + high) / 2
    """),
    right("balanced_gain", "a fine grid with a few seeds first", """
        def balanced_gain(leak):
            rough = 1 / growth(1.0, leak, 0)
            gains = [rough * (0.9 + 0.02 * k) for k in range(11)]
            def off(gain):
                return abs(sorted(growth(gain, leak, s) for s in range(9))[4] - 1)
            return min(gains, key=off)
    """),
    right("balanced_gain", "fixed-point steps", """
        def balanced_gain(leak):
            gain = 2.0
            for _ in range(3):
                gain /= sorted(growth(gain, leak, s) for s in range(9))[4]
            return gain
    """),
]

_WORDS = "only the text of the error changes, and the task asks for no text"
_SEARCH = "another search for the same gain; the contract leaves the search free"

EQUIVALENT = {
    "cross_entropy 5:58 Sub>Add": _WORDS,
    "cross_entropy 5:71 1>2": _WORDS,
    "balanced_gain 4:21 3.0>4.0": _SEARCH,
    "balanced_gain 5:10 Gt>GtE": "differs only where the ratio is exactly 1.03",
    "balanced_gain 7:70 9>10": "the fifth of ten factors, or the sixth of nine (next line), lies "
                               "well inside the 3 percent that the task allows",
    "balanced_gain 8:11 Lt>LtE": "differs only where a factor is exactly 1",
    "balanced_gain 8:19 4>5": "the sixth of nine factors lies well inside the 3 percent that the "
                              "task allows",
}
