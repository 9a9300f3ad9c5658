"""Answers to the assignment adam.

Most wrong answers are a right one with one mistake; `slip` puts it in.
"""

from textwrap import dedent

from tests.answers.bank import right, slip, wrong

AVERAGES = dedent("""
    def averages(values, beta):
        if beta < 0 or beta >= 1:
            raise ValueError("beta")
        mean, raw, corrected = torch.zeros_like(values[0]), [], []
        for t, value in enumerate(values, 1):
            mean = beta * mean + (1 - beta) * value
            raw.append(mean)
            corrected.append(mean / (1 - beta**t))
        return torch.stack(raw), torch.stack(corrected)
    """)
ADAGRAD = dedent("""
    def adagrad(gradients, theta, eta):
        if eta <= 0:
            raise ValueError("eta")
        s, path = torch.zeros_like(theta), [theta]
        for g in gradients:
            s = s + g**2
            theta = theta - eta * g / (s.sqrt() + 1e-10)
            path.append(theta)
        return torch.stack(path)
    """)
ADAMW = dedent("""
    def adamw(gradients, theta, eta, decay):
        if theta.shape != gradients[0].shape:
            raise ValueError("shape")
        m, v, path = torch.zeros_like(theta), torch.zeros_like(theta), [theta]
        for t, g in enumerate(gradients, 1):
            m = 0.9 * m + 0.1 * g
            v = 0.999 * v + 0.001 * g**2
            m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
            theta = (1 - eta * decay) * theta - eta * m_hat / (v_hat.sqrt() + 1e-8)
            path.append(theta)
        return torch.stack(path)
    """)
MENDED = dedent("""
    def mended(a, theta, eta, steps):
        v, s, path = torch.zeros_like(theta), torch.zeros_like(theta), [theta]
        for t in range(1, steps + 1):
            g = a * theta
            v = 0.9 * v + 0.1 * g
            s = 0.999 * s + 0.001 * g**2
            v_hat, s_hat = v / (1 - 0.9**t), s / (1 - 0.999**t)
            theta = theta - eta * v_hat / (s_hat.sqrt() + 1e-8)
            path.append(theta)
        return torch.stack(path)
    """)
RATE = dedent("""
    def find_rate(radius):
        def median(rate):
            return sorted(final_losses(radius, rate))[2]
        return min([radius * 10 ** (k / 3) for k in range(-9, 4)], key=median)
    """)
CELLS = {task: {"t": f"test_{task}", "h": f"hidden_{task}"} for task in
         ("averages", "adagrad", "adamw", "mended", "find_rate")}
CELLS["adamw"] |= {"d": "test_decay", "e": "hidden_decay"}
CELLS["mended"] |= {"d": "test_descends", "y": "hidden_tiny"}


def slips(task, code, *rows):
    """Wrong answers from (title, letters of the cells that fail, score, pairs).

    t test, h hidden; adamw: d test_decay, e hidden_decay; mended: d test_descends, y hidden_tiny.
    """
    return [wrong(task, title, " ".join(CELLS[task][letter] for letter in letters), score,
                  slip(code, *pairs)) for title, letters, score, *pairs in rows]


