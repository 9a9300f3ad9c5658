"""Answers to the assignment learning."""

from textwrap import dedent

from tests.answers.bank import right, wrong


def but(code: str, *pairs: tuple[str, str]) -> str:
    """The same answer with each old piece, which stands in it once, replaced by its new one."""
    for old, new in pairs:
        assert code.count(old) == 1, f"{old!r} stands {code.count(old)} times"
        code = code.replace(old, new)
    return code


SETS = dedent("""
    def three_sets(n, validation, test, seed):
        if validation < 0 or test < 0 or validation + test >= n:
            raise ValueError("these sizes do not fit")
        chance = torch.Generator().manual_seed(seed)
        rows = torch.randperm(n, generator=chance)
        cut, end = validation, validation + test
        return rows[end:], rows[:cut], rows[cut:end]
""")
COUNTS = dedent("""
    def counts(truth, probability, threshold):
        if truth.shape != probability.shape:
            raise ValueError("the shapes differ")
        said = probability >= threshold
        tp = (said & truth).sum().item()
        fp = (said & ~truth).sum().item()
        fn = (~said & truth).sum().item()
        tn = (~said & ~truth).sum().item()
        return {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
""")
SCORES = dedent("""
    def scores(tp, fp, fn, tn):
        n = tp + fp + fn + tn
        if min(tp, fp, fn, tn) < 0 or n == 0:
            raise ValueError("these are no counts")
        accuracy = (tp + tn) / n
        precision = tp / (tp + fp) if tp + fp > 0 else 0.0
        recall = tp / (tp + fn) if tp + fn > 0 else 0.0
        f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn > 0 else 0.0
        return {"accuracy": accuracy, "precision": precision, "recall": recall, "f1": f1}
""")
BEST = dedent("""
    def expected_best(k, n, p):
        if k < 1 or n < 1 or p <= 0 or p >= 1:
            raise ValueError("no such contest")
        total = 0.0
        below = 0.0
        for c in range(n):
            log = math.lgamma(n + 1) - math.lgamma(c + 1) - math.lgamma(n - c + 1)
            below += math.exp(log + c * math.log(p) + (n - c) * math.log(1 - p))
            total += below ** k
        return 1 - total / n
""")
CHOOSE = dedent("""
    def choose_and_report(said_val, y_val, said_test, y_test):
        best, score = 0, -1.0
        for i in range(len(said_val)):
            accuracy = (said_val[i] == y_val).double().mean().item()
            if accuracy > score:
                best, score = i, accuracy
        report = (said_test[best] == y_test).double().mean().item()
        error = (report * (1 - report) / len(y_test)) ** 0.5
        return best, report, error
""")
NOISE = dedent("""
    def split_noise(x, y, size, repeats, seed):
        chance = torch.Generator().manual_seed(seed)
        found = []
        for _ in range(repeats):
            rows = torch.randperm(len(x), generator=chance)
            val, fit = rows[:size], rows[size:]
            found.append(score_split(x[fit], y[fit], x[val], y[val]))
        found = torch.tensor(found, dtype=torch.float64)
        return found.mean().item(), found.std().item()
""")

def shown(task, title, score, code):
    """A mistake that only the visible test sees."""
    return wrong(task, title, f"test_{task}", score, code)


def hidden(task, title, score, code):
    """A mistake that only the hidden tests see."""
    return wrong(task, title, f"hidden_{task}", score, code)


def both(task, title, code):
    """A mistake that earns nothing."""
    return wrong(task, title, f"test_{task} hidden_{task}", 0, code)


