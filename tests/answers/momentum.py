"""Answers to the assignment momentum."""

from textwrap import dedent

from tests.answers.bank import right, wrong


def but(code, *pairs):
    """A right answer with some places changed, each of which stands in it exactly once."""
    for old, new in pairs:
        if code.count(old) != 1:
            raise ValueError(f"{old!r} stands {code.count(old)} times in the answer")
        code = code.replace(old, new)
    return code


NOISE = dedent("""
    def batch_noise(gradients, size, replace):
        n = gradients.shape[0]
        if size < 1:
            raise ValueError("an empty batch")
        if not replace and size > n:
            raise ValueError("too large")
        mean = gradients.mean(0)
        sigma2 = (gradients - mean).square().sum(1).mean().item()
        if replace:
            return sigma2 / size
        if size == n:
            return 0.0
        return sigma2 / size * (n - size) / (n - 1)
""")
PIECES = dedent("""
    def accumulate(pieces, sizes):
        if len(pieces) != len(sizes):
            raise ValueError("lengths")
        if len(pieces) == 0:
            raise ValueError("empty")
        whole = sum(sizes)
        g = 0
        for k in range(len(pieces)):
            g = g + pieces[k] * sizes[k] / whole
        return g
""")
BALL = dedent("""
    def heavy_ball(a, theta, etas, beta):
        if beta < 0 or beta >= 1:
            raise ValueError("beta")
        u = 0 * theta
        path = [theta.clone()]
        for eta in etas:
            g = a @ theta
            u = beta * u - eta * g
            theta = theta + u
            path.append(theta.clone())
        return torch.stack(path), u
""")
BEST = dedent("""
    def best_settings(a):
        a = a.double()
        values = torch.linalg.eigvalsh(a)
        low, high = values.min().item(), values.max().item()
        if low <= 1e-12 * abs(high):
            raise ValueError("not a bowl")
        if high <= low * (1 + 1e-9):
            return {"eta": 1 / low, "beta": 0.0, "rate": 0.0, "iterations": 1}
        root = math.sqrt(high / low)
        rate = (root - 1) / (root + 1)
        eta = (2 / (math.sqrt(low) + math.sqrt(high))) ** 2
        count = math.ceil(math.log(1e-6) / math.log(rate))
        return {"eta": eta, "beta": rate**2, "rate": rate, "iterations": count}
""")
LINE = dedent("""
    def train_line(x, y, w, b, eta, beta, epochs):
        x, y = x.double(), y.double()
        v, c = 0.0, 0.0
        for _ in range(epochs):
            error = w * x + b - y
            gw = 2 * (error * x).mean().item()
            gb = 2 * error.mean().item()
            v = beta * v - eta * gw
            c = beta * c - eta * gb
            w = w + v
            b = b + c
        return w, b
""")
FIND = dedent("""
    def critical_beta(strength):
        low, high = 0.0, 1.0
        for _ in range(9):
            middle = (low + high) / 2
            crossed = min(ball_run(strength, middle, 1000)) < 0
            if crossed:
                high = middle
            else:
                low = middle
        return (low + high) / 2
""")
BOTH = {task: f"test_{task} hidden_{task}" for task in (
    "batch_noise", "accumulate", "heavy_ball", "best_settings", "train_line", "critical_beta")}


def noise(title, fails, score, *pairs):
    return wrong("batch_noise", title, fails, score, but(NOISE, *pairs))


def pieces(title, fails, score, *pairs):
    return wrong("accumulate", title, fails, score, but(PIECES, *pairs))


def ball(title, fails, score, *pairs):
    return wrong("heavy_ball", title, fails, score, but(BALL, *pairs))


def best(title, fails, score, *pairs):
    return wrong("best_settings", title, fails, score, but(BEST, *pairs))


def line(title, fails, score, *pairs):
    return wrong("train_line", title, fails, score, but(LINE, *pairs))


def find(title, fails, score, *pairs):
    return wrong("critical_beta", title, fails, score, but(FIND, *pairs))