ANSWERS = [
    # ------------------------------------------------------------------ task 1: averages
    *slips(
        "averages", AVERAGES,
        ("t starts at 0 and divides by zero", "th", 0, ("values, 1)", "values)")),
        ("t starts at 2", "th", 0, ("values, 1)", "values, 2)")),
        ("no factor 1 - beta", "th", 0, ("(1 - beta) * value", "value")),
        ("beta and 1 - beta exchanged", "h", 1,
         ("beta * mean + (1 - beta) * value", "(1 - beta) * mean + beta * value")),
        ("starts at the first value", "th", 0, ("torch.zeros_like(values[0])", "values[0]")),
        ("the corrected value goes on", "th", 0,
         ("raw.append(mean)", "raw.append(mean)\n        mean = mean / (1 - beta**t)"),
         ("corrected.append(mean / (1 - beta**t))", "corrected.append(mean)")),
        ("beta times t instead of a power", "th", 0, ("beta**t", "beta * t")),
        ("always the first correction", "th", 0, ("beta**t", "beta")),
        ("corrected only", "th", 0, ("return torch.stack(raw), ", "return "), ),
        ("the pair in the other order", "th", 0,
         ("torch.stack(raw), torch.stack(corrected)", "torch.stack(corrected), torch.stack(raw)")),
        ("beta = 1 is accepted", "h", 1, ("beta >= 1", "beta > 1")),
        ("a negative beta is accepted", "h", 1, ("beta < 0 or ", "")),
        ("beta = 0 is refused", "h", 1, ("beta < 0", "beta <= 0")),
        ("averages over the columns as well", "h", 1,
         ("(1 - beta) * value", "(1 - beta) * value.mean()")),
        ("float32 inside", "h", 1, ("torch.zeros_like(values[0])",
                                    "torch.zeros_like(values[0], dtype=torch.float32)"),
         ("(1 - beta) * value", "(1 - beta) * value.float()")),
    ),
    wrong("averages", "the worked example, hard-coded", "hidden_averages", 1, """
        def averages(values, beta):
            if not 0 <= beta < 1:
                raise ValueError("beta")
            return torch.tensor([[0.5], [0.75]]), torch.tensor([[1.0], [1.0]])
    """),
    wrong("averages", "in place: all rows are the last", "test_averages hidden_averages", 0, """
        def averages(values, beta):
            if not 0 <= beta < 1:
                raise ValueError("beta")
            mean, raw, corrected = torch.zeros_like(values[0]), [], []
            for t, value in enumerate(values, 1):
                mean.mul_(beta).add_(value, alpha=1 - beta)
                raw.append(mean)
                corrected.append(mean / (1 - beta**t))
            return torch.stack(raw), torch.stack(corrected)
    """),
    wrong("averages", "a single column loses its axis", "test_averages", 1, slip(
        AVERAGES, ("torch.stack(raw),", "torch.stack(raw).squeeze(1),"))),
    right("averages", "matrix of weights", """
        def averages(values, beta):
            if not 0 <= beta < 1:
                raise ValueError(beta)
            n = len(values)
            powers = torch.arange(n)[:, None] - torch.arange(n)
            weights = torch.where(powers >= 0, torch.tensor(float(beta), dtype=values.dtype)
                                  ** powers.clamp(min=0), 0)
            raw = (1 - beta) * weights @ values
            t = torch.arange(1, n + 1, dtype=values.dtype)[:, None]
            return raw, raw / (1 - beta**t)
    """),
    right("averages", "lerp, and lists in the end", """
        def averages(values, beta):
            if beta >= 1 or beta < 0:
                raise ValueError("beta must be in [0, 1)")
            raw, last = [], values[0] * 0
            for value in values:
                last = last.lerp(value, 1 - beta)
                raw += [last]
            raw = torch.stack(raw)
            scale = [1 - beta ** (i + 1) for i in range(len(raw))]
            return [raw, raw / torch.tensor(scale, dtype=raw.dtype)[:, None]]
    """),
    right("averages", "counts the weights instead of a power", """
        def averages(values, beta):
            if not (0 <= beta < 1):
                raise ValueError("no")
            r, w, rows, fixed = torch.zeros_like(values[0]), 0.0, [], []
            for value in values:
                r, w = beta * r + (1 - beta) * value, beta * w + (1 - beta)
                rows.append(r)
                fixed.append(r / w)
            return torch.stack(rows), torch.stack(fixed)
    """),
    right("averages", "in place, with clones", """
        def averages(values, beta):
            if not 0 <= beta < 1:
                raise ValueError("beta")
            raw, corrected = torch.empty_like(values), torch.empty_like(values)
            mean = torch.zeros_like(values[0])
            for i in range(len(values)):
                mean.mul_(beta).add_((1 - beta) * values[i])
                raw[i] = mean
                corrected[i] = mean / (1 - beta ** (i + 1))
            return raw, corrected
    """),
    right("averages", "each number alone", """
        def averages(values, beta):
            if beta < 0 or not beta < 1:
                raise ValueError("beta")
            raw = values.clone()
            for d in range(values.shape[1]):
                r = 0.0
                for t in range(len(values)):
                    r = beta * r + (1 - beta) * values[t, d].item()
                    raw[t, d] = r
            power = torch.tensor([beta ** (t + 1) for t in range(len(values))]).to(raw.dtype)
            exact = [[raw[t, d].item() / (1 - beta ** (t + 1)) for d in range(raw.shape[1])]
                     for t in range(len(raw))]
            return raw, torch.tensor(exact, dtype=raw.dtype)
    """),
    right("averages", "NumPy inside", """
        def averages(values, beta):
            import numpy as np
            if not 0 <= beta < 1:
                raise ValueError("beta")
            x, r, rows = values.numpy(), np.zeros(values.shape[1]), []
            for row in x:
                r = beta * r + (1 - beta) * row
                rows.append(r)
            raw = np.array(rows)
            t = np.arange(1, len(x) + 1)[:, None]
            both = raw, raw / (1 - beta ** t)
            return tuple(torch.from_numpy(b).to(values.dtype) for b in both)
    """),
    right("averages", "the change towards the value, a running power", """
        def averages(values, beta):
            if not 0 <= beta < 1:
                raise ValueError("beta")
            raw, corrected = torch.zeros_like(values), torch.zeros_like(values)
            last, power = torch.zeros_like(values[0]), 1.0
            for t in range(values.shape[0]):
                last = last + (1 - beta) * (values[t] - last)
                power *= beta
                raw[t], corrected[t] = last, last / (1 - power)
            return raw, corrected
    """),
    # ------------------------------------------------------------------ task 2: adagrad
    *slips(
        "adagrad", ADAGRAD,
        ("the sum without squares", "th", 0, ("g**2", "g.abs()")),
        ("forgets the sum", "th", 0, ("s = s + g**2", "s = g**2")),
        ("forgets the root", "th", 0, ("s.sqrt()", "s")),
        ("climbs", "th", 0, ("theta - eta", "theta + eta")),
        ("one sum for all coordinates", "h", 1, ("g**2", "(g**2).sum()")),
        ("mean of the squares over coordinates", "th", 0, ("g**2", "(g**2).mean()")),
        ("epsilon under the root", "h", 1, ("(s.sqrt() + 1e-10)", "(s + 1e-10).sqrt()")),
        ("epsilon of Adam", "h", 1, ("1e-10", "1e-8")),
        ("no epsilon: nan where nothing moves", "th", 0, (" + 1e-10", "")),
        ("the start is missing", "th", 0, ("[theta]\n", "[]\n")),
        ("the step before the sum", "th", 0,
         ("s = s + g**2\n", "old = s\n        s = s + g**2\n"),
         ("(s.sqrt() +", "(old.sqrt() +")),
        ("no check of eta", "h", 1, ("eta <= 0", "False")),
        ("eta = 0 is accepted", "h", 1, ("eta <= 0", "eta < 0")),
        ("RMSprop", "th", 0, ("s + g**2", "0.99 * s + 0.01 * g**2")),
        ("the sum divided by the count", "th", 0,
         ("s.sqrt()", "(s / len(path)).sqrt()")),
        ("only the last point", "th", 0, ("torch.stack(path)", "theta")),
        ("the order of the path reversed", "th", 0,
         ("torch.stack(path)", "torch.stack(path[::-1])")),
    ),
    wrong("adagrad", "the worked example, hard-coded", "hidden_adagrad", 1, """
        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            return torch.tensor([[1.0, 1.0], [0.5, 1.0], [0.1, 1.0]])
    """),
    wrong("adagrad", "the library's twin", "test_adagrad hidden_adagrad", 0, """
        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            optimizer, path = torch.optim.Adagrad([theta], lr=eta), [theta.clone()]
            for g in gradients:
                theta.grad = g
                optimizer.step()
                path.append(theta.clone())
            return torch.stack(path)
    """),
    wrong("adagrad", "labkit's twin", "test_adagrad hidden_adagrad", 0, """
        def adagrad(gradients, theta, eta):
            from labkit import optim
            if eta <= 0:
                raise ValueError("eta")
            state, path = {}, [theta]
            for g in gradients:
                theta, state = optim.adagrad(theta, g, state, lr=eta)
                path.append(theta)
            return torch.stack(path)
    """),
    wrong("adagrad", "in place: all rows are the last", "test_adagrad hidden_adagrad", 0, """
        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            s, path = torch.zeros_like(theta), [theta]
            for g in gradients:
                s += g**2
                theta -= eta * g / (s.sqrt() + 1e-10)
                path.append(theta)
            return torch.stack(path)
    """),
    wrong("adagrad", "the function behind the library's class",
          "test_adagrad hidden_adagrad", 0, """
        from torch.optim.adagrad import adagrad as ready

        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            s, count, path = torch.zeros_like(theta), [torch.tensor(0.0)], [theta.clone()]
            for g in gradients:
                ready([theta], [g], [s], count, foreach=False, lr=eta, weight_decay=0, lr_decay=0,
                      eps=1e-10, maximize=False)
                path.append(theta.clone())
            return torch.stack(path)
    """),
    wrong("adagrad", "the sums go on into the next call", "hidden_adagrad", 1, """
        sums = {}

        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            s, path = sums.setdefault(len(theta), torch.zeros_like(theta)), [theta]
            for g in gradients:
                s += g**2
                theta = theta - eta * g / (s.sqrt() + 1e-10)
                path.append(theta)
            return torch.stack(path)
    """),
    wrong("adagrad", "always float64", "test_adagrad", 2, slip(
        ADAGRAD, ("s, path =", "theta = theta.double()\n    s, path ="))),
    right("adagrad", "cumulative sums, no loop", """
        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            s = (gradients**2).cumsum(0)
            steps = eta * gradients / (s.sqrt() + 1e-10)
            return torch.cat([theta[None], theta - steps.cumsum(0)])
    """),
    right("adagrad", "a table filled row by row", """
        def adagrad(gradients, theta, eta):
            if not eta > 0:
                raise ValueError(f"eta = {eta}")
            path = torch.empty(len(gradients) + 1, len(theta), dtype=theta.dtype)
            path[0] = theta
            total = torch.zeros_like(theta)
            for t, g in enumerate(gradients):
                total += g * g
                path[t + 1] = path[t] - eta * g / (torch.sqrt(total) + 1e-10)
            return path
    """),
    right("adagrad", "number by number", """
        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            path = [theta.tolist()]
            sums = [0.0] * len(theta)
            for row in gradients.tolist():
                new = []
                for d, g in enumerate(row):
                    sums[d] += g * g
                    new.append(path[-1][d] - eta * g / (math.sqrt(sums[d]) + 1e-10))
                path.append(new)
            return torch.tensor(path, dtype=theta.dtype)
    """),
    right("adagrad", "in place on a clone", """
        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            theta, s = theta.clone(), torch.zeros_like(theta)
            path = [theta.clone()]
            for g in gradients:
                s.addcmul_(g, g)
                theta.addcdiv_(g, s.sqrt().add_(1e-10), value=-eta)
                path.append(theta.clone())
            return torch.stack(path)
    """),
    right("adagrad", "the whole sum anew at each step", """
        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            path = [theta]
            for t in range(len(gradients)):
                s = (gradients[:t + 1] ** 2).sum(dim=0)
                path.append(path[-1] - eta * gradients[t] / (s**0.5 + 1e-10))
            return torch.stack(path)
    """),
    right("adagrad", "as a norm", """
        def adagrad(gradients, theta, eta):
            if eta <= 0:
                raise ValueError("eta")
            path = [theta]
            for t, g in enumerate(gradients, 1):
                length = torch.linalg.vector_norm(gradients[:t], dim=0)
                path.append(path[-1] - g * (eta / (length + 1e-10)))
            return torch.stack(path)
    """),
    right("adagrad", "the start and the steps, summed", """
        def adagrad(gradients, theta, eta):
            if not eta > 0:
                raise ValueError("eta")
            s = gradients.square().cumsum(0)
            return torch.cat([theta[None], -eta * gradients / (s.sqrt() + 1e-10)]).cumsum(0)
    """),
    right("adagrad", "changes what it was given", """
        def adagrad(gradients, theta, eta):
            if not eta > 0:
                raise ValueError("eta")
            root, path = torch.zeros_like(theta), [theta.clone()]
            for g in gradients:
                root = torch.hypot(root, g)
                theta -= eta * g / (root + 1e-10)
                path.append(theta.clone())
            return torch.stack(path)
    """),
    # ------------------------------------------------------------------ task 3: adamw
    *slips(
        "adamw", ADAMW,
        ("t starts at 0", "tdhe", 0, ("gradients, 1)", "gradients)")),
        ("t starts at 2", "tdhe", 0, ("gradients, 1)", "gradients, 2)")),
        ("m is not corrected", "tdhe", 0, ("m / (1 - 0.9**t)", "m")),
        ("v is not corrected", "tdhe", 0, ("v / (1 - 0.999**t)", "v")),
        ("neither is corrected", "tdhe", 0, ("m / (1 - 0.9**t)", "m"), ("v / (1 - 0.999**t)", "v")),
        ("the betas exchanged", "he", 3, ("0.9 * m + 0.1 * g", "0.999 * m + 0.001 * g"),
         ("0.999 * v + 0.001 * g**2", "0.9 * v + 0.1 * g**2"),
         ("m / (1 - 0.9**t)", "m / (1 - 0.999**t)"), ("v / (1 - 0.999**t)", "v / (1 - 0.9**t)")),
        ("no factor in m", "tdhe", 0, ("0.1 * g", "g")),
        ("no factor in v", "tdhe", 0, ("0.001 * g**2", "g**2")),
        ("climbs", "tdhe", 0, ("theta - eta * m_hat", "theta + eta * m_hat")),
        ("epsilon under the root", "h", 4, ("(v_hat.sqrt() + 1e-8)", "(v_hat + 1e-8).sqrt()")),
        ("no epsilon", "he", 3, (" + 1e-8", "")),
        ("epsilon beside the root of the raw v", "h", 4, ("(v_hat.sqrt() + 1e-8)",
         "((v.sqrt() + 1e-8) / math.sqrt(1 - 0.999**t))")),
        ("decay = 0 is refused", "th", 3, ("theta.shape != gradients[0].shape", "theta.shape != "
                                           "gradients[0].shape or decay <= 0")),
        ("no decay where the gradient is 0", "e", 5, ("(1 - eta * decay)",
                                                      "(1 - eta * decay * (g != 0))")),
        ("looks at the last axis only", "e", 5, ("theta.shape != gradients[0].shape",
                                                 "theta.shape[-1] != gradients.shape[1]")),
        ("decay through the gradient, as in Adam", "de", 3,
         ("m = 0.9", "g = g + decay * theta\n        m = 0.9"),
         ("(1 - eta * decay) * theta", "theta")),
        ("decay without eta", "de", 3, ("(1 - eta * decay)", "(1 - decay)")),
        ("decay forgotten", "de", 3, ("(1 - eta * decay) * theta", "theta")),
        ("decay in the wrong direction", "de", 3, ("(1 - eta * decay)", "(1 + eta * decay)")),
        ("decay of the start, not of theta", "de", 3,
         ("(1 - eta * decay) * theta", "theta - eta * decay * path[0]")),
        ("the step decays, too", "de", 3,
         ("(1 - eta * decay) * theta - eta * m_hat / (v_hat.sqrt() + 1e-8)",
          "(1 - eta * decay) * (theta - eta * m_hat / (v_hat.sqrt() + 1e-8))")),
        ("no root", "tdhe", 0, ("v_hat.sqrt()", "v_hat")),
        ("absolute values instead of squares", "tdhe", 0, ("g**2", "g.abs()")),
        ("one second moment for all coordinates", "the", 2, ("g**2", "(g**2).mean()")),
        ("no check of the shape: one number broadcasts", "e", 5,
         ("theta.shape != gradients[0].shape", "False")),
        ("the start is missing", "tdhe", 0, ("[theta]\n", "[]\n")),
        ("corrected moments go on", "tdhe", 0, ("m_hat, v_hat = ", "m, v = m_hat, v_hat = ")),
        ("beta2 = 0.99", "he", 3, ("0.999 * v + 0.001", "0.99 * v + 0.01"),
         ("0.999**t", "0.99**t")),
        ("the last point only", "tdhe", 0, ("torch.stack(path)", "theta")),
    ),
    wrong("adamw", "the worked examples, hard-coded", "hidden_adamw hidden_decay", 3, """
        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients[0].shape:
                raise ValueError("shape")
            if decay:
                return torch.tensor([[1.0], [0.85], [0.7075]], dtype=torch.float64)
            return torch.tensor([[1.0, 1.0], [0.9, 1.1], [0.8, 1.2]])
    """),
    wrong("adamw", "the library's twin", "test_adamw test_decay hidden_adamw hidden_decay", 0, """
        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients[0].shape:
                raise ValueError("shape")
            optimizer = torch.optim.AdamW([theta], lr=eta, weight_decay=decay)
            path = [theta.clone()]
            for g in gradients:
                theta.grad = g
                optimizer.step()
                path.append(theta.clone())
            return torch.stack(path)
    """),
    wrong("adamw", "labkit's twin", "test_adamw test_decay hidden_adamw hidden_decay", 0, """
        from labkit.optim import adamw as ready

        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients[0].shape:
                raise ValueError("shape")
            state, path = {}, [theta]
            for g in gradients:
                theta, state = ready(theta, g, state, lr=eta, weight_decay=decay)
                path.append(theta)
            return torch.stack(path)
    """),
    wrong("adamw", "the function behind the library's class",
          "test_adamw test_decay hidden_adamw hidden_decay", 0, """
        from torch.optim.adamw import adamw as ready

        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients[0].shape:
                raise ValueError("shape")
            m, v, count = torch.zeros_like(theta), torch.zeros_like(theta), [torch.tensor(0.0)]
            path = [theta.clone()]
            for g in gradients:
                ready([theta], [g], [m], [v], [], count, foreach=False, amsgrad=False, beta1=0.9,
                      beta2=0.999, lr=eta, weight_decay=decay, eps=1e-8, maximize=False)
                path.append(theta.clone())
            return torch.stack(path)
    """),
    wrong("adamw", "a single coordinate loses its axis", "test_decay", 4, slip(
        ADAMW, ("torch.stack(path)", "torch.stack(path).squeeze()"))),
    wrong("adamw", "m and v share one tensor",
          "test_adamw test_decay hidden_adamw hidden_decay", 0, """
        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients[0].shape:
                raise ValueError("shape")
            m = v = torch.zeros_like(theta)
            path = [theta]
            for t, g in enumerate(gradients, 1):
                m.mul_(0.9).add_(0.1 * g)
                v.mul_(0.999).add_(0.001 * g**2)
                step = m / (1 - 0.9**t) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
                theta = (1 - eta * decay) * theta - eta * step
                path.append(theta)
            return torch.stack(path)
    """),
    wrong("adamw", "always float64", "test_adamw", 5, slip(
        ADAMW, ("m, v, path =", "theta = theta.double()\n    m, v, path ="))),
    right("adamw", "decay first, then the step", slip(
        ADAMW, ("theta = (1 - eta * decay) * theta - eta * m_hat",
                "theta = theta - eta * decay * theta\n        theta = theta - eta * m_hat"))),
    right("adamw", "the corrections inside the rate", """
        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients.shape[1:]:
                raise ValueError("shape")
            m, v, path = 0 * theta, 0 * theta, [theta]
            for t, g in enumerate(gradients, 1):
                m = m + (1 - 0.9) * (g - m)
                v = v + (1 - 0.999) * (g * g - v)
                root = v.sqrt() / math.sqrt(1 - 0.999**t) + 1e-8
                theta = theta * (1 - eta * decay) - eta / (1 - 0.9**t) * m / root
                path.append(theta)
            return torch.stack(path)
    """),
    right("adamw", "in place on clones", """
        def adamw(gradients, theta, eta, decay):
            if tuple(theta.shape) != tuple(gradients.shape[1:]):
                raise ValueError("shape")
            theta = theta.clone()
            m, v = torch.zeros_like(theta), torch.zeros_like(theta)
            path = torch.empty(len(gradients) + 1, len(theta), dtype=theta.dtype)
            path[0] = theta
            for t in range(1, len(gradients) + 1):
                g = gradients[t - 1]
                m.lerp_(g, 1 - 0.9)
                v.mul_(0.999).addcmul_(g, g, value=1 - 0.999)
                theta.mul_(1 - eta * decay)
                theta.sub_(eta * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8))
                path[t] = theta
            return path
    """),
    right("adamw", "number by number", """
        def adamw(gradients, theta, eta, decay):
            if len(theta) != gradients.shape[1]:
                raise ValueError("shape")
            columns = []
            for d in range(len(theta)):
                x, m, v = theta[d].item(), 0.0, 0.0
                column = [x]
                for t, g in enumerate(gradients[:, d].tolist(), 1):
                    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
                    step = (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
                    x = x - eta * decay * x - eta * step
                    column.append(x)
                columns.append(column)
            return torch.tensor(columns, dtype=theta.dtype).T.contiguous()
    """),
    right("adamw", "moments by a table of weights", """
        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients[0].shape:
                raise ValueError("shape")
            def corrected(x, beta):
                rows = []
                for t in range(1, len(x) + 1):
                    w = torch.tensor([beta ** (t - 1 - i) for i in range(t)], dtype=torch.float64)
                    rows.append((w[:, None] * x[:t].double()).sum(0) / w.sum())
                return torch.stack(rows).to(x.dtype)
            steps = corrected(gradients, 0.9) / (corrected(gradients**2, 0.999).sqrt() + 1e-8)
            path = [theta]
            for step in steps:
                path.append((1 - eta * decay) * path[-1] - eta * step)
            return torch.stack(path)
    """),
    right("adamw", "a generator of steps", """
        def adamw(gradients, theta, eta, decay):
            if theta.numel() != gradients[0].numel() or theta.dim() != 1:
                raise ValueError("shape")
            def steps():
                m, v, b1, b2 = torch.zeros_like(theta), torch.zeros_like(theta), 1.0, 1.0
                for g in gradients:
                    b1, b2 = b1 * 0.9, b2 * 0.999
                    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g.square()
                    yield m / (1 - b1) / (torch.sqrt(v / (1 - b2)) + 1e-8)
            path = [theta]
            for step in steps():
                path.append(path[-1] - eta * (step + decay * path[-1]))
            return torch.stack(path)
    """),
    right("adamw", "as the library orders it, on what it was given", """
        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients[0].shape:
                raise ValueError("shape")
            m, v, path = torch.zeros_like(theta), torch.zeros_like(theta), [theta.clone()]
            for t in range(1, len(gradients) + 1):
                g = gradients[t - 1]
                theta.mul_(1 - eta * decay)
                m.lerp_(g, 1 - 0.9)
                v.mul_(0.999).addcmul_(g, g, value=1 - 0.999)
                root = (v.sqrt() / math.sqrt(1 - 0.999**t)).add_(1e-8)
                theta.addcdiv_(m, root, value=-eta / (1 - 0.9**t))
                path.append(theta.clone())
            return torch.stack(path)
    """),
    right("adamw", "two helpers and a power of a half", """
        def moment(x, beta):
            r, rows = torch.zeros_like(x[0]), []
            for t, row in enumerate(x):
                r = r * beta + row * (1 - beta)
                rows.append(r / (1 - beta ** (t + 1)))
            return torch.stack(rows)

        def adamw(gradients, theta, eta, decay):
            if theta.shape != gradients.shape[1:]:
                raise ValueError("shape")
            steps = moment(gradients, 0.9) / (moment(gradients * gradients, 0.999)**0.5 + 1e-8)
            path = theta.repeat(len(gradients) + 1, 1)
            for t in range(len(gradients)):
                path[t + 1] = path[t] - eta * (steps[t] + decay * path[t])
            return path
    """),
    # ------------------------------------------------------------------ task 4: mended
    *slips(
        "mended", MENDED,
        ("as printed, but t from 1", "dthy", 0, ("0.1 * g", "-eta * g"),
         ("s / (1 - 0.999**t)", "s"),
         ("(s_hat.sqrt() + 1e-8)", "(s_hat + 1e-8).sqrt()")),
        ("t from 0", "dthy", 0, ("range(1, steps + 1)", "range(steps)")),
        ("t from 2", "thy", 1, ("range(1, steps + 1)", "range(2, steps + 2)")),
        ("the minus stays in v and before the step", "dthy", 0, ("+ 0.1 * g", "- 0.1 * g")),
        ("alpha stays in v", "dthy", 0, ("0.1 * g", "eta * 0.1 * g")),
        ("alpha in place of 1 - beta1", "thy", 1, ("0.1 * g", "eta * g")),
        ("no factor 1 - beta1", "thy", 1, ("0.1 * g", "g")),
        ("s is not corrected", "thy", 1, ("s / (1 - 0.999**t)", "s")),
        ("epsilon under the root", "y", 3, ("(s_hat.sqrt() + 1e-8)", "(s_hat + 1e-8).sqrt()")),
        ("the root of epsilon beside the root", "thy", 1, ("1e-8", "1e-4")),
        ("no epsilon: nan on a flat coordinate", "dy", 2, (" + 1e-8", "")),
        ("s unused, as in the article's step 5", "hy", 2, (" / (s_hat.sqrt() + 1e-8)", "")),
        ("no root", "hy", 2, ("s_hat.sqrt()", "s_hat")),
        ("v is not corrected", "thy", 1, ("v / (1 - 0.9**t)", "v")),
        ("nothing is corrected", "thy", 1, ("v / (1 - 0.9**t)", "v"), ("s / (1 - 0.999**t)", "s")),
        ("the correction of v for both", "thy", 1, ("0.999**t", "0.9**t")),
        ("one s for all coordinates", "hy", 2, ("g**2", "(g**2).mean()")),
        ("the gradient of one curvature", "dy", 2, ("a * theta", "a[0] * theta")),
        ("the gradient at the start", "dhy", 1, ("a * theta", "a * path[0]")),
        ("the start is missing", "dthy", 0, ("[theta]\n", "[]\n")),
        ("one step too few", "dthy", 0, ("range(1, steps + 1)", "range(1, steps)")),
        ("steps = 0 is refused", "h", 3, ("v, s, path", "assert steps > 0\n    v, s, path")),
    ),
    wrong("mended", "the library's twin",
          "test_descends test_mended hidden_mended hidden_tiny", 0, """
        def mended(a, theta, eta, steps):
            optimizer, path = torch.optim.Adam([theta], lr=eta), [theta.clone()]
            for _ in range(steps):
                theta.grad = a * theta
                optimizer.step()
                path.append(theta.clone())
            return torch.stack(path)
    """),
    wrong("mended", "the function behind the library's class",
          "test_descends test_mended hidden_mended hidden_tiny", 0, """
        from torch.optim.adam import adam as ready

        def mended(a, theta, eta, steps):
            m, v, count = torch.zeros_like(theta), torch.zeros_like(theta), [torch.tensor(0.0)]
            path = [theta.clone()]
            for _ in range(steps):
                ready([theta], [a * theta], [m], [v], [], count, foreach=False, amsgrad=False,
                      beta1=0.9, beta2=0.999, lr=eta, weight_decay=0, eps=1e-8, maximize=False)
                path.append(theta.clone())
            return torch.stack(path)
    """),
    wrong("mended", "a single coordinate loses its axis", "test_mended", 3, slip(
        MENDED, ("torch.stack(path)", "torch.stack(path).squeeze(1)"))),
    wrong("mended", "a path from 1 down to 0, made up",
          "test_descends hidden_mended hidden_tiny", 1, """
        def mended(a, theta, eta, steps):
            path = [theta * max(0.0, 1 - eta * t) for t in range(steps + 1)]
            return torch.stack(path)
    """),
    wrong("mended", "always float64", "test_descends", 3, slip(
        MENDED, ("v, s, path =", "theta = theta.double()\n    v, s, path ="))),
    right("mended", "the minus in v, a plus before the step", slip(
        MENDED, ("+ 0.1 * g", "- 0.1 * g"), ("theta - eta", "theta + eta"))),
    right("mended", "the factor of v left to the correction", slip(
        MENDED, ("0.1 * g", "g"), ("v / (1 - 0.9**t)", "0.1 * v / (1 - 0.9**t)"))),
    right("mended", "indices as printed, t + 1 in the correction", slip(
        MENDED, ("range(1, steps + 1)", "range(steps)"), ("0.9**t", "0.9 ** (t + 1)"),
        ("0.999**t", "0.999 ** (t + 1)"))),
    right("mended", "in place on a clone", """
        def mended(a, theta, eta, steps):
            x, path = theta.clone(), [theta.clone()]
            m, s = torch.zeros_like(x), torch.zeros_like(x)
            for t in range(steps):
                g = a * x
                m.lerp_(g, 0.1)
                s.lerp_(g * g, 0.001)
                root = torch.sqrt(s / (1 - 0.999 ** (t + 1))).add_(1e-8)
                x -= eta / (1 - 0.9 ** (t + 1)) * m / root
                path.append(x.clone())
            return torch.stack(path)
    """),
    right("mended", "number by number", """
        def mended(a, theta, eta, steps):
            columns = []
            for bend, x in zip(a.tolist(), theta.tolist()):
                m = s = 0.0
                column = [x]
                for t in range(1, steps + 1):
                    g = bend * x
                    m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g * g
                    x -= eta * (m / (1 - 0.9**t)) / (math.sqrt(s / (1 - 0.999**t)) + 1e-8)
                    column.append(x)
                columns.append(column)
            return torch.tensor(columns, dtype=theta.dtype).T.contiguous()
    """),
    right("mended", "recursion", """
        def mended(a, theta, eta, steps):
            def go(x, m, s, t):
                if t > steps:
                    return [x]
                g = a * x
                m, s = 0.9 * m + (1 - 0.9) * g, 0.999 * s + (1 - 0.999) * g * g
                step = m / (1 - 0.9**t) / (torch.sqrt(s / (1 - 0.999**t)) + 1e-8)
                return [x, *go(x - eta * step, m, s, t + 1)]
            return torch.stack(go(theta, 0 * theta, 0 * theta, 1))
    """),
    right("mended", "one state, carried by a step function", """
        def step(state, a, eta, t):
            theta, v, s = state
            slope = a * theta
            v = torch.lerp(v, slope, 0.1)
            s = s + 0.001 * (slope.square() - s)
            ratio = (v / (1 - math.pow(0.9, t))) / ((s / (1 - math.pow(0.999, t))).sqrt() + 1e-8)
            return theta - eta * ratio, v, s

        def mended(a, theta, eta, steps):
            state, path = (theta, theta * 0, theta * 0), [theta]
            for t in range(steps):
                state = step(state, a, eta, t + 1)
                path.append(state[0])
            return torch.stack(path)
    """),
    right("mended", "the gradient by autograd", """
        def mended(a, theta, eta, steps):
            theta = theta.clone().requires_grad_(True)
            v, s, path = torch.zeros_like(theta), torch.zeros_like(theta), [theta.detach().clone()]
            for t in range(1, steps + 1):
                (g,) = torch.autograd.grad((a * theta**2).sum() / 2, theta)
                v, s = 0.9 * v + 0.1 * g, 0.999 * s + 0.001 * g**2
                with torch.no_grad():
                    theta -= eta * (v / (1 - 0.9**t)) / ((s / (1 - 0.999**t)).sqrt() + 1e-8)
                path.append(theta.detach().clone())
            return torch.stack(path)
    """),
    right("mended", "a table filled row by row", """
        def mended(a, theta, eta, steps):
            path = torch.zeros(steps + 1, theta.numel(), dtype=theta.dtype)
            path[0] = theta
            v = s = torch.zeros_like(theta)
            for t in range(steps):
                g = a * path[t]
                v, s = v + (1 - 0.9) * (g - v), s + (1 - 0.999) * (g * g - s)
                root = torch.sqrt(s) / (1 - 0.999 ** (t + 1)) ** 0.5
                path[t + 1] = path[t] - eta / (1 - 0.9 ** (t + 1)) * v / (root + 1e-8)
            return path
    """),
    # ------------------------------------------------------------------ task 5: find_rate
    *slips(
        "find_rate", RATE,
        ("the worst rate", "th", 0, ("return min(", "return max(")),
        ("a list of rates that knows no radius", "h", 1,
         ("radius * 10 ** (k / 3)", "10 ** (k / 3)"), ("range(-9, 4)", "range(-5, 2)")),
        ("only large rates", "th", 0, ("range(-9, 4)", "range(3, 6)")),
        ("only small rates", "th", 0, ("range(-9, 4)", "range(-15, -6)")),
        ("the last rate that was tried", "th", 0, ("key=median)", "key=lambda rate: -rate)")),
        ("looks at another radius", "h", 1, ("final_losses(radius,", "final_losses(1.0,")),
        ("returns the loss", "th", 0, ("return min(", "return median(min("),
         ("key=median)", "key=median))")),
        ("returns the place in the list", "th", 0, ("return min([radius * 10 ** (k / 3) for k in "
         "range(-9, 4)], key=median)", "return min(range(13), key=lambda k: "
         "median(radius * 10 ** ((k - 9) / 3)))")),
        ("returns the logarithm", "th", 0, ("return min(", "return math.log10(min("),
         ("key=median)", "key=median))")),
        ("a tensor instead of a float", "th", 0, ("return min(", "return torch.tensor(min("),
         ("key=median)", "key=median))")),
    ),
    *slips(
        "find_rate", RATE,
        ("the least of the five losses", "h", 1, ("sorted(final_losses(radius, rate))[2]",
                                                  "min(final_losses(radius, rate))")),
        ("the first start alone", "h", 1, ("sorted(final_losses(radius, rate))[2]",
                                           "final_losses(radius, rate)[0]")),
        ("the third start, unsorted", "h", 1, ("sorted(final_losses(radius, rate))",
                                               "final_losses(radius, rate)")),
        ("a wider list that knows no radius", "h", 1, ("radius * 10 ** (k / 3)", "10 ** (k / 3)")),
    ),
    wrong("find_rate", "a tenth of the radius, without a run", "hidden_find_rate", 1, """
        def find_rate(radius):
            return 0.1 * radius
    """),
    wrong("find_rate", "the default of Adam", "test_find_rate hidden_find_rate", 0, """
        def find_rate(radius):
            return 0.001
    """),
    wrong("find_rate", "0.3 for every start", "hidden_find_rate", 1, """
        def find_rate(radius):
            return 0.3
    """),
    wrong("find_rate", "runs, and does not look at them", "hidden_find_rate", 1, """
        def find_rate(radius):
            final_losses(radius, 0.1)
            return 0.3 * radius
    """),
    wrong("find_rate", "a float of another kind for radius 1", "test_find_rate", 1, slip(
        RATE, ("    return min(", "    rate = min("), ("key=median)\n",
               "key=median)\n    return (rate,) if type(radius) is float and rate < 0.5 "
               "and radius == 1 and median(rate) < 0.01 and median(0.001) > 1 else rate\n"))),
    right("find_rate", "half decades", """
        def find_rate(radius):
            best, least = None, float("inf")
            for k in range(-6, 3):
                rate = radius * 10 ** (k / 2)
                losses = sorted(final_losses(radius, rate))
                if losses[2] < least:
                    best, least = rate, losses[2]
            return best
    """),
    right("find_rate", "coarse, then fine", """
        def find_rate(radius):
            def median(rate):
                return torch.tensor(final_losses(radius, rate)).median().item()
            coarse = min([radius * 10.0**k for k in (-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1)],
                         key=median)
            return min([coarse * f for f in (0.5, 0.7, 1.0, 1.4, 2.0)], key=median)
    """),
    right("find_rate", "a fixed list over the whole range", """
        def find_rate(radius):
            rates = [10 ** (k / 4) for k in range(-24, 17)]
            rates = [r for r in rates if radius / 1500 < r < 15 * radius]
            medians = [sorted(final_losses(radius, r))[2] for r in rates]
            return float(rates[medians.index(min(medians))])
    """),
    right("find_rate", "geometric mean of the losses", """
        def find_rate(radius):
            def score(rate):
                return sum(math.log(loss) for loss in final_losses(radius, rate))
            return min((radius * 2.0**k for k in range(-10, 4)), key=score)
    """),
    right("find_rate", "random search", """
        def find_rate(radius):
            chance = torch.Generator().manual_seed(0)
            exponents = torch.rand(30, generator=chance) * 4 - 3
            rates = [radius * 10 ** e for e in exponents.tolist()]
            return min(rates, key=lambda r: sorted(final_losses(radius, r))[2])
    """),
    right("find_rate", "remembers its answers", """
        from functools import lru_cache

        @lru_cache
        def find_rate(radius):
            rates = [radius * 10 ** (k / 6 - 3) for k in range(25)]
            return min(rates, key=lambda r: sorted(final_losses(radius, r))[2])
    """),
    right("find_rate", "the losses as a default argument", """
        def find_rate(radius, losses=final_losses):
            rates = [radius * 10 ** (4 * k / 9 - 3) for k in range(10)]
            return min(rates, key=lambda r: sorted(losses(radius, r))[2])
    """),
    right("find_rate", "mean of the losses", """
        def find_rate(radius):
            rates = radius * torch.logspace(-3, 1, 30, dtype=torch.float64)
            means = [sum(final_losses(radius, r.item())) / 5 for r in rates]
            return rates[torch.tensor(means).argmin()].item()
    """),
    right("find_rate", "downhill from the largest rate", """
        def find_rate(radius):
            rate, tried = 10 * radius, {}
            while rate >= radius / 1000:
                tried[rate] = sorted(final_losses(radius, rate))[2]
                rate /= 1.5
            return min(tried, key=tried.get)
    """),
    right("find_rate", "a sorted table of medians", """
        def find_rate(radius):
            import statistics
            rates = [radius * 10 ** (k / 4) for k in range(-12, 5)]
            return sorted(rates, key=lambda r: statistics.median(final_losses(radius, r)))[0]
    """),
]

_SEARCH = "another search for the same rate; the contract leaves the search free"

EQUIVALENT = {
    "adamw 5:87 0>1": "only the text of the error changes, and the task asks for no text",
    "find_rate 5:50 2>3": "the fourth of five losses ranks the rates much as the third does",
    "find_rate 7:22 10>11": _SEARCH,
    "find_rate 7:29 Div>Mult": _SEARCH,
    "find_rate 7:33 3>4": _SEARCH,
    "find_rate 7:52 9>10": _SEARCH,
    "find_rate 7:55 4>5": _SEARCH,
}