ANSWERS = [
    # ------------------------------------------------------------------ task 1: three_sets
    shown("three_sets", "int32", 1, but(SETS, ("generator=chance)", "generator=chance).int()"))),
    shown("three_sets", "lists of numbers", 1,
          but(SETS, ("generator=chance)", "generator=chance).tolist()"))),
    shown("three_sets", "NumPy arrays", 1,
          but(SETS, ("generator=chance)", "generator=chance).numpy()"))),
    hidden("three_sets", "not shuffled", 1,
           but(SETS, ("torch.randperm(n, generator=chance)", "torch.arange(n)"))),
    hidden("three_sets", "the global generator", 1,
           but(SETS, ("torch.randperm(n, generator=chance)", "torch.randperm(n)"))),
    hidden("three_sets", "the seed is always 0", 1, but(SETS, ("manual_seed(seed)",
                                                               "manual_seed(0)"))),
    hidden("three_sets", "cut from the end: an empty test set takes everything", 1,
           but(SETS, ("rows[end:], rows[:cut], rows[cut:end]",
                      "rows[:-end], rows[-end:-test], rows[-test:]"))),
    hidden("three_sets", "accepts negative sizes", 1,
           but(SETS, ("validation < 0 or test < 0 or ", ""))),
    hidden("three_sets", "looks at one of the two sizes", 1, but(SETS, (" or test < 0", ""))),
    hidden("three_sets", "no row left for training", 1, but(SETS, (">= n", "> n"))),
    hidden("three_sets", "one row for training is refused", 1, but(SETS, (">= n", ">= n - 1"))),
    hidden("three_sets", "sizes are asserted", 1,
           but(SETS, ("if validation < 0 or test < 0 or validation + test >= n:\n", ""),
               ('        raise ValueError("these sizes do not fit")\n',
                "assert validation >= 0 and test >= 0 and validation + test < n\n"))),
    hidden("three_sets", "only the training rows are shuffled", 1, """
        def three_sets(n, validation, test, seed):
            if validation < 0 or test < 0 or validation + test >= n:
                raise ValueError("these sizes do not fit")
            chance = torch.Generator().manual_seed(seed)
            left = n - validation - test
            return (torch.randperm(left, generator=chance), torch.arange(left, left + validation),
                    torch.arange(left + validation, n))
    """),
    hidden("three_sets", "the worked example, hard-coded", 1, """
        def three_sets(n, validation, test, seed):
            return (torch.tensor([8, 1, 5, 0, 7]), torch.tensor([2, 9, 4]), torch.tensor([3, 6]))
    """),
    hidden("three_sets", "no row, and so no int64", 1, """
        import random

        def three_sets(n, validation, test, seed):
            if validation < 0 or test < 0 or validation + test >= n:
                raise ValueError("sizes")
            rows = list(range(n))
            random.Random(seed).shuffle(rows)
            parts = rows[validation + test:], rows[:validation], rows[validation:validation + test]
            return tuple(torch.tensor(part) for part in parts)
    """),
    hidden("three_sets", "chance for the test set only", 1,
           but(SETS, ("cut, end = validation, validation + test",
                      "rest, last = rows[test:].sort().values, rows[:test]"),
               ("rows[end:], rows[:cut], rows[cut:end]",
                "rest[validation:], rest[:validation], last"))),
    both("three_sets", "the training set comes last",
         but(SETS, ("rows[end:], rows[:cut], rows[cut:end]",
                    "rows[:cut], rows[cut:end], rows[end:]"))),
    both("three_sets", "validation and test exchanged",
         but(SETS, ("rows[:cut], rows[cut:end]", "rows[cut:end], rows[:cut]"))),
    both("three_sets", "the validation set is part of the training set",
         but(SETS, ("rows[end:], rows[:cut], rows[cut:end]",
                    "rows[test:], rows[test:end], rows[:test]"))),
    both("three_sets", "drawn with replacement",
         but(SETS, ("torch.randperm(n, generator=chance)",
                    "torch.randint(n, (n,), generator=chance)"))),
    both("three_sets", "sizes taken as shares", but(SETS, ("cut, end = validation, validation + "
                                                           "test", "cut = validation * n\n"
                                                           "    end = cut + test * n"))),
    both("three_sets", "masks", but(SETS, (
        "rows[end:], rows[:cut], rows[cut:end]",
        "rows >= end, rows < cut, (rows >= cut) & (rows < end)"))),
    right("three_sets", "PyTorch's global generator, seeded", """
        def three_sets(n, validation, test, seed):
            if validation < 0 or test < 0:
                raise ValueError("negative")
            train = n - validation - test
            if train <= 0:
                raise ValueError("nothing left")
            torch.manual_seed(seed)
            return torch.randperm(n).split([train, validation, test])
    """),
    right("three_sets", "PyTorch's random_split", """
        from torch.utils.data import random_split

        def three_sets(n, validation, test, seed):
            if validation < 0 or test < 0 or validation + test >= n:
                raise ValueError("sizes")
            chance = torch.Generator().manual_seed(seed)
            parts = random_split(range(n), [n - validation - test, validation, test], chance)
            return tuple(torch.tensor(part.indices, dtype=torch.int64) for part in parts)
    """),
    right("three_sets", "NumPy's generator", """
        import numpy as np

        def three_sets(n, validation, test, seed):
            if min(validation, test) < 0 or n - validation - test < 1:
                raise ValueError
            rows = np.random.default_rng(seed).permutation(n)
            parts = np.split(rows, [test, test + validation])
            test_rows, val_rows, train_rows = (torch.from_numpy(part.astype(np.int64))
                                               for part in parts)
            return train_rows, val_rows, test_rows
    """),
    right("three_sets", "the standard library's shuffle", """
        import random

        def three_sets(n, validation, test, seed):
            if validation < 0 or test < 0 or n <= validation + test:
                raise ValueError("too many")
            rows = list(range(n))
            random.Random(seed).shuffle(rows)
            take = lambda count: torch.tensor([rows.pop() for _ in range(count)],
                                              dtype=torch.int64)
            held, last = take(validation), take(test)
            return torch.tensor(rows), held, last
    """),
    right("three_sets", "sorted within each set", """
        def three_sets(n, validation, test, seed):
            if validation < 0 or test < 0 or n - validation - test <= 0:
                raise ValueError("sizes")
            rank = torch.rand(n, generator=torch.Generator().manual_seed(seed)).argsort().argsort()
            role = (rank < validation).long() + 2 * (rank >= n - test).long()
            return [torch.nonzero(role == part).flatten() for part in range(3)]
    """),
    right("three_sets", "a permutation of a seed that was changed", """
        class SizeError(ValueError):
            pass

        def three_sets(n, validation, test, seed):
            if validation < 0 or test < 0 or validation + test >= n:
                raise SizeError("sizes")
            rows = torch.randperm(n, generator=torch.Generator().manual_seed(1000 + 7 * seed))
            first = rows[:n - validation - test]
            rest = rows[len(first):]
            return first, rest[test:], rest[:test]
    """),
    right("three_sets", "draws one row after the other", """
        def three_sets(n, validation, test, seed):
            if validation < 0 or test < 0 or validation + test > n - 1:
                raise ValueError("sizes")
            chance, left, out = torch.Generator().manual_seed(seed), list(range(n)), []
            while left:
                out.append(left.pop(torch.randint(len(left), (), generator=chance).item()))
            out = torch.tensor(out, dtype=torch.long)
            return out[validation + test:], out[test:validation + test], out[:test]
    """),
    # ------------------------------------------------------------------ task 2: counts
    shown("counts", "tensors instead of integers", 1,
          COUNTS.replace(".sum().item()", ".sum()")),
    shown("counts", "NumPy numbers in an array", 1,
          but(COUNTS, ('"tp": tp,', '"tp": np.array(tp),'), ("def counts", "import numpy as np\n\n"
                                                             "def counts"))),
    hidden("counts", "more than the threshold", 1, but(COUNTS, (">=", ">"))),
    hidden("counts", "no check of the shapes", 1,
           but(COUNTS, ('    if truth.shape != probability.shape:\n'
                        '        raise ValueError("the shapes differ")\n', ""))),
    hidden("counts", "columns are flattened", 1,
           but(COUNTS, ("    if truth.shape", "    truth = truth.reshape(-1)\n"
                        "    probability = probability.reshape(-1)\n    if truth.shape"))),
    hidden("counts", "compares lengths, not shapes", 1,
           but(COUNTS, ("truth.shape != probability.shape", "len(truth) != len(probability)"))),
    hidden("counts", "compares the number of elements", 1,
           but(COUNTS, ("truth.shape != probability.shape",
                        "truth.numel() != probability.numel()"))),
    hidden("counts", "compares the number of axes", 1,
           but(COUNTS, ("truth.shape != probability.shape", "truth.dim() != probability.dim()"))),
    hidden("counts", "TypeError", 1, but(COUNTS, ("ValueError", "TypeError"))),
    hidden("counts", "float32 for everything", 1,
           but(COUNTS, ("said = probability >= threshold",
                        "said = probability.float() >= threshold"))),
    both("counts", "the two mistakes exchanged", but(COUNTS, ('"fp": fp, "fn": fn',
                                                              '"fp": fn, "fn": fp'))),
    both("counts", "the negatives are the positives", but(COUNTS, (">=", "<"))),
    both("counts", "the threshold is always one half", but(COUNTS, (">= threshold", ">= 0.5"))),
    both("counts", "rounds instead of comparing",
         but(COUNTS, ("probability >= threshold", "probability.round() >= threshold"))),
    both("counts", "shares instead of counts", COUNTS.replace(".sum().item()",
                                                              ".double().mean().item()")),
    both("counts", "tn is all that is not tp", but(COUNTS, ("(~said & ~truth).sum().item()",
                                                            "len(truth) - tp"))),
    both("counts", "a list", but(COUNTS, ('{"tp": tp, "fp": fp, "fn": fn, "tn": tn}',
                                          "[tp, fp, fn, tn]"))),
    both("counts", "other names", but(COUNTS, ('"tp": tp, "fp": fp', '"TP": tp, "FP": fp'))),
    both("counts", "the worked example, hard-coded", """
        def counts(truth, probability, threshold):
            return {"tp": 1, "fp": 1, "fn": 1, "tn": 2}
    """),
    right("counts", "a loop", """
        def counts(truth, probability, threshold):
            if tuple(truth.shape) != tuple(probability.shape):
                raise ValueError("no pairs")
            found = dict(tp=0, fp=0, fn=0, tn=0)
            for real, p in zip(truth.tolist(), probability):
                said = bool(p >= threshold)
                found[("t" if said == real else "f") + ("p" if said else "n")] += 1
            return found
    """),
    right("counts", "bincount of a code", """
        def counts(truth, probability, threshold):
            if truth.size() != probability.size():
                raise ValueError("no pairs")
            code = truth.long() + 2 * (probability >= threshold).long()
            tn, fn, fp, tp = torch.bincount(code, minlength=4).tolist()
            return {"tn": tn, "fn": fn, "fp": fp, "tp": tp}
    """),
    right("counts", "NumPy", """
        import numpy as np

        def counts(truth, probability, threshold):
            if truth.shape != probability.shape:
                raise ValueError("no pairs")
            t, s = truth.numpy(), probability.numpy() >= threshold
            count = lambda a, b: int(np.count_nonzero(np.logical_and(a, b)))
            return {"tp": count(s, t), "fp": count(s, ~t), "fn": count(~s, t),
                    "tn": count(~s, ~t)}
    """),
    right("counts", "sums and differences", """
        def counts(truth, probability, threshold):
            if truth.shape != probability.shape:
                raise ValueError("no pairs")
            said = torch.ge(probability, threshold)
            positive, alarms = int(truth.sum()), int(said.sum())
            tp = int(torch.logical_and(said, truth).sum())
            return {"tp": tp, "fp": alarms - tp, "fn": positive - tp,
                    "tn": len(truth) - positive - alarms + tp}
    """),
    right("counts", "arithmetic with 0 and 1", """
        def counts(truth, probability, threshold):
            if list(truth.shape) != list(probability.shape):
                raise ValueError("no pairs")
            t, s = truth.int(), (probability >= threshold).int()
            return {"tp": (s * t).sum().item(), "fp": (s * (1 - t)).sum().item(),
                    "fn": ((1 - s) * t).sum().item(), "tn": ((1 - s) * (1 - t)).sum().item()}
    """),
    right("counts", "indexing by the truth", """
        def counts(truth, probability, threshold):
            if truth.shape != probability.shape:
                raise ValueError("no pairs")
            of_positive, of_negative = probability[truth], probability[~truth]
            tp = sum(p >= threshold for p in of_positive.tolist())
            fp = (of_negative >= threshold).sum().item()
            return {"tp": tp, "fp": fp, "fn": len(of_positive) - tp, "tn": len(of_negative) - fp}
    """),
    # ------------------------------------------------------------------ task 3: scores
    shown("scores", "tensors instead of numbers", 2,
          but(SCORES, ('"accuracy": accuracy,', '"accuracy": torch.tensor(accuracy, '
                       "dtype=torch.float64),"))),
    shown("scores", "texts", 2, but(SCORES, ('"f1": f1}', '"f1": str(f1)}'))),
    hidden("scores", "divides by zero", 1, but(SCORES, (" if tp + fp > 0 else 0.0", ""))),
    hidden("scores", "divides by zero where nothing is positive", 1,
           but(SCORES, (" if tp + fn > 0 else 0.0", ""))),
    hidden("scores", "nan for an empty denominator", 1,
           but(SCORES, ("if tp + fp > 0 else 0.0", "if tp + fp > 0 else float('nan')"))),
    hidden("scores", "one for an empty denominator", 1,
           but(SCORES, ("if tp + fn > 0 else 0.0", "if tp + fn > 0 else 1.0"))),
    hidden("scores", "None for an empty denominator", 1,
           but(SCORES, ("if tp + fp > 0 else 0.0", "if tp + fp > 0 else None"))),
    hidden("scores", "F1 from precision and recall, without a guard", 1,
           but(SCORES, ("2 * tp / (2 * tp + fp + fn) if tp + fp + fn > 0 else 0.0",
                        "2 * precision * recall / (precision + recall)"))),
    hidden("scores", "accepts negative counts", 1,
           but(SCORES, ("min(tp, fp, fn, tn) < 0 or ", ""))),
    hidden("scores", "accepts nothing at all", 1,
           but(SCORES, (" or n == 0", ""), ("(tp + tn) / n", "(tp + tn) / max(n, 1)"))),
    hidden("scores", "refuses a count of zero", 1, but(SCORES, ("fn, tn) < 0", "fn, tn) <= 0"))),
    hidden("scores", "the worked example, hard-coded", 1, """
        def scores(tp, fp, fn, tn):
            return {"accuracy": 0.7, "precision": 0.75, "recall": 0.6, "f1": 2 / 3}
    """),
    both("scores", "precision and recall exchanged",
         but(SCORES, ('"precision": precision, "recall": recall',
                      '"precision": recall, "recall": precision'))),
    both("scores", "F1 as the plain mean",
         but(SCORES, ("2 * tp / (2 * tp + fp + fn) if tp + fp + fn > 0 else 0.0",
                      "(precision + recall) / 2"))),
    both("scores", "F1 without the factor 2",
         but(SCORES, ("2 * tp / (2 * tp + fp + fn)", "tp / (tp + fp + fn)"))),
    both("scores", "per cent", but(SCORES, ("(tp + tn) / n", "100 * (tp + tn) / n"))),
    both("scores", "accuracy counts the positives alone", but(SCORES, ("(tp + tn) / n", "tp / n"))),
    both("scores", "recall among the right answers",
         but(SCORES, ("tp / (tp + fn)", "tp / (tp + tn)"))),
    both("scores", "rounded to two digits", but(SCORES, ('"f1": f1}', '"f1": round(f1, 2)}'))),
    both("scores", "integer division", but(SCORES, ("(tp + tn) / n", "(tp + tn) // n"))),
    both("scores", "no F1", but(SCORES, (', "f1": f1}', "}"))),
    right("scores", "denominators of at least 1", """
        def scores(tp, fp, fn, tn):
            if any(c < 0 for c in (tp, fp, fn, tn)) or not any((tp, fp, fn, tn)):
                raise ValueError("counts")
            return dict(accuracy=(tp + tn) / sum((tp, fp, fn, tn)),
                        precision=tp / max(tp + fp, 1), recall=tp / max(tp + fn, 1),
                        f1=2 * tp / max(2 * tp + fp + fn, 1))
    """),
    right("scores", "a tiny number in each denominator", """
        def scores(tp, fp, fn, tn):
            if tp < 0 or fp < 0 or fn < 0 or tn < 0 or tp + fp + fn + tn <= 0:
                raise ValueError("counts")
            tiny = 1e-12
            return {"accuracy": (tp + tn) / (tp + fp + fn + tn), "precision": tp / (tp + fp + tiny),
                    "recall": tp / (tp + fn + tiny), "f1": tp / (tp + (fp + fn) / 2 + tiny)}
    """),
    right("scores", "exceptions caught", """
        def scores(tp, fp, fn, tn):
            if min(tp, fp, fn, tn) < 0:
                raise ValueError("negative")
            if tp + fp + fn + tn == 0:
                raise ValueError("empty")

            def divide(a, b):
                try:
                    return a / b
                except ZeroDivisionError:
                    return 0.0
            p, r = divide(tp, tp + fp), divide(tp, tp + fn)
            return {"accuracy": divide(tp + tn, tp + fp + fn + tn), "precision": p, "recall": r,
                    "f1": divide(2 * p * r, p + r)}
    """),
    right("scores", "fractions", """
        from fractions import Fraction

        def scores(tp, fp, fn, tn):
            if min(tp, fp, fn, tn) < 0 or max(tp, fp, fn, tn) == 0:
                raise ValueError("counts")
            pairs = {"accuracy": (tp + tn, tp + fp + fn + tn), "precision": (tp, tp + fp),
                     "recall": (tp, tp + fn), "f1": (2 * tp, 2 * tp + fp + fn)}
            return {name: float(Fraction(a, b)) if b else 0.0 for name, (a, b) in pairs.items()}
    """),
    right("scores", "tensors of float32", """
        def scores(tp, fp, fn, tn):
            if min(tp, fp, fn, tn) < 0 or tp + fp + fn + tn == 0:
                raise ValueError("counts")
            part = torch.tensor([tp + tn, tp, tp, 2 * tp], dtype=torch.float32)
            whole = torch.tensor([tp + fp + fn + tn, tp + fp, tp + fn, 2 * tp + fp + fn])
            values = torch.where(whole > 0, part / whole, 0.0).tolist()
            return dict(zip(("accuracy", "precision", "recall", "f1"), values))
    """),
    right("scores", "zero true positives first", """
        def scores(tp, fp, fn, tn):
            n = sum([tp, fp, fn, tn])
            if n == 0 or min([tp, fp, fn, tn]) < 0:
                raise ValueError("counts")
            out = {"accuracy": 1 - (fp + fn) / n, "precision": 0.0, "recall": 0.0, "f1": 0.0}
            if tp > 0:
                out["precision"], out["recall"] = tp / (tp + fp), tp / (tp + fn)
                out["f1"] = 2 / (1 / out["precision"] + 1 / out["recall"])
            return out
    """),
    right("scores", "NumPy with errors off", """
        import numpy as np

        def scores(tp, fp, fn, tn):
            if np.min([tp, fp, fn, tn]) < 0 or np.sum([tp, fp, fn, tn]) == 0:
                raise ValueError("counts")
            parts = np.array([tp + tn, tp, tp, 2 * tp], dtype=float)
            wholes = np.array([tp + fp + fn + tn, tp + fp, tp + fn, 2 * tp + fp + fn], dtype=float)
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.nan_to_num(parts / wholes)
            return dict(zip(("accuracy", "precision", "recall", "f1"), values.tolist()))
    """),
    # ------------------------------------------------------------------ task 4: expected_best
    shown("expected_best", "a tensor", 2,
          but(BEST, ("return 1 - total / n", "return torch.tensor(1 - total / n, "
                     "dtype=torch.float64)"))),
    shown("expected_best", "a list of one number", 2,
          but(BEST, ("return 1 - total / n", "return torch.tensor([1 - total / n]).double() + 0")))
    ,
    hidden("expected_best", "coefficients as floats", 2, """
        def expected_best(k, n, p):
            if k < 1 or n < 1 or p <= 0 or p >= 1:
                raise ValueError("no such contest")
            below, total = 0.0, 0.0
            for c in range(n):
                below += math.comb(n, c) * p ** c * (1 - p) ** (n - c)
                total += below ** k
            return 1 - total / n
    """),
    hidden("expected_best", "no check at all", 2,
           but(BEST, ('    if k < 1 or n < 1 or p <= 0 or p >= 1:\n'
                      '        raise ValueError("no such contest")\n', ""))),
    hidden("expected_best", "accepts no guesser", 2, but(BEST, ("k < 1", "k < 0"))),
    hidden("expected_best", "accepts no example", 2,
           but(BEST, ("n < 1", "n < 0"), ("total / n", "total / max(n, 1)"))),
    hidden("expected_best", "accepts a probability above 1", 2,
           but(BEST, (" or p >= 1", ""), ("return 1", "return p if p >= 1 else 1"),
               ("below = 0.0", "below, q = 0.0, max(1 - p, 1e-9)"), ("math.log(1 - p)",
                                                                     "math.log(q)"))),
    hidden("expected_best", "TypeError", 2, but(BEST, ("ValueError", "TypeError"))),
    hidden("expected_best", "the worked examples, hard-coded", 2, """
        def expected_best(k, n, p):
            return {1: 0.3, 3: 0.875, 2: 0.6875}[k]
    """),
    both("expected_best", "float32", """
        def expected_best(k, n, p):
            if k < 1 or n < 1 or p <= 0 or p >= 1:
                raise ValueError("no such contest")
            c = torch.arange(n)
            log = (math.lgamma(n + 1) - torch.lgamma(c + 1) - torch.lgamma(n - c + 1)
                   + c * math.log(p) + (n - c) * math.log(1 - p))
            return 1 - (log.exp().cumsum(0) ** k).sum().item() / n
    """),
    both("expected_best", "the sum runs to n", but(BEST, ("range(n)", "range(n + 1)"))),
    both("expected_best", "the sum begins at 1", but(BEST, ("range(n)", "range(1, n)"))),
    both("expected_best", "one guesser only", but(BEST, ("below ** k", "below"))),
    both("expected_best", "the worst instead of the best",
         but(BEST, ("below ** k", "(1 - (1 - below) ** k)"))),
    both("expected_best", "a number of examples instead of a share",
         but(BEST, ("1 - total / n", "n - total"))),
    both("expected_best", "a coin, whatever p is",
         but(BEST, ("c * math.log(p) + (n - c) * math.log(1 - p)", "n * math.log(0.5)"))),
    both("expected_best", "p and 1 - p exchanged",
         but(BEST, ("c * math.log(p) + (n - c) * math.log(1 - p)",
                    "(n - c) * math.log(p) + c * math.log(1 - p)"))),
    both("expected_best", "the bound instead of the mean", """
        def expected_best(k, n, p):
            if k < 1 or n < 1 or p <= 0 or p >= 1:
                raise ValueError("no such contest")
            return p + math.sqrt(2 * math.log(k) * p * (1 - p) / n)
    """),
    both("expected_best", "a simulation", """
        def expected_best(k, n, p):
            if k < 1 or n < 1 or p <= 0 or p >= 1:
                raise ValueError("no such contest")
            n, k = min(n, 200), min(k, 100)
            right = torch.rand(200, k, n, generator=torch.Generator().manual_seed(0)) < p
            return (right.sum(dim=2).max(dim=1).values / n).mean().item()
    """),
    both("expected_best", "k examples and n guessers", BEST.replace("(k, n, p)", "(n, k, p)")),
    right("expected_best", "SciPy", """
        import numpy as np

        def expected_best(k, n, p):
            from scipy.stats import binom
            if min(k, n) < 1 or not 0 < p < 1:
                raise ValueError("no such contest")
            return float(1 - np.sum(binom.cdf(np.arange(n), n, p) ** k) / n)
    """),
    right("expected_best", "a loop over lgamma", BEST),
    right("expected_best", "a recursion for the logarithms", """
        def expected_best(k, n, p):
            if k <= 0 or n <= 0 or p <= 0 or p >= 1:
                raise ValueError("no such contest")
            log, below, total = n * math.log1p(-p), 0.0, []
            for c in range(n):
                below += math.exp(log)
                total.append(min(below, 1.0) ** k)
                log += math.log((n - c) / (c + 1)) + math.log(p) - math.log1p(-p)
            return 1.0 - math.fsum(total) / n
    """),
    right("expected_best", "PyTorch's binomial distribution", """
        def expected_best(k, n, p):
            if k < 1 or n < 1 or p <= 0 or p >= 1:
                raise ValueError("no such contest")
            p = torch.tensor(p, dtype=torch.float64)
            law = torch.distributions.Binomial(n, probs=p)
            below = law.log_prob(torch.arange(n, dtype=torch.float64)).exp().cumsum(0)
            return 1 - below.pow(k).mean().item()
    """),
    right("expected_best", "logcumsumexp", """
        def expected_best(k, n, p):
            if k < 1 or n < 1 or not 0 < p < 1:
                raise ValueError("no such contest")
            c = torch.arange(n).double()
            log = (math.lgamma(n + 1) - torch.lgamma(c + 1) - torch.lgamma(n - c + 1)
                   + c * math.log(p) + (n - c) * math.log(1 - p))
            return 1 - (k * log.logcumsumexp(0)).exp().sum().item() / n
    """),
    right("expected_best", "values times their probabilities", """
        import numpy as np

        def expected_best(k, n, p):
            if k < 1 or n < 1 or p <= 0 or p >= 1:
                raise ValueError("no such contest")
            log = [math.lgamma(n + 1) - math.lgamma(c + 1) - math.lgamma(n - c + 1)
                   + c * math.log(p) + (n - c) * math.log(1 - p) for c in range(n + 1)]
            best = np.clip(np.cumsum(np.exp(log)), 0, 1) ** k
            best[-1] = 1
            return float(np.arange(n + 1) @ np.diff(best, prepend=0) / n)
    """),
    # ------------------------------------------------------------------ task 5: choose_and_report
    shown("choose_and_report", "tensors instead of numbers", 2,
          but(CHOOSE, ("return best, report, error",
                       "return torch.tensor(best), torch.tensor(report, dtype=torch.float64), "
                       "error"))),
    shown("choose_and_report", "the error as a text", 2,
          but(CHOOSE, ("return best, report, error", "return best, report, str(error)"))),
    hidden("choose_and_report", "the last of equals, as in the program", 2,
           but(CHOOSE, ("accuracy > score", "accuracy >= score"))),
    hidden("choose_and_report", "equals are told apart by the test set", 2,
           but(CHOOSE, ("            best, score = i, accuracy\n",
                        "            best, score = i, accuracy\n"
                        "        elif accuracy == score and (said_test[i] == y_test).sum() > "
                        "(said_test[best] == y_test).sum():\n            best = i\n"))),
    hidden("choose_and_report", "takes a model that is right everywhere", 2,
           but(CHOOSE, (".double().mean().item()\n        if", ".all().item()\n        if"))),
    hidden("choose_and_report", "two classes only", 2,
           but(CHOOSE, ("(said_val[i] == y_val)", "((said_val[i] > 0) == (y_val > 0))"))),
    hidden("choose_and_report", "the worked example, hard-coded", 2, """
        def choose_and_report(said_val, y_val, said_test, y_test):
            return 1, 0.75, (0.75 * 0.25 / 4) ** 0.5
    """),
    hidden("choose_and_report", "the last model", 2,
           but(CHOOSE, ("    report", "    best = len(said_val) - 1\n    report"))),
    hidden("choose_and_report", "near is right enough", 2,
           but(CHOOSE, ("(said_val[i] == y_val).double()",
                        "-(said_val[i] - y_val).abs().double()"), ("0, -1.0", "0, -1e9"))),
    hidden("choose_and_report", "the test accuracy of all equals together", 2, """
        def choose_and_report(said_val, y_val, said_test, y_test):
            right = (said_val == y_val).sum(dim=1)
            best = right.argmax().item()
            a = (said_test[right == right.max()] == y_test).double().mean().item()
            return best, a, (a * (1 - a) / len(y_test)) ** 0.5
    """),
    both("choose_and_report", "chooses by the test set, as the program does",
         but(CHOOSE, ("(said_val[i] == y_val)", "(said_test[i] == y_test)"))),
    both("choose_and_report", "reports the validation accuracy",
         but(CHOOSE, ("report = (said_test[best] == y_test).double().mean().item()",
                      "report = score"))),
    both("choose_and_report", "chooses by both sets together",
         but(CHOOSE, ("(said_val[i] == y_val).double().mean().item()",
                      "((said_val[i] == y_val).sum() + (said_test[i] == y_test).sum()).item()"))),
    both("choose_and_report", "reports the best test accuracy of all",
         but(CHOOSE, ("(said_test[best] == y_test).double().mean()",
                      "(said_test == y_test).double().mean(dim=1).max()"))),
    both("choose_and_report", "the number of validation examples in the error",
         but(CHOOSE, ("/ len(y_test)", "/ len(y_val)"))),
    both("choose_and_report", "the number of models in the error",
         but(CHOOSE, ("/ len(y_test)", "/ len(said_test)"))),
    both("choose_and_report", "the variance instead of its root",
         but(CHOOSE, (" ** 0.5", ""))),
    both("choose_and_report", "the spread of one answer, not of their mean",
         but(CHOOSE, ("(report * (1 - report) / len(y_test))", "(report * (1 - report))"))),
    both("choose_and_report", "T - 1 in the error", but(CHOOSE, ("/ len(y_test)",
                                                                 "/ (len(y_test) - 1)"))),
    both("choose_and_report", "the worst model",
         but(CHOOSE, ("score = 0, -1.0", "score = 0, 2.0"), ("accuracy > score",
                                                             "accuracy < score"))),
    both("choose_and_report", "counts instead of an accuracy",
         but(CHOOSE, ("(said_test[best] == y_test).double().mean().item()",
                      "(said_test[best] == y_test).sum().item()"),
             ("(report * (1 - report) / len(y_test))", "abs(report)"))),
    both("choose_and_report", "rounded",
         but(CHOOSE, ("return best, report, error", "return best, report, round(error, 2)"))),
    right("choose_and_report", "a loop, the first best kept", CHOOSE),
    right("choose_and_report", "NumPy's argmax, which takes the first", """
        import numpy as np

        def choose_and_report(said_val, y_val, said_test, y_test):
            best = int(np.argmax((said_val == y_val).numpy().mean(axis=1)))
            hits = (said_test[best] == y_test).numpy()
            return best, float(hits.mean()), float(hits.std() / np.sqrt(len(hits)))
    """),
    right("choose_and_report", "float32", """
        def choose_and_report(said_val, y_val, said_test, y_test):
            best = (said_val == y_val).float().mean(dim=1).argmax()
            a = (said_test[best] == y_test).float().mean()
            return int(best), float(a), float(torch.sqrt(a * (1 - a) / len(y_test)))
    """),
    right("choose_and_report", "max with a key", """
        def choose_and_report(said_val, y_val, said_test, y_test):
            best = max(range(said_val.shape[0]), key=lambda i: int((said_val[i] == y_val).sum()))
            a = int((said_test[best] == y_test).sum()) / y_test.numel()
            return best, a, math.sqrt(a * (1 - a)) / math.sqrt(y_test.numel())
    """),
    right("choose_and_report", "sorted by rank and place", """
        def choose_and_report(said_val, y_val, said_test, y_test):
            wrong = [(sum(a != b for a, b in zip(row, y_val.tolist())), i)
                     for i, row in enumerate(said_val.tolist())]
            best = min(wrong)[1]
            a = sum(p == q for p, q in zip(said_test[best].tolist(), y_test.tolist()))
            a = a / len(y_test)
            return [best, a, (a * (1 - a) / len(y_test)) ** 0.5]
    """),
    right("choose_and_report", "the first place of the maximum", """
        def choose_and_report(said_val, y_val, said_test, y_test):
            right = said_val.eq(y_val).sum(1)
            best = torch.nonzero(right == right.max())[0].item()
            hits = said_test[best].eq(y_test).double()
            return best, hits.mean().item(), (hits.var(correction=0) / len(hits)).sqrt().item()
    """),
    right("choose_and_report", "places the answers under the labels", """
        def choose_and_report(said_val, y_val, said_test, y_test):
            scores = torch.stack([(row == y_val).float().mean() for row in said_val]).tolist()
            best = scores.index(max(scores))
            a = 1 - (said_test[best] != y_test).double().mean().item()
            return best, a, max(a * (1 - a), 0) ** 0.5 / len(y_test) ** 0.5
    """),
    # ------------------------------------------------------------------ task 6: split_noise
    shown("split_noise", "tensors instead of numbers", 1,
          but(NOISE, ("found.mean().item(), found.std().item()", "found.mean(), found.std()"))),
    hidden("split_noise", "the binomial formula from one split", 1, """
        def split_noise(x, y, size, repeats, seed):
            rows = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
            a = score_split(x[rows[size:]], y[rows[size:]], x[rows[:size]], y[rows[:size]])
            a = min(max(a, 0.85), 0.9)
            return a, (a * (1 - a) / size) ** 0.5
    """),
    hidden("split_noise", "the binomial formula from the mean", 1,
           but(NOISE, ("found.std().item()", "(found.mean() * (1 - found.mean()) / size).sqrt()"
                       ".item()"))),
    hidden("split_noise", "the global generator", 1, but(NOISE, (", generator=chance", ""))),
    hidden("split_noise", "the seed is always 0", 1, but(NOISE, ("manual_seed(seed)",
                                                                 "manual_seed(0)"))),
    hidden("split_noise", "the worked example, hard-coded", 1, """
        def split_noise(x, y, size, repeats, seed):
            return 0.87, 0.06
    """),
    hidden("split_noise", "always 30 for validation", 1,
           but(NOISE, ("    found = []\n", "    found, size = [], min(30, len(x) - 2)\n"))),
    hidden("split_noise", "rows drawn with replacement", 1,
           but(NOISE, ("torch.randperm(len(x), generator=chance)",
                       "torch.randint(len(x), (len(x),), generator=chance)"))),
    hidden("split_noise", "validation rows drawn twice", 1,
           but(NOISE, ("rows = torch.randperm(len(x), generator=chance)",
                       "val = torch.randint(len(x), (size,), generator=chance)"),
               ("val, fit = rows[:size], rows[size:]",
                "fit = torch.tensor(sorted(set(range(len(x))) - set(val.tolist())))"))),
    hidden("split_noise", "fits on all rows", 1, but(NOISE, ("x[fit], y[fit]", "x, y"))),
    hidden("split_noise", "the mean distance from the mean", 1,
           but(NOISE, ("found.std()", "(found - found.mean()).abs().mean()"))),
    hidden("split_noise", "the median", 1, but(NOISE, ("found.mean()", "found.median()"))),
    both("split_noise", "the same split every time",
         but(NOISE, ("        rows = torch", "        chance.manual_seed(seed)\n        rows = "
                     "torch"))),
    both("split_noise", "no shuffle", but(NOISE, ("torch.randperm(len(x), generator=chance)",
                                                  "torch.arange(len(x))"))),
    both("split_noise", "scores what was fitted",
         but(NOISE, ("x[val], y[val]", "x[fit], y[fit]"))),
    both("split_noise", "fits on the validation rows",
         but(NOISE, ("x[fit], y[fit], x[val], y[val]", "x[val], y[val], x[fit], y[fit]"))),
    both("split_noise", "the error of the mean",
         but(NOISE, ("found.std().item()", "found.std().item() / repeats ** 0.5"))),
    both("split_noise", "the variance", but(NOISE, ("found.std()", "found.var()"))),
    both("split_noise", "from the lowest to the highest",
         but(NOISE, ("found.std()", "(found.max() - found.min())"))),
    both("split_noise", "the deviation first",
         but(NOISE, ("found.mean().item(), found.std().item()",
                     "found.std().item(), found.mean().item()"))),
    both("split_noise", "per cent", but(NOISE, ("torch.float64)", "torch.float64) * 100"))),
    both("split_noise", "labels shuffled apart from the images",
         but(NOISE, ("y[fit], x[val]", "y[fit.flip(0)], x[val]"))),
    right("split_noise", "the reference's formula with n", """
        def split_noise(x, y, size, repeats, seed):
            chance = torch.Generator().manual_seed(seed)
            found = torch.zeros(repeats).double()
            for i in range(repeats):
                rows = torch.randperm(x.shape[0], generator=chance)
                fit, val = rows[:-size], rows[-size:]
                found[i] = score_split(x[fit], y[fit], x[val], y[val])
            return float(found.mean()), float(found.std(correction=0))
    """),
    right("split_noise", "NumPy's generator", """
        import numpy as np

        def split_noise(x, y, size, repeats, seed):
            rng, found = np.random.default_rng(seed), []
            for _ in range(repeats):
                rows = torch.from_numpy(rng.permutation(len(x)))
                found.append(score_split(x[rows[size:]], y[rows[size:]], x[rows[:size]],
                                         y[rows[:size]]))
            return float(np.mean(found)), float(np.std(found))
    """),
    right("split_noise", "the standard library", """
        import random
        import statistics

        def split_noise(x, y, size, repeats, seed):
            chance, found = random.Random(seed), []
            for _ in range(repeats):
                held = torch.zeros(len(x), dtype=torch.bool)
                held[chance.sample(range(len(x)), size)] = True
                found.append(score_split(x[~held], y[~held], x[held], y[held]))
            return statistics.mean(found), statistics.stdev(found)
    """),
    right("split_noise", "a generator for each split", """
        def split_noise(x, y, size, repeats, seed):
            def one(i):
                own = torch.Generator().manual_seed(10_000 * seed + i)
                rows = torch.randperm(len(x), generator=own)
                return score_split(x[rows[size:]], y[rows[size:]], x[rows[:size]], y[rows[:size]])
            found = torch.tensor([one(i) for i in range(repeats)]).double()
            spread = (found - found.mean()).square().mean().sqrt()
            return found.mean().item(), spread.item()
    """),
    right("split_noise", "the global generator, seeded once", """
        def split_noise(x, y, size, repeats, seed):
            torch.manual_seed(seed)
            total = squares = 0.0
            for _ in range(repeats):
                rows = torch.randperm(len(y))
                val, fit = rows.split([size, len(y) - size])
                a = score_split(x[fit], y[fit], x[val], y[val])
                total, squares = total + a, squares + a * a
            mean = total / repeats
            return mean, (squares / repeats - mean ** 2) ** 0.5
    """),
    right("split_noise", "images and labels shuffled together", """
        def split_noise(x, y, size, repeats, seed):
            chance, found = torch.Generator().manual_seed(seed), []
            for _ in range(repeats):
                order = torch.rand(len(x), generator=chance).argsort()
                x, y = x[order], y[order]
                found += [score_split(x[size:], y[size:], x[:size], y[:size])]
            std, mean = torch.std_mean(torch.tensor(found, dtype=torch.float64))
            return mean.item(), std.item()
    """),
]

EQUIVALENT = {
    "expected_best 4:29 Lt>LtE": "differs for p = 0 only, whose logarithm is a ValueError, too",
    "expected_best 4:37 1>2": "differs for p from 1 up, where the logarithm of 1 - p is a "
                              "ValueError, too",
}