ANSWERS = [
    # ------------------------------------------------------------------ task 1: batch_noise
    noise("the mean over rows and columns", BOTH["batch_noise"], 0,
          (".sum(1).mean()", ".mean()")),
    noise("the sum over all rows", BOTH["batch_noise"], 0, (".sum(1).mean()", ".sum()")),
    noise("the sample variance, with N - 1", BOTH["batch_noise"], 0,
          (".sum(1).mean()", ".sum(1).sum().div(n - 1)")),
    noise("divides by the root of B, with replacement", "test_batch_noise", 1,
          ("return sigma2 / size\n", "return sigma2 / size**0.5\n")),
    noise("no mean subtracted", BOTH["batch_noise"], 0, ("gradients - mean", "gradients")),
    noise("the length, not its square", BOTH["batch_noise"], 0,
          (".square().sum(1)", ".norm(dim=1)")),
    noise("finite-set factor with N below the line", BOTH["batch_noise"], 0,
          ("/ (n - 1)", "/ n")),
    noise("the factor for sets squared", BOTH["batch_noise"], 0,
          ("* (n - size) / (n - 1)", "* ((n - size) / (n - 1)) ** 2")),
    noise("replace and not replace are exchanged", BOTH["batch_noise"], 0,
          ("    if replace:", "    if not replace:")),
    noise("without replacement like with", BOTH["batch_noise"], 0,
          (" * (n - size) / (n - 1)", "")),
    noise("refuses a large batch with replacement too", "test_batch_noise", 1,
          ("not replace and size > n", "size > n")),
    noise("cuts a large batch with replacement to the set", "test_batch_noise", 1,
          ("    if replace:\n", "    size = min(size, n)\n    if replace:\n")),
    noise("a single sample divides by zero", "hidden_batch_noise", 1,
          ("    if size == n:\n        return 0.0\n", "")),
    noise("accepts a batch of 0", "hidden_batch_noise", 1,
          ("size < 1", "size < 0"), ("return sigma2 / size\n", "return sigma2 / max(size, 1)\n")),
    noise("accepts too large a batch", "hidden_batch_noise", 1,
          ("not replace and size > n", "False")),
    noise("the whole set has no noise, drawn with replacement too", "hidden_batch_noise", 1,
          ("    if replace:\n", "    if size == n:\n        return 0.0\n    if replace:\n")),
    noise("divides by N - 1 before it is needed: a single sample with replacement",
          "hidden_batch_noise", 1,
          ("    if replace:\n", "    if replace is False and size == n:\n        return 0.0\n"
           "    left = (n - size) / (n - 1)\n    if replace:\n")),
    noise("refuses 0, but no negative size", "hidden_batch_noise", 1, ("size < 1", "size == 0")),
    noise("returns a tensor", BOTH["batch_noise"], 0, (".mean().item()", ".mean()")),
    wrong("batch_noise", "the example hard-coded", BOTH["batch_noise"], 0, """
        def batch_noise(gradients, size, replace):
            return 4 / 3 if replace else 2 / 3
    """),
    right("batch_noise", "as a formula, in steps", NOISE),
    right("batch_noise", "mean of squares minus square of the mean", """
        def batch_noise(gradients, size, replace):
            n = len(gradients)
            if size < 1 or (size > n and not replace):
                raise ValueError
            g = gradients.double()
            s = ((g * g).sum() / n - (g.mean(0) ** 2).sum()).item()
            factor = 1.0 if replace else (n - size) / max(n - 1, 1)
            return factor * s / size
    """),
    right("batch_noise", "torch's own variance, and a loop", """
        def batch_noise(gradients, size, replace):
            n = gradients.size(0)
            if not 1 <= size <= (10**12 if replace else n):
                raise ValueError("size")
            total = 0.0
            for column in gradients.T:
                total += column.var(correction=0).item()
            if not replace:
                total *= 0.0 if size == n else (n - size) / (n - 1)
            return total / size
    """),
    right("batch_noise", "pure Python", """
        def batch_noise(gradients, size, replace):
            rows = gradients.tolist()
            n = len(rows)
            if size <= 0:
                raise ValueError("empty")
            if replace is False and size > n:
                raise ValueError("large")
            mean = [sum(column) / n for column in zip(*rows)]
            sigma2 = sum((v - m) ** 2 for row in rows for v, m in zip(row, mean)) / n
            left = 1 if replace else 0.0 if n == size else (n - size) / (n - 1)
            return sigma2 * left / size
    """),
    right("batch_noise", "NumPy", """
        import numpy as np

        def batch_noise(gradients, size, replace):
            g = gradients.numpy()
            n = len(g)
            if size < 1 or (not replace and size > n):
                raise ValueError
            if not replace and size == n:
                return 0.0
            sigma2 = float(np.mean(np.sum((g - g.mean(axis=0)) ** 2, axis=1)))
            return sigma2 / size * (1 if replace else (n - size) / (n - 1))
    """),
    right("batch_noise", "distances of all pairs", """
        def batch_noise(gradients, size, replace):
            n = len(gradients)
            if size < 1 or (not replace and size > n):
                raise ValueError("size")
            if not replace and size == n:
                return 0.0
            pairs = torch.cdist(gradients, gradients).square().sum().item() / (2 * n * n)
            return pairs / size if replace else pairs * (n - size) / (size * (n - 1))
    """),
    right("batch_noise", "the error as an exception of its own kind", """
        class BadSize(ValueError):
            pass

        def batch_noise(gradients, size, replace):
            n = len(gradients)
            if size < 1 or (not replace and size > n):
                raise BadSize(size)
            spread = torch.linalg.norm(gradients - gradients.mean(0), dim=1).double()
            noise = float((spread ** 2).mean()) / size
            return noise if replace else noise * ((n - size) / (n - 1) if n > 1 else 0.0)
    """),
    # ------------------------------------------------------------------ task 2: accumulate
    pieces("the mean of the means", BOTH["accumulate"], 0,
           ("* sizes[k] / whole", "/ len(pieces)")),
    pieces("the sum of the means", BOTH["accumulate"], 0, (" * sizes[k] / whole", "")),
    pieces("the sum of all gradients", BOTH["accumulate"], 0, (" / whole", "")),
    pieces("divides by the number of pieces", BOTH["accumulate"], 0,
           ("/ whole", "/ len(pieces)")),
    pieces("divides by the sizes", BOTH["accumulate"], 0,
           ("* sizes[k] / whole", "/ sizes[k] * whole")),
    pieces("the last piece is forgotten", BOTH["accumulate"], 0,
           ("range(len(pieces))", "range(len(pieces) - 1)")),
    pieces("only the last piece is kept", BOTH["accumulate"], 0, ("g = g + ", "g = ")),
    pieces("weights of the largest piece", BOTH["accumulate"], 0,
           ("/ whole", "/ max(sizes)")),
    pieces("no check of the lengths", BOTH["accumulate"], 0,
           ("len(pieces) != len(sizes)", "False")),
    pieces("refuses too few sizes only", "hidden_accumulate", 1,
           ("!= len(sizes)", "> len(sizes)")),
    pieces("refuses too many sizes only", "test_accumulate", 1,
           ("!= len(sizes)", "< len(sizes)")),
    pieces("empty lists give 0", "hidden_accumulate", 1,
           ("len(pieces) == 0", "False"), ("return g", "return torch.as_tensor(g)")),
    pieces("vectors only", "hidden_accumulate", 1,
           ("pieces[k] * sizes[k]", "torch.tensor([float(v) * sizes[k] for v in pieces[k]])")),
    pieces("float32 whatever came", "hidden_accumulate", 1, ("return g", "return g.float()")),
    pieces("all pieces but the last weigh like the first", "hidden_accumulate", 1,
           ("whole = sum(sizes)", "sizes = [sizes[0]] * (len(sizes) - 1) + sizes[-1:]\n"
            "    whole = sum(sizes)")),
    pieces("integer division of the weights", BOTH["accumulate"], 0,
           ("pieces[k] * sizes[k] / whole", "pieces[k] * (sizes[k] // whole)")),
    wrong("accumulate", "the example hard-coded", BOTH["accumulate"], 0, """
        def accumulate(pieces, sizes):
            return torch.tensor([2.0, 1.0])
    """),
    right("accumulate", "a weighted loop", PIECES),
    right("accumulate", "stack and einsum", """
        def accumulate(pieces, sizes):
            if not sizes or len(sizes) != len(pieces):
                raise ValueError("lists")
            weights = torch.tensor(sizes).to(pieces[0].dtype)
            return torch.einsum("k,k...->...", weights / weights.sum(), torch.stack(pieces))
    """),
    right("accumulate", "in place, on a clone", """
        def accumulate(pieces, sizes):
            if len(pieces) == 0 or len(pieces) != len(sizes):
                raise ValueError
            g = pieces[0].clone().mul_(sizes[0])
            for piece, size in zip(pieces[1:], sizes[1:], strict=True):
                g.add_(piece, alpha=size)
            return g.div_(sum(sizes))
    """),
    right("accumulate", "a running mean", """
        def accumulate(pieces, sizes):
            if [] in (pieces, sizes) or len(pieces) - len(sizes):
                raise ValueError("lists")
            seen, mean = 0, torch.zeros_like(pieces[0])
            for piece, size in zip(pieces, sizes):
                seen += size
                mean += (piece - mean) * size / seen
            return mean
    """),
    right("accumulate", "each piece as often as it has samples", """
        def accumulate(pieces, sizes):
            if len(pieces) != len(sizes) or len(pieces) < 1:
                raise ValueError("lists")
            return torch.stack([p for p, k in zip(pieces, sizes) for _ in range(k)]).mean(0)
    """),
    right("accumulate", "weights first, in torch's own dtype", """
        def accumulate(pieces, sizes):
            if len(pieces) != len(sizes) or not pieces:
                raise ValueError("lists")
            weights = torch.tensor(sizes) / sum(sizes)
            return sum(w * p for w, p in zip(weights, pieces))
    """),
    right("accumulate", "sum of a generator", """
        def accumulate(pieces, sizes):
            if len({len(pieces), len(sizes)}) != 1 or not len(sizes):
                raise ValueError("lists")
            return sum(p * (k / sum(sizes)) for p, k in zip(pieces, sizes))
    """),
    # ------------------------------------------------------------------ task 3: heavy_ball
    ball("adds the gradient: ascent", BOTH["heavy_ball"], 0, ("- eta * g", "+ eta * g")),
    ball("the velocity is subtracted too", BOTH["heavy_ball"], 0,
         ("theta = theta + u", "theta = theta - u")),
    ball("PyTorch's form: the new rate for the old velocity", "test_heavy_ball", 2,
         ("u = beta * u - eta * g", "b = beta * b + g if path[1:] else g\n        u = -eta * b")),
    ball("no momentum at all", BOTH["heavy_ball"], 0, ("beta * u - ", "-")),
    ball("a running mean: (1 - beta) times the gradient", BOTH["heavy_ball"], 0,
         ("- eta * g", "- (1 - beta) * eta * g")),
    ball("the position is moved by the old velocity", BOTH["heavy_ball"], 0,
         ("        u = beta * u - eta * g\n        theta = theta + u\n",
          "        theta = theta + u\n        u = beta * u - eta * g\n")),
    ball("the velocity replaces the position, as in the listing", BOTH["heavy_ball"], 0,
         ("theta = theta + u", "theta = u")),
    ball("the parameters stand for the gradient", "hidden_heavy_ball", 2, ("a @ theta", "theta")),
    ball("Nesterov: looks ahead", BOTH["heavy_ball"], 0,
         ("a @ theta", "a @ (theta + beta * u)")),
    ball("one row too few", BOTH["heavy_ball"], 0, ("torch.stack(path)", "torch.stack(path[:-1])")),
    ball("the start is left out", BOTH["heavy_ball"], 0,
         ("path = [theta.clone()]", "path = []")),
    ball("one tensor stored many times", BOTH["heavy_ball"], 0,
         ("[theta.clone()]", "[theta]"), ("theta = theta + u", "theta += u"),
         ("append(theta.clone())", "append(theta)")),
    ball("the first rate for all steps", BOTH["heavy_ball"], 0,
         ("for eta in etas:", "for _ in etas:\n        eta = etas[0]")),
    ball("the last rate for all steps", BOTH["heavy_ball"], 0,
         ("for eta in etas:", "for _ in etas:\n        eta = etas[-1]")),
    ball("element by element instead of the matrix product", "test_heavy_ball hidden_heavy_ball",
         0, ("a @ theta", "(a * theta)")),
    ball("the diagonal only", "hidden_heavy_ball", 2, ("a @ theta", "a.diagonal() * theta")),
    ball("the velocity before the last step", "hidden_heavy_ball", 2,
         ("        g = a @ theta\n", "        g, last = a @ theta, u\n"),
         ("return torch.stack(path), u", "return torch.stack(path), last if etas else u")),
    ball("accepts beta = 1", "hidden_heavy_ball", 2, ("beta >= 1", "beta > 1")),
    ball("refuses beta = 1, but not beyond", "hidden_heavy_ball", 2, ("beta >= 1", "beta == 1")),
    ball("accepts a negative beta", "hidden_heavy_ball", 2, ("beta < 0 or ", "")),
    ball("refuses beta = 0", "hidden_heavy_ball", 2, ("beta < 0", "beta <= 0")),
    ball("always float32", "hidden_heavy_ball", 2,
         ("torch.stack(path), u", "torch.stack(path).float(), u.float()")),
    ball("the path alone", BOTH["heavy_ball"], 0,
         ("return torch.stack(path), u", "return torch.stack(path)")),
    wrong("heavy_ball", "the library does it", BOTH["heavy_ball"], 0, """
        def heavy_ball(a, theta, etas, beta):
            leaf = theta.clone().requires_grad_()
            optimizer = torch.optim.SGD([leaf], lr=1.0, momentum=beta)
            path = [theta]
            for eta in etas:
                leaf.grad = eta * (a @ leaf.detach())
                optimizer.step()
                path.append(leaf.detach().clone())
            return torch.stack(path), path[-1] - path[-2] if etas else 0 * theta
    """),
    right("heavy_ball", "a plain loop", BALL),
    right("heavy_ball", "two points in place of a velocity", """
        def heavy_ball(a, theta, etas, beta):
            if not (0 <= beta < 1):
                raise ValueError("beta")
            before, path = theta, [theta]
            for eta in etas:
                now = path[-1]
                path.append(now + beta * (now - before) - eta * (a @ now))
                before = now
            return torch.stack(path), path[-1] - before if etas else torch.zeros_like(theta)
    """),
    right("heavy_ball", "an array filled in advance", """
        def heavy_ball(a, theta, etas, beta):
            if beta >= 1:
                raise ValueError("too much")
            if beta < 0:
                raise ValueError("too little")
            path = theta.new_empty(len(etas) + 1, len(theta))
            path[0], u = theta, theta.new_zeros(len(theta))
            for k, eta in enumerate(etas):
                u = beta * u - eta * (a @ path[k])
                path[k + 1] = path[k] + u
            return path, u
    """),
    right("heavy_ball", "a positive velocity, subtracted", """
        def heavy_ball(a, theta, etas, beta):
            if not 0 <= beta < 1:
                raise ValueError(beta)
            path, v = theta[None], torch.zeros_like(theta)
            for eta in etas:
                v = beta * v + eta * torch.mv(a, path[-1])
                path = torch.cat([path, (path[-1] - v)[None]])
            return path, -v
    """),
    right("heavy_ball", "in place, on copies", """
        def heavy_ball(a, theta, etas, beta):
            if beta < 0 or beta >= 1:
                raise ValueError
            theta, u = theta.clone(), torch.zeros_like(theta)
            path = [theta.clone()]
            for eta in etas:
                u.mul_(beta).sub_(eta * (theta @ a))
                theta.add_(u)
                path.append(theta.clone())
            return [torch.stack(path), u][0], u
    """),
    right("heavy_ball", "PyTorch's form, rescaled at each change", """
        def heavy_ball(a, theta, etas, beta):
            if not 0 <= beta < 1:
                raise ValueError
            u, path = torch.zeros_like(theta), [theta]
            for eta in etas:
                b = beta * (-u / eta) + a @ path[-1]
                u = -eta * b
                path.append(path[-1] + u)
            return torch.stack(path), u
    """),
    # ------------------------------------------------------------------ task 4: best_settings
    best("kappa in place of its root", BOTH["best_settings"], 0,
         ("root = math.sqrt(high / low)", "root = high / low")),
    best("beta is the rate, not its square", BOTH["best_settings"], 0,
         ('"beta": rate**2', '"beta": rate')),
    best("the rate of plain descent", BOTH["best_settings"], 0,
         ("return {\"eta\": eta, \"beta\": rate**2, \"rate\": rate,",
          "return {\"eta\": eta, \"beta\": rate**2, \"rate\": (high - low) / (high + low),")),
    best("the step of plain descent", BOTH["best_settings"], 0,
         ("eta = (2 / (math.sqrt(low) + math.sqrt(high))) ** 2", "eta = 2 / (low + high)")),
    best("the step without the square", BOTH["best_settings"], 0,
         ("math.sqrt(high))) ** 2", "math.sqrt(high)))")),
    best("Nesterov's settings", BOTH["best_settings"], 0,
         ("eta = (2 / (math.sqrt(low) + math.sqrt(high))) ** 2", "eta = 1 / high"),
         ('"beta": rate**2', '"beta": rate')),
    best("the iterations rounded down", BOTH["best_settings"], 0, ("math.ceil", "math.floor")),
    best("the iterations to a thousandth", BOTH["best_settings"], 0, ("1e-6", "1e-3")),
    best("the iterations not rounded", BOTH["best_settings"], 0,
         ("math.ceil(math.log(1e-6) / math.log(rate))", "math.log(1e-6) / math.log(rate)")),
    best("a round bowl divides by zero", BOTH["best_settings"], 0,
         ("high <= low * (1 + 1e-9)", "False")),
    best("a round bowl needs no iteration", "test_best_settings", 2,
         ('"iterations": 1', '"iterations": 0')),
    best("curvature 1 is taken for a round bowl", "test_best_settings", 2,
         ('"eta": 1 / low', '"eta": 1.0')),
    best("the diagonal in place of the eigenvalues", "hidden_best_settings", 2,
         ("torch.linalg.eigvalsh(a)", "a.diagonal()")),
    best("computed in float32", "hidden_best_settings", 2,
         ("    a = a.double()\n", "    a = a.float()\n")),
    best("accepts a flat direction", "hidden_best_settings", 2,
         ("low <= 1e-12 * abs(high)", "low < 0"),
         ("root = math.sqrt(high / low)", "root = math.sqrt(high / max(low, 1e-9))")),
    best("sizes of the curvatures: accepts a saddle", "hidden_best_settings", 2,
         ("torch.linalg.eigvalsh(a)", "torch.linalg.eigvalsh(a).abs()")),
    best("no check: a flat direction divides by zero", "hidden_best_settings", 2,
         ("low <= 1e-12 * abs(high)", "False")),
    best("a bowl is round below a condition of 2", "hidden_best_settings", 2,
         ("low * (1 + 1e-9)", "low * 2")),
    best("round only when the curvatures are equal to the last bit", "hidden_best_settings", 2,
         ("low * (1 + 1e-9)", "low")),
    best("round by a library's closeness, to 1e-5", "hidden_best_settings", 2,
         ("high <= low * (1 + 1e-9)", "torch.isclose(values[0], values[-1])")),
    best("flat below a fixed size", "hidden_best_settings", 2,
         ("low <= 1e-12 * abs(high)", "low <= 1e-8")),
    best("flat from a condition of 1e8", "hidden_best_settings", 2,
         ("low <= 1e-12 * abs(high)", "low <= 1e-8 * abs(high)")),
    best("a tensor for the step of a round bowl", "test_best_settings", 2,
         ('"eta": 1 / low', '"eta": 1 / values[0]')),
    wrong("best_settings", "the example hard-coded", BOTH["best_settings"], 0, """
        def best_settings(a):
            return {"eta": 0.25, "beta": 0.25, "rate": 0.5, "iterations": 20}
    """),
    right("best_settings", "by the condition number", BEST),
    right("best_settings", "by singular values", """
        def best_settings(a):
            a = a.to(torch.float64)
            if torch.linalg.eigvalsh(a).min() <= 1e-12 * torch.linalg.eigvalsh(a).abs().max():
                raise ValueError("not positive")
            s = torch.linalg.svdvals(a).sqrt()
            big, small = s[0].item(), s[-1].item()
            if big**2 <= (1 + 1e-9) * small**2:
                return dict(eta=1 / big**2, beta=0.0, rate=0.0, iterations=1)
            rate = (big - small) / (big + small)
            return dict(eta=4 / (big + small) ** 2, beta=rate * rate, rate=rate,
                        iterations=math.ceil(-6 * math.log(10) / math.log(rate)))
    """),
    right("best_settings", "counts the iterations one by one", """
        def best_settings(a):
            values = sorted(torch.linalg.eigvalsh(a.double()).tolist())
            if values[0] <= 1e-12 * abs(values[-1]):
                raise ValueError
            low, high = values[0] ** 0.5, values[-1] ** 0.5
            round_ = values[-1] <= (1 + 1e-9) * values[0]
            rate = 0.0 if round_ else (high - low) / (high + low)
            left, count = 1.0, 0
            while left > 1e-6:
                left, count = left * rate, count + 1
            return {"rate": rate, "beta": rate**2, "eta": 4 / (high + low) ** 2,
                    "iterations": count}
    """),
    right("best_settings", "NumPy", """
        import numpy as np

        def best_settings(a):
            values = np.linalg.eigvalsh(a.numpy().astype(float))
            low, high = float(values[0]), float(values[-1])
            if not low > 1e-12 * abs(high):
                raise ValueError("curvatures")
            k = (high / low) ** 0.5
            rate = (k - 1) / (k + 1) if high > (1 + 1e-9) * low else 0.0
            steps = int(np.ceil(np.log(1e-6) / np.log(rate))) if rate > 0 else 1
            return {"eta": (2 / (low**0.5 + high**0.5)) ** 2, "beta": rate**2, "rate": rate,
                    "iterations": steps}
    """),
    right("best_settings", "the general eigenvalues, sorted", """
        def best_settings(a):
            values, _ = torch.linalg.eig(a.double()).eigenvalues.real.sort()
            low, high = values[0].item(), values[-1].item()
            if low <= 1e-12 * max(abs(low), abs(high)):
                raise ValueError("curvatures")
            rate = (1 - (low / high) ** 0.5) / (1 + (low / high) ** 0.5)
            rate = rate if high > (1 + 1e-9) * low else 0.0
            t = 1 if rate == 0 else math.ceil(math.log(1e-6, rate))
            return {"eta": 4 / (low**0.5 + high**0.5) ** 2, "beta": rate * rate, "rate": rate,
                    "iterations": t}
    """),
    right("best_settings", "log10", """
        def best_settings(a):
            e = torch.linalg.eigh(a.double())[0]
            if e[0] <= 1e-12 * e[-1].abs():
                raise ValueError("no bowl")
            low, high = e[0].sqrt().item(), e[-1].sqrt().item()
            if e[-1] <= (1 + 1e-9) * e[0]:
                return {"eta": 1 / e[0].item(), "beta": 0.0, "rate": 0.0, "iterations": 1}
            rate = (high - low) / (high + low)
            return {"eta": (2 / (low + high)) ** 2, "beta": rate**2, "rate": rate,
                    "iterations": math.ceil(-6 / math.log10(rate))}
    """),
    # ------------------------------------------------------------------ task 5: train_line
    line("decays: the parameters for their gradients", BOTH["train_line"], 0,
         ("eta * gw", "eta * w"), ("eta * gb", "eta * b")),
    line("pulled to zero: the velocity replaces the parameters", BOTH["train_line"], 0,
         ("w = w + v", "w = v"), ("b = b + c", "b = c")),
    line("both faults of the update", BOTH["train_line"], 0,
         ("eta * gw", "eta * w"), ("eta * gb", "eta * b"),
         ("w = w + v", "w = v"), ("b = b + c", "b = c")),
    line("ascends", BOTH["train_line"], 0, ("- eta * gw", "+ eta * gw"),
         ("- eta * gb", "+ eta * gb")),
    line("no momentum at all", "hidden_train_line", 1,
         ("v = beta * v -", "v = -"), ("c = beta * c -", "c = -")),
    line("half of the gradient", "hidden_train_line", 1,
         ("gw = 2 *", "gw ="), ("gb = 2 *", "gb =")),
    line("computed in float32", "hidden_train_line", 1,
         ("    x, y = x.double(), y.double()\n", "")),
    line("the sum in place of the mean", "hidden_train_line", 1,
         ("(error * x).mean()", "(error * x).sum()"), ("error.mean()", "error.sum()")),
    line("one velocity for both", "hidden_train_line", 1,
         ("c = beta * c - eta * gb", "c = beta * v - eta * gb")),
    line("the bias has no momentum", "hidden_train_line", 1, ("c = beta * c -", "c = -")),
    line("the bias is forgotten", BOTH["train_line"], 0, ("b = b + c", "pass")),
    line("the bias sees the new weight", "hidden_train_line", 1,
         ("        gb = 2 * error.mean().item()\n", ""),
         ("        w = w + v\n", ""),
         ("        c = beta", "        w = w + v\n"
          "        gb = 2 * (w * x + b - y).mean().item()\n        c = beta")),
    line("Nesterov in place of the heavy ball", "hidden_train_line", 1,
         ("error = w * x + b - y", "error = (w + beta * v) * x + b + beta * c - y")),
    line("the velocity is a running mean", "hidden_train_line", 1,
         ("- eta * gw", "- (1 - beta) * eta * gw"), ("- eta * gb", "- (1 - beta) * eta * gb")),
    line("one round more", "test_train_line hidden_train_line", 0,
         ("range(epochs)", "range(epochs + 1)")),
    line("no round, no answer", "test_train_line", 2,
         ("    v, c = 0.0, 0.0\n", "    v, c = 0.0, 0.0\n    if epochs == 0:\n"
          "        return 0.0, 0.0\n")),
    line("starts at zero whatever is given", BOTH["train_line"], 0,
         ("    v, c = 0.0, 0.0\n", "    v, c, w, b = 0.0, 0.0, 0.0, 0.0\n")),
    line("a row of targets: broadcasts to a table", BOTH["train_line"], 0,
         ("b - y", "b - y[:, 0]")),
    line("least squares at once", "test_train_line hidden_train_line", 0,
         ("    for _ in range(epochs):", "    s = torch.linalg.lstsq(torch.cat([x, x * 0 + 1], 1), "
          "y).solution\n    return s[0].item(), s[1].item()\n    for _ in range(epochs):")),
    wrong("train_line", "the optimiser that was built, stepped at last", BOTH["train_line"], 0, """
        def train_line(x, y, w, b, eta, beta, epochs):
            p = torch.tensor([w, b], dtype=torch.float64, requires_grad=True)
            optimizer = torch.optim.SGD([p], lr=eta, momentum=beta)
            for _ in range(epochs):
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(p[0] * x + p[1], y.double()).backward()
                optimizer.step()
            return tuple(p.tolist())
    """),
    line("velocities kept from the last call", "hidden_train_line", 1,
         ("    v, c = 0.0, 0.0\n", "    v, c = train_line.__dict__.get('kept', (0.0, 0.0))\n"),
         ("    return w, b", "    train_line.kept = v, c\n    return w, b")),
    right("train_line", "by hand", LINE),
    right("train_line", "autograd and copies of the listing's lines", """
        def train_line(x, y, w, b, eta, beta, epochs):
            x, y = x.double(), y.double()
            p = [torch.tensor(float(v), dtype=torch.float64, requires_grad=True) for v in (w, b)]
            v = [torch.zeros_like(q) for q in p]
            for _ in range(epochs):
                loss = torch.nn.functional.mse_loss(p[0] * x + p[1], y)
                grads = torch.autograd.grad(loss, p)
                with torch.no_grad():
                    for q, u, g in zip(p, v, grads):
                        u.mul_(beta).sub_(eta * g)
                        q.add_(u)
            return p[0].item(), p[1].item()
    """),
    right("train_line", "PyTorch's form of the velocity", """
        def train_line(x, y, w, b, eta, beta, epochs):
            x1 = torch.cat([x, torch.ones_like(x)], dim=1).double()
            p = torch.tensor([[w], [b]], dtype=torch.float64)
            m = torch.zeros_like(p)
            for _ in range(epochs):
                m = beta * m + 2 / len(x) * x1.T @ (x1 @ p - y.double())
                p = p - eta * m
            return p[0, 0].item(), p[1, 0].item()
    """),
    right("train_line", "pure Python", """
        def train_line(x, y, w, b, eta, beta, epochs):
            xs, ys = x.double()[:, 0].tolist(), y.double()[:, 0].tolist()
            n, v, c = len(xs), 0.0, 0.0
            for _ in range(epochs):
                errors = [w * s + b - t for s, t in zip(xs, ys)]
                v = beta * v - eta * 2 / n * sum(e * s for e, s in zip(errors, xs))
                c = beta * c - eta * 2 / n * sum(errors)
                w, b = w + v, b + c
            return float(w), float(b)
    """),
    right("train_line", "two points in place of velocities", """
        def train_line(x, y, w, b, eta, beta, epochs):
            x, y, old = x.double(), y.double(), (w, b)
            for _ in range(epochs):
                e = w * x + b - y
                new = (w + beta * (w - old[0]) - 2 * eta * (e * x).mean().item(),
                       b + beta * (b - old[1]) - 2 * eta * e.mean().item())
                old, (w, b) = (w, b), new
            return w, b
    """),
    right("train_line", "a model and backward, moved by hand", """
        def train_line(x, y, w, b, eta, beta, epochs):
            model = torch.nn.Linear(1, 1).double()
            with torch.no_grad():
                model.weight.fill_(w)
                model.bias.fill_(b)
            speed = {p: torch.zeros_like(p) for p in model.parameters()}
            for _ in range(epochs):
                model.zero_grad()
                torch.nn.functional.mse_loss(model(x.double()), y.double()).backward()
                with torch.no_grad():
                    for p in model.parameters():
                        speed[p] = beta * speed[p] - eta * p.grad
                        p += speed[p]
            return model.weight.item(), model.bias.item()
    """),
    # ------------------------------------------------------------------ task 6: critical_beta
    find("counts crossings of 1, not of 0", BOTH["critical_beta"], 0,
         ("1000)) < 0", "1000)) < 1")),
    find("looks only at the last position", BOTH["critical_beta"], 0,
         ("min(ball_run(strength, middle, 1000))", "ball_run(strength, middle, 1000)[-1]")),
    find("runs of ten steps", BOTH["critical_beta"], 0, ("1000", "10")),
    find("runs of forty steps", "test_critical_beta", 1, ("1000", "40")),
    find("the search is turned round", BOTH["critical_beta"], 0,
         ("if crossed:", "if not crossed:")),
    find("three halvings", BOTH["critical_beta"], 0, ("range(9)", "range(3)")),
    find("searches above 0.3 only", "hidden_critical_beta", 1,
         ("low, high = 0.0,", "low, high = 0.3,")),
    find("searches below 0.8 only", "test_critical_beta", 1, ("0.0, 1.0", "0.0, 0.8")),
    find("a crossing has to be deep", BOTH["critical_beta"], 0,
         ("1000)) < 0", "1000)) < -0.1")),
    find("another strength is run", BOTH["critical_beta"], 0,
         ("ball_run(strength,", "ball_run(2 * strength,")),
    find("the answer is squared", BOTH["critical_beta"], 0,
         ("return (low + high) / 2", "return ((low + high) / 2) ** 2")),
    wrong("critical_beta", "the chapter's formula", "hidden_critical_beta", 1, """
        def critical_beta(strength):
            return (1 - math.sqrt(strength)) ** 2
    """),
    wrong("critical_beta", "the formula beside an idle run", "hidden_critical_beta", 1, """
        def critical_beta(strength):
            ball_run(strength, 0.5, 10)
            return (1 - strength**0.5) ** 2
    """),
    wrong("critical_beta", "a ball of one's own", "hidden_critical_beta", 1, """
        def critical_beta(strength):
            low, high = 0.0, 1.0
            for _ in range(9):
                beta, x, u, crossed = (low + high) / 2, 1.0, 0.0, False
                for _ in range(400):
                    u = beta * u - strength * x
                    x += u
                    crossed = crossed or x < 0
                low, high = (low, beta) if crossed else (beta, high)
            return (low + high) / 2
    """),
    wrong("critical_beta", "a constant", BOTH["critical_beta"], 0, """
        def critical_beta(strength):
            return 0.9
    """),
    wrong("critical_beta", "the two visible answers in a table", "hidden_critical_beta", 1, """
        def critical_beta(strength):
            return {0.1: 0.4675, 0.002: 0.9126}.get(strength, 0.5)
    """),
    right("critical_beta", "nine halvings", FIND),
    right("critical_beta", "the arguments by name", """
        def critical_beta(strength):
            low, high = 0.0, 1.0
            while high - low > 0.005:
                middle = (low + high) / 2
                crossed = any(p < 0 for p in ball_run(strength=strength, beta=middle, steps=1000))
                low, high = (low, middle) if crossed else (middle, high)
            return low
    """),
    right("critical_beta", "crossed when a position is not above 0", """
        def critical_beta(strength):
            kept = [k / 200 for k in range(200)
                    if all(p > 0 for p in ball_run(strength, k / 200, 1000))]
            return max(kept)
    """),
    right("critical_beta", "changes of the sign, by NumPy", """
        import numpy as np

        def critical_beta(strength):
            low, high = 0.0, 1.0
            for _ in range(10):
                beta = np.mean([low, high])
                turned = np.diff(np.sign(ball_run(strength, beta, steps=1000))).any()
                low, high = (low, beta) if turned else (beta, high)
            return float(high)
    """),
    right("critical_beta", "a fine grid", """
        def critical_beta(strength):
            last = 0.0
            for k in range(200):
                if any(p < 0 for p in ball_run(strength, k / 200, 600)):
                    break
                last = k / 200
            return last
    """),
    right("critical_beta", "by tens, then by ones", """
        def critical_beta(strength):
            def crosses(beta):
                return min(ball_run(strength, beta, 800)) < 0

            beta = 0.0
            for step in (0.1, 0.01, 0.001):
                while beta + step < 1 and not crosses(beta + step):
                    beta += step
            return beta
    """),
    right("critical_beta", "a recursive search", """
        def critical_beta(strength, low=0.0, high=0.999):
            middle = (low + high) / 2
            if high - low < 0.004:
                return middle
            if min(ball_run(strength, middle, 2000)) < 0:
                return critical_beta(strength, low, middle)
            return critical_beta(strength, middle, high)
    """),
    right("critical_beta", "a library's search over a sorted question", """
        import bisect

        def critical_beta(strength):
            class Crossed:
                def __len__(self):
                    return 256

                def __getitem__(self, k):
                    return min(ball_run(strength, k / 256, 1000)) < 0

            return bisect.bisect_left(Crossed(), True) / 256
    """),
    right("critical_beta", "from above: where the swinging ends", """
        def critical_beta(strength):
            beta = 0.995
            while beta > 0 and min(ball_run(strength, beta, 1000)) < 0:
                beta -= 0.005
            return max(beta, 0.0)
    """),
]

_SEARCH = "another search for the same border; the contract leaves the search free"

EQUIVALENT = {
    "best_settings 9:18 LtE>Lt": "differs only where the quotient of the curvatures is exactly "
                                 "1 + 1e-9, or exactly 1, and then the other branch gives 0.0 too",
    "critical_beta 4:26 1.0>2.0": _SEARCH,
    "critical_beta 5:10 Gt>GtE": _SEARCH,
    "critical_beta 7:11 Lt>LtE": "the ball never stands at exactly 0: it rests before",
    "critical_beta 7:42 1000>1001": _SEARCH,
}
