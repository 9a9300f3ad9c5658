"""Answers to the assignment preparation.

Most are the reference of this file with one thing changed: `_change` makes the text of a mistake.
"""

from textwrap import dedent

from tests.answers.bank import right, wrong


def _change(text: str, *pairs: tuple[str, str]) -> str:
    """The text with each old piece replaced; every old piece stands in it."""
    text = dedent(text)
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def _wrongs(task: str, base: str, *rows: tuple) -> list:
    """(title, fails, score, (old, new), ...) a row; fails is of "v", "h" and, for shift, "e"."""
    cells = {"v": f"test_{task}", "h": f"hidden_{task}", "e": f"hidden_{task}_edges"}
    return [
        wrong(task, title, " ".join(cells[c] for c in fails), score, _change(base, *pairs))
        for title, fails, score, *pairs in rows
    ]


SQUARED = """
def squared_error(prediction, target):
    n = prediction.numel()
    for values in (prediction, target):
        if tuple(values.shape) not in ((n,), (n, 1)):
            raise ValueError("shapes")
    error = prediction.reshape(n) - target.reshape(n)
    return (error ** 2).mean()
"""
CHECK = """    for values in (prediction, target):
        if tuple(values.shape) not in ((n,), (n, 1)):
            raise ValueError("shapes")
"""

ONE_HOT = """
def one_hot(labels, classes):
    if labels.dim() == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dim() != 1:
        raise ValueError("shape")
    if len(labels) and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError("range")
    rows = torch.zeros(len(labels), classes)
    rows[torch.arange(len(labels)), labels] = 1.0
    return rows
"""

PREPARE = """
def prepare(train, test):
    if np.isnan(train).all(axis=0).any():
        raise ValueError("an empty column")
    means = np.nanmean(train, axis=0)
    filled = np.where(np.isnan(train), means, train)
    m, s = filled.mean(axis=0), filled.std(axis=0)
    s = np.where(s == 0, 1.0, s)

    def apply(table):
        values = (np.where(np.isnan(table), means, table) - m) / s
        return np.concatenate([values, np.isnan(table).astype(float)], axis=1)

    return apply(train), apply(test)
"""

SHIFT = """
def shift(images, right, down):
    n, channels, h, w = images.shape
    if tuple(right.shape) != (n,) or tuple(down.shape) != (n,):
        raise ValueError("one shift an image")
    wide = torch.nn.functional.pad(images, (w, w, h, h))
    out = []
    for i in range(n):
        r = min(max(int(right[i]), -w), w)
        d = min(max(int(down[i]), -h), h)
        out.append(wide[i, :, h - d: 2 * h - d, w - r: 2 * w - r])
    return torch.stack(out)
"""

SLICES = """
def shift(images, right, down):
    n, _, h, w = images.shape
    if right.shape != (n,) or down.shape != (n,):
        raise ValueError("shape")
    out = torch.zeros_like(images)
    for i, (r, d) in enumerate(zip(right.tolist(), down.tolist())):
        if abs(r) < w and abs(d) < h:
            out[i, :, max(d, 0): h - max(-d, 0), max(r, 0): w - max(-r, 0)] = (
                images[i, :, max(-d, 0): h - max(d, 0), max(-r, 0): w - max(r, 0)])
    return out
"""

FAIR = """
def fair_accuracy(x, y, k, folds):
    hits = 0
    for fold in range(folds):
        test = np.arange(len(y)) % folds == fold
        a, b = x[~test], y[~test]
        mean, std = a.mean(axis=0), a.std(axis=0)
        z, rest = (x - mean) / std, ~test
        zero, one = z[rest & (y == 0)].mean(axis=0), z[rest & (y == 1)].mean(axis=0)
        best = np.argsort(-np.abs(one - zero), kind="stable")[:k]
        d0 = ((z[test][:, best] - zero[best]) ** 2).sum(axis=1)
        d1 = ((z[test][:, best] - one[best]) ** 2).sum(axis=1)
        hits += int((np.where(d1 < d0, 1, 0) == y[test]).sum())
    return hits / len(y)
"""

CHEAP = """
def cheapest_threshold(p, y, c):
    best_t, best = None, float("inf")
    for t in [-0.5] + sorted(p.tolist()):
        called = p > t
        missed = int(((y == 1) & ~called).sum())
        alarms = int(((y == 0) & called).sum())
        cost = float(c * missed + alarms)
        if cost < best:
            best_t, best = t, cost
    return best_t, best
"""

ANSWERS = [
    # ------------------------------------------------------------------ task 1
    *_wrongs(
        "squared_error",
        SQUARED,
        (
            "broadcasts",
            "vh",
            0,
            (CHECK, ""),
            ("prediction.reshape(n) - target.reshape(n)", "prediction - target"),
        ),
        (
            "no check: flattens",
            "h",
            1,
            (CHECK, ""),
            (
                "prediction.reshape(n) - target.reshape(n)",
                "prediction.flatten() - target.flatten()",
            ),
        ),
        (
            "no check of the target",
            "h",
            1,
            (
                "(prediction, target)",
                "(prediction,)",
            ),
            ("squared_error(prediction,)", "squared_error(prediction, target)"),
            ("target.reshape(n)", "target.flatten()"),
        ),
        ("sum instead of mean", "vh", 0, (".mean()", ".sum()")),
        ("half of the mean", "vh", 0, (".mean()", ".mean() / 2")),
        ("absolute error", "vh", 0, ("(error ** 2)", "error.abs()")),
        ("root of the mean", "vh", 0, (".mean()", ".mean().sqrt()")),
        ("refuses a column", "vh", 0, ("((n,), (n, 1))", "((n,),)")),
        ("refuses flat targets", "vh", 0, ("((n,), (n, 1))", "((n, 1),)")),
        (
            "demands equal shapes",
            "vh",
            0,
            (
                CHECK,
                """    if prediction.shape != target.shape:
        raise ValueError("shapes")
""",
            ),
        ),
        ("TypeError where ValueError is asked", "h", 1, ("ValueError", "TypeError")),
        (
            "float32 is forced",
            "h",
            1,
            (
                "error = prediction.reshape(n) - target.reshape(n)",
                "error = (prediction.reshape(n) - target.reshape(n)).float()",
            ),
        ),
        ("a Python number", "vh", 0, (".mean()", ".mean().item()")),
        ("float64 is returned", "v", 1, (".mean()", ".mean().double()")),
        (
            "compares the numbers of entries only",
            "h",
            1,
            (
                CHECK,
                """    if prediction.numel() != target.numel():
        raise ValueError("shapes")
""",
            ),
            (
                "prediction.reshape(n) - target.reshape(n)",
                "prediction.flatten() - target.flatten()",
            ),
        ),
        ("the worked example", "vh", 0, ("return (error ** 2).mean()", "return torch.tensor(2.0)")),
        (
            "of the target only the entries are counted",
            "h",
            1,
            (
                CHECK,
                """    if tuple(prediction.shape) not in ((n,), (n, 1)) or target.numel() != n:
        raise ValueError("shapes")
""",
            ),
        ),
        (
            "any number of axes of length 1",
            "h",
            1,
            (
                CHECK,
                """    for values in (prediction, target):
        if values.dim() == 0 or len(values) != n or values.numel() != n:
            raise ValueError("shapes")
""",
            ),
        ),
        (
            "TypeError for a single number, which has no length",
            "h",
            1,
            ("n = prediction.numel()", "n = len(prediction)"),
        ),
    ),
    right(
        "squared_error",
        "columns instead of rows",
        """
        def squared_error(prediction, target):
            if prediction.dim() == 1:
                prediction = prediction[:, None]
            if target.dim() == 1:
                target = target[:, None]
            if prediction.shape != target.shape or prediction.shape[1:] != (1,):
                raise ValueError("shapes")
            return (prediction - target).pow(2).mean()
        """,
    ),
    right(
        "squared_error",
        "the library's loss after the check",
        """
        import torch.nn.functional as F

        def squared_error(prediction, target):
            n = target.numel()
            for v in (prediction, target):
                if list(v.shape) not in ([n], [n, 1]):
                    raise ValueError(v.shape)
            return F.mse_loss(prediction.view(-1), target.view(-1))
        """,
    ),
    right(
        "squared_error",
        "a loop",
        """
        def squared_error(prediction, target):
            if prediction.dim() not in (1, 2) or target.dim() not in (1, 2):
                raise ValueError("axes")
            n = len(prediction)
            if len(target) != n or prediction.numel() != n or target.numel() != n:
                raise ValueError("rows")
            total = prediction.new_zeros(())
            for a, b in zip(prediction.flatten(), target.flatten()):
                total += (a - b) ** 2
            return total / n
        """,
    ),
    right(
        "squared_error",
        "NumPy inside",
        """
        def squared_error(prediction, target):
            p, t = prediction.numpy(), target.numpy()
            if {p.ndim, t.ndim} - {1, 2} or p.size != len(p) or t.size != len(t):
                raise ValueError("shapes")
            if len(p) != len(t):
                raise ValueError("rows")
            return torch.tensor(np.square(p.ravel() - t.ravel()).mean(), dtype=prediction.dtype)
        """,
    ),
    right(
        "squared_error",
        "changes its argument in place",
        """
        class Shapes(ValueError):
            pass

        def squared_error(prediction, target):
            n = target.numel()
            if any(tuple(v.shape) not in {(n,), (n, 1)} for v in (prediction, target)):
                raise Shapes
            prediction = prediction.reshape(-1)
            prediction -= target.reshape(-1)
            return prediction.dot(prediction) / n
        """,
    ),
    right(
        "squared_error", "a norm", SQUARED.replace("(error ** 2).mean()", "error.norm() ** 2 / n")
    ),
    # ------------------------------------------------------------------ task 2
    *_wrongs(
        "one_hot",
        ONE_HOT,
        (
            "int64 rows",
            "vh",
            0,
            ("classes)\n    rows[", "classes).long()\n    rows["),
            ("= 1.0", "= 1"),
        ),
        (
            "float64 rows",
            "vh",
            0,
            ("torch.zeros(len(labels), classes)", "torch.zeros(len(labels), classes).double()"),
        ),
        ("columns for rows", "vh", 0, ("return rows", "return rows.T")),
        ("no check of the range", "h", 1, ("labels.min() < 0 or labels.max() >= classes", "False")),
        ("negative labels count from the end", "h", 1, ("labels.min() < 0 or ", "")),
        ("the largest label may be classes", "h", 1, (">= classes", "> classes")),
        ("label 0 is refused", "vh", 0, ("labels.min() < 0", "labels.min() <= 0")),
        ("a column is refused", "h", 1, ("labels.dim() == 2 and labels.shape[1] == 1", "False")),
        (
            "any shape is flattened",
            "h",
            1,
            (
                "if labels.dim() == 2 and labels.shape[1] == 1:\n        labels = labels[:, 0]",
                "labels = labels.flatten()",
            ),
        ),
        (
            "a column broadcasts into a table too many",
            "h",
            1,
            (
                "    if labels.dim() == 2 and labels.shape[1] == 1:\n       "
                " labels = labels[:, 0]\n"
                '    if labels.dim() != 1:\n        raise ValueError("shape")\n',
                "",
            ),
            (
                "    rows = torch.zeros(len(labels), classes)\n"
                "    rows[torch.arange(len(labels)), labels] = 1.0\n    return rows",
                "    return torch.eye(classes)[labels]",
            ),
        ),
        (
            "as many columns as labels occur",
            "h",
            1,
            (
                "rows = torch.zeros(len(labels), classes)",
                "classes = int(labels.max()) + 1\n    rows = torch.zeros(len(labels), classes)",
            ),
        ),
        ("twos", "vh", 0, ("= 1.0", "= 2.0")),
        ("classes counted from 1", "vh", 0, ("labels] = 1.0", "labels - 1] = 1.0")),
        ("zeros and ones the wrong way round", "vh", 0, ("return rows", "return 1 - rows")),
        (
            "IndexError for a label out of range",
            "h",
            1,
            ('raise ValueError("range")', 'raise IndexError("range")'),
        ),
        (
            "the worked example",
            "vh",
            0,
            ("return rows", "return torch.tensor([[0., 0., 1.], [1., 0., 0.]])"),
        ),
        (
            "a label once only",
            "v",
            1,
            (
                "rows[torch.arange(len(labels)), labels] = 1.0",
                "for i in range(len(labels)):\n        if not rows[:, labels[i]].any():\n"
                "            rows[i, labels[i]] = 1.0",
            ),
        ),
        (
            "a number alone is a label too",
            "h",
            1,
            (
                "    if labels.dim() != 1:",
                "    if labels.dim() == 0:\n        labels = labels[None]\n"
                "    if labels.dim() != 1:",
            ),
        ),
        (
            "any number of axes of length 1",
            "h",
            1,
            (
                "if labels.dim() == 2 and labels.shape[1] == 1:\n        labels = labels[:, 0]",
                "if labels.dim() and labels.numel() == len(labels):\n"
                "        labels = labels.flatten()",
            ),
        ),
    ),
    right(
        "one_hot",
        "the library's",
        """
        def one_hot(labels, classes):
            if tuple(labels.shape) not in ((labels.numel(),), (labels.numel(), 1)):
                raise ValueError("shape")
            labels = labels.flatten()
            if ((labels < 0) | (labels > classes - 1)).any():
                raise ValueError("range")
            return torch.nn.functional.one_hot(labels, classes).float()
        """,
    ),
    right(
        "one_hot",
        "a comparison",
        """
        def one_hot(labels, classes):
            if labels.dim() not in (1, 2) or labels.numel() != len(labels):
                raise ValueError("shape")
            if not all(0 <= int(v) < classes for v in labels.flatten()):
                raise ValueError("range")
            return (labels.reshape(-1, 1) == torch.arange(classes)).float()
        """,
    ),
    right(
        "one_hot",
        "scatter",
        """
        def one_hot(labels, classes):
            if labels.dim() == 1:
                labels = labels.unsqueeze(1)
            if labels.dim() != 2 or labels.size(1) != 1:
                raise ValueError("shape")
            if (labels < 0).any() or (labels >= classes).any():
                raise ValueError("range")
            return torch.zeros(len(labels), classes).scatter_(1, labels, 1)
        """,
    ),
    right(
        "one_hot",
        "NumPy's identity",
        """
        def one_hot(labels, classes):
            values = labels.numpy()
            if values.ndim not in (1, 2) or values.size != len(values):
                raise ValueError("shape")
            if set(values.ravel().tolist()) - set(range(classes)):
                raise ValueError("range")
            return torch.from_numpy(np.eye(classes, dtype=np.float32)[values.ravel()])
        """,
    ),
    right(
        "one_hot",
        "lists",
        """
        def one_hot(labels, classes):
            rows = []
            if labels.dim() not in (1, 2):
                raise ValueError("axes")
            for label in labels.tolist():
                if isinstance(label, list):
                    (label,) = label
                if label not in range(classes):
                    raise ValueError("range")
                rows.append([float(j == label) for j in range(classes)])
            return torch.tensor(rows)
        """,
    ),
    right("one_hot", "this bank's base", ONE_HOT),
    # ------------------------------------------------------------------ task 3
    *_wrongs(
        "prepare",
        PREPARE,
        (
            "the test table is filled with its own mean",
            "vh",
            0,
            (
                "np.where(np.isnan(table), means, table)",
                "np.where(np.isnan(table), np.nanmean(np.vstack([table, means]), axis=0), table)",
            ),
        ),
        (
            "the test table is scaled with its own numbers",
            "vh",
            0,
            (
                "values = (np.where(np.isnan(table), means, table) - m) / s",
                "full = np.where(np.isnan(table), means, table)\n"
                "        values = (full - full.mean(axis=0)) / np.maximum(full.std(axis=0), 1e-9)",
            ),
        ),
        (
            "statistics of both tables: the leak",
            "vh",
            0,
            (
                "means = np.nanmean(train, axis=0)",
                "means = np.nanmean(np.vstack([train, test]), axis=0)",
            ),
        ),
        (
            "scaled with both tables",
            "vh",
            0,
            (
                "m, s = filled",
                "filled = np.vstack([filled, np.where(np.isnan(test), means, test)])\n"
                "    m, s = filled",
            ),
        ),
        (
            "deviation of the known values",
            "vh",
            0,
            ("filled.std(axis=0)", "np.nanstd(train, axis=0)"),
        ),
        ("N - 1 below the line", "vh", 0, ("filled.std(axis=0)", "filled.std(axis=0, ddof=1)")),
        (
            "filled with 0",
            "vh",
            0,
            ("means = np.nanmean(train, axis=0)", "means = np.zeros(train.shape[1])"),
        ),
        ("filled with the median", "h", 2, ("np.nanmean", "np.nanmedian")),
        (
            "no flags",
            "vh",
            0,
            (
                "return np.concatenate([values, np.isnan(table).astype(float)], axis=1)",
                "return values",
            ),
        ),
        (
            "flags the wrong way round",
            "vh",
            0,
            ("np.isnan(table).astype", "(~np.isnan(table)).astype"),
        ),
        (
            "flags first",
            "vh",
            0,
            ("[values, np.isnan(table).astype(float)]", "[np.isnan(table).astype(float), values]"),
        ),
        (
            "one flag a row",
            "h",
            2,
            (
                "np.isnan(table).astype(float)",
                "np.isnan(table).any(axis=1, keepdims=True).astype(float)",
            ),
        ),
        (
            "one mean for all columns",
            "h",
            2,
            ("np.nanmean(train, axis=0)", "np.nanmean(train) + 0 * np.nanmean(train, axis=0)"),
        ),
        (
            "one deviation for all columns",
            "h",
            2,
            ("filled.std(axis=0)", "filled.std() + 0 * filled.mean(axis=0)"),
        ),
        ("divides by 0 in a constant column", "h", 2, ("np.where(s == 0, 1.0, s)", "s")),
        (
            "a constant column becomes 0",
            "h",
            2,
            ("np.where(s == 0, 1.0, s)", "np.where(s == 0, np.inf, s)"),
        ),
        (
            "an empty column passes",
            "h",
            2,
            (
                "    if np.isnan(train).all(axis=0).any():\n"
                '        raise ValueError("an empty column")\n',
                "",
            ),
        ),
        ("every gap is refused", "vh", 0, (".all(axis=0).any()", ".any()")),
        (
            "the flags are scaled too",
            "vh",
            0,
            (
                "np.isnan(table).astype(float)], axis=1)",
                "np.isnan(table) - np.isnan(train).mean(axis=0)], axis=1)",
            ),
        ),
        (
            "the training table only",
            "vh",
            0,
            ("return apply(train), apply(test)", "return apply(train)"),
        ),
        (
            "float32",
            "vh",
            0,
            (
                "return apply(train), apply(test)",
                "return apply(train).astype('f4'), apply(test).astype('f4')",
            ),
        ),
        (
            "a test table with an empty column is refused",
            "h",
            2,
            (
                "np.isnan(train).all(axis=0).any()",
                "any(np.isnan(t).all(axis=0).any() for t in (train, test))",
            ),
        ),
        (
            "a gap in a row that comes alone is 0",
            "h",
            2,
            (
                "np.where(np.isnan(table), means, table)",
                "np.where(np.isnan(table), means if len(table) > 1 else 0.0, table)",
            ),
        ),
        (
            "flags of the columns with a gap in the training rows only",
            "h",
            2,
            (
                "np.isnan(table).astype(float)]",
                "np.isnan(table).astype(float)[:, np.isnan(train).any(axis=0)]]",
            ),
        ),
    ),
    wrong(
        "prepare",
        "right for gaps in the test table only",
        "test_prepare",
        2,
        PREPARE.replace(
            "return apply(train), apply(test)",
            "if len(train) < 4 and np.isnan(train).any():\n"
            "        train = np.nan_to_num(train)\n"
            "    return apply(train), apply(test)",
        ),
    ),
    right(
        "prepare",
        "scikit-learn's",
        """
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import StandardScaler

        def prepare(train, test):
            if np.isnan(train).all(axis=0).any():
                raise ValueError("empty")
            fill = SimpleImputer().fit(train)
            scale = StandardScaler().fit(fill.transform(train))
            parts = [np.hstack([scale.transform(fill.transform(t)), np.isnan(t)])
                     for t in (train, test)]
            return parts[0], parts[1]
        """,
    ),
    right(
        "prepare",
        "column by column",
        """
        def prepare(train, test):
            n, d = train.shape
            a, b = np.zeros((n, 2 * d)), np.zeros((len(test), 2 * d))
            for j in range(d):
                known = train[:, j][~np.isnan(train[:, j])]
                if known.size == 0:
                    raise ValueError(j)
                fill = known.mean()
                full = [v if v == v else fill for v in train[:, j]]
                m, s = np.mean(full), np.std(full)
                s = s if s > 0 else 1.0
                for table, out in ((train, a), (test, b)):
                    for i, v in enumerate(table[:, j]):
                        out[i, j] = ((fill if v != v else v) - m) / s
                        out[i, d + j] = float(v != v)
            return a, b
        """,
    ),
    right(
        "prepare",
        "fills in place",
        """
        def prepare(train, test):
            flags = [np.isnan(train) * 1.0, np.isnan(test) * 1.0]
            if flags[0].min(axis=0).max() == 1:
                raise ValueError("empty")
            fill = np.nanmean(train, axis=0)
            for table in (train, test):
                rows, columns = np.nonzero(np.isnan(table))
                table[rows, columns] = fill[columns]
            m, s = train.mean(0), train.std(0)
            s[s == 0] = 1
            return [np.c_[(train - m) / s, flags[0]], np.c_[(test - m) / s, flags[1]]]
        """,
    ),
    right(
        "prepare",
        "pandas",
        """
        import pandas as pd

        def prepare(train, test):
            a, b = pd.DataFrame(train), pd.DataFrame(test)
            if a.isna().all().any():
                raise ValueError("empty")
            full = a.fillna(a.mean())
            m, s = full.mean(), full.std(ddof=0).replace(0.0, 1.0)
            out = [pd.concat([(t.fillna(a.mean()) - m) / s, t.isna().astype(float)], axis=1)
                   for t in (a, b)]
            return out[0].to_numpy(), out[1].to_numpy()
        """,
    ),
    right(
        "prepare",
        "the mean of the filled column is the mean of the known",
        PREPARE.replace("filled.mean(axis=0), filled", "means, filled"),
    ),
    right(
        "prepare",
        "torch inside",
        """
        def prepare(train, test):
            t = torch.from_numpy(train)
            fill = t.nanmean(0)
            if fill.isnan().any():
                raise ValueError("empty")
            full = torch.where(t.isnan(), fill, t)
            s = full.std(0, correction=0)
            s[s == 0] = 1
            out = []
            for v in (t, torch.from_numpy(test)):
                z = (torch.where(v.isnan(), fill, v) - full.mean(0)) / s
                out.append(torch.cat([z, v.isnan().double()], 1).numpy())
            return tuple(out)
        """,
    ),
    # ------------------------------------------------------------------ task 4
    *_wrongs(
        "shift",
        SHIFT,
        ("left for right", "vhe", 0, ("w - r: 2 * w - r", "w + r: 2 * w + r")),
        ("up for down", "vhe", 0, ("h - d: 2 * h - d", "h + d: 2 * h + d")),
        (
            "the two axes swapped",
            "vhe",
            0,
            ("int(right[i])", "int(down[i])@"),
            ("int(down[i]), -h", "int(right[i]), -h"),
            ("int(down[i])@", "int(down[i])"),
        ),
        ("the first shift for all", "h", 2, ("right[i]", "right[0]"), ("down[i]", "down[0]")),
        (
            "rolls around",
            "vhe",
            0,
            (
                "wide = torch.nn.functional.pad(images, (w, w, h, h))",
                "wide = images.repeat(1, 1, 3, 3)",
            ),
        ),
        (
            "repeats the edge",
            "vhe",
            0,
            (
                "wide = torch.nn.functional.pad(images, (w, w, h, h))",
                "wide = torch.nn.functional.pad(images.float(), (w, w, h, h), mode='replicate')"
                ".to(images.dtype)",
            ),
        ),
        (
            "float32 comes back",
            "he",
            1,
            ("return torch.stack(out)", "return torch.stack(out).float()"),
        ),
        ("limited to one pixel", "he", 1, ("-w), w)", "-1), 1)"), ("-h), h)", "-1), 1)")),
        ("one pixel stays", "e", 2, ("-w), w)", "-w + 1), w - 1)")),
        (
            "no check",
            "e",
            2,
            (
                "    if tuple(right.shape) != (n,) or tuple(down.shape) != (n,):\n"
                '        raise ValueError("one shift an image")\n',
                "",
            ),
        ),
        ("down is not checked", "e", 2, (" or tuple(down.shape) != (n,)", "")),
        ("right is not checked", "e", 2, ("tuple(right.shape) != (n,) or ", "")),
        ("the channel axis is lost", "vhe", 0, ("wide[i, :,", "wide[i, 0,")),
        (
            "the first channel only",
            "he",
            1,
            (
                "return torch.stack(out)",
                "out = torch.stack(out)\n    out[:, 1:] = images[:, 1:]\n    return out",
            ),
        ),
        ("zeros", "vhe", 0, ("return torch.stack(out)", "return torch.zeros_like(images)")),
        ("nothing moves", "vhe", 0, ("return torch.stack(out)", "return images")),
        (
            "the image is taken as square",
            "he",
            1,
            ("n, channels, h, w = images.shape", "n, channels, h, w = images.shape\n    w = h"),
        ),
        ("positive shifts only", "vhe", 0, ("-w), w)", "0), w)"), ("-h), h)", "0), h)")),
        ("TypeError where ValueError is asked", "e", 2, ("raise ValueError", "raise TypeError")),
        (
            "what comes in is not 0 in float32",
            "v",
            2,
            (
                "return torch.stack(out)",
                "out = torch.stack(out)\n    single = out.dtype == torch.float32\n"
                "    return out + 1e-3 if single else out",
            ),
        ),
        (
            "through float32",
            "h",
            2,
            ("pad(images, (w, w, h, h))", "pad(images.float(), (w, w, h, h))"),
            ("torch.stack(out)", "torch.stack(out).to(images.dtype)"),
        ),
        (
            "bytes or float32",
            "h",
            2,
            (
                "return torch.stack(out)",
                "out = torch.stack(out)\n    small = out.dtype == torch.uint8\n"
                "    return out if small else out.float()",
            ),
        ),
    ),
    *[
        wrong("shift", title, "hidden_shift_edges", 2, _change(SLICES, *pairs))
        for title, *pairs in (
            ("slices without a bound", ("        if abs(r) < w and abs(d) < h:\n    ", "    ")),
            ("slices that are bounded to the right only", ("abs(r) < w", "r < w")),
            ("slices that are bounded below only", ("abs(d) < h", "d < h")),
        )
    ],
    right("shift", "pads", SHIFT),
    right("shift", "slices", SLICES),
    right(
        "shift",
        "pads with negative widths",
        """
        def shift(images, right, down):
            n, _, h, w = images.shape
            if right.shape != (n,) or down.shape != (n,):
                raise ValueError("shape")
            out = []
            for image, r, d in zip(images, right.tolist(), down.tolist()):
                if abs(r) >= w or abs(d) >= h:
                    out.append(image * 0)
                else:
                    out.append(torch.nn.functional.pad(image, (r, -r, d, -d)))
            return torch.stack(out)
        """,
    ),
    right(
        "shift",
        "in place",
        """
        def shift(images, right, down):
            if right.shape != images.shape[:1] or down.shape != images.shape[:1]:
                raise ValueError("shape")
            h, w = images.shape[2:]
            for image, r, d in zip(images, right.clamp(-w, w).tolist(), down.clamp(-h, h).tolist()):
                image[:] = image.roll((d, r), (1, 2))
                image[:, :, slice(0, r) if r > 0 else slice(w + r, w)] = 0
                image[:, slice(0, d) if d > 0 else slice(h + d, h)] = 0
            return images
        """,
    ),
    right(
        "shift",
        "SciPy's",
        """
        def shift(images, right, down):
            from scipy.ndimage import shift as move
            if right.shape != images.shape[:1] or down.shape != images.shape[:1]:
                raise ValueError("shape")
            new = [move(image.numpy(), (0, int(d), int(r)), order=0)
                   for image, r, d in zip(images, right, down)]
            return torch.from_numpy(np.stack(new))
        """,
    ),
    right(
        "shift",
        "rolls, then clears",
        """
        def shift(images, right, down):
            n, _, h, w = images.shape
            if list(right.shape) != [n] or list(down.shape) != [n]:
                raise ValueError("shape")
            out = images.clone()
            for i in range(n):
                r, d = int(right[i]), int(down[i])
                out[i] = torch.roll(images[i], (d, r), (1, 2))
                rows, columns = torch.arange(h) - d, torch.arange(w) - r
                out[i, :, (rows < 0) | (rows >= h)] = 0
                out[i, :, :, (columns < 0) | (columns >= w)] = 0
            return out
        """,
    ),
    right(
        "shift",
        "index tables",
        """
        def shift(images, right, down):
            n, _, h, w = images.shape
            if right.shape != (n,) or down.shape != (n,):
                raise ValueError("shape")
            rows = torch.arange(h) - down[:, None]
            columns = torch.arange(w) - right[:, None]
            ok = (((rows >= 0) & (rows < h))[:, :, None]
                  & ((columns >= 0) & (columns < w))[:, None, :])
            picked = images[torch.arange(n)[:, None, None], :,
                            rows.clamp(0, h - 1)[:, :, None], columns.clamp(0, w - 1)[:, None, :]]
            return picked.permute(0, 3, 1, 2) * ok[:, None]
        """,
    ),
    right(
        "shift",
        "matrices of ones",
        """
        def shift(images, right, down):
            n, _, h, w = images.shape
            if right.shape != (n,) or down.shape != (n,):
                raise ValueError("shape")
            out = []
            for image, r, d in zip(images, right, down):
                up = (torch.arange(h)[:, None] - d == torch.arange(h)).double()
                left = (torch.arange(w)[:, None] == torch.arange(w) - r).double()
                out.append((up @ image.double() @ left).to(images.dtype))
            return torch.stack(out)
        """,
    ),
    right(
        "shift",
        "NumPy",
        """
        def shift(images, right, down):
            old = images.numpy()
            if tuple(right.shape) != (len(old),) or tuple(down.shape) != (len(old),):
                raise ValueError("shape")
            new = np.zeros_like(old)
            for i, c, row, column in np.ndindex(*old.shape):
                r, s = row + int(down[i]), column + int(right[i])
                if 0 <= r < old.shape[2] and 0 <= s < old.shape[3]:
                    new[i, c, r, s] = old[i, c, row, column]
            return torch.from_numpy(new)
        """,
    ),
    # ------------------------------------------------------------------ task 5
    *_wrongs(
        "fair_accuracy",
        FAIR,
        (
            "columns chosen on all rows",
            "vh",
            0,
            (
                'best = np.argsort(-np.abs(one - zero), kind="stable")',
                "best = np.argsort(-np.abs(z[y == 1].mean(axis=0) - z[y == 0].mean(axis=0)), "
                'kind="stable")',
            ),
        ),
        (
            "scaled with all rows",
            "h",
            1,
            (
                "mean, std = a.mean(axis=0), a.std(axis=0)",
                "mean, std = x.mean(axis=0), x.std(axis=0)",
            ),
        ),
        ("not scaled", "h", 1, ("z, rest = (x - mean) / std, ~test", "z, rest = x, ~test")),
        (
            "the mean of all rows, which cancels, and their deviation, which does not",
            "h",
            1,
            ("a.std(axis=0)", "x.std(axis=0)"),
        ),
        (
            "class means of all rows",
            "vh",
            0,
            ("rest & (y == 0)", "y == 0"),
            ("rest & (y == 1)", "y == 1"),
        ),
        ("the smallest gaps", "vh", 0, ("-np.abs(one - zero)", "np.abs(one - zero)")),
        ("gaps with their sign", "h", 1, ("-np.abs(one - zero)", "-(one - zero)")),
        ("the farther mean", "vh", 0, ("d1 < d0", "d1 > d0")),
        (
            "scored on the training rows",
            "vh",
            0,
            ("z[test][:, best]", "z[~test][:, best]"),
            ("== y[test]).sum()", "== y[~test]).sum() * test.sum() / (~test).sum()"),
        ),
        ("all columns", "vh", 0, ("[:k]", "")),
        ("one column too many", "vh", 0, ("[:k]", "[:k + 1]")),
        (
            "blocks for folds",
            "h",
            1,
            ("np.arange(len(y)) % folds == fold", "np.arange(len(y)) * folds // len(y) == fold"),
        ),
        ("the last fold is left out", "vh", 0, ("range(folds)", "range(folds - 1)")),
        ("percent", "vh", 0, ("return hits / len(y)", "return 100 * hits / len(y)")),
        ("a count", "vh", 0, ("return hits / len(y)", "return hits")),
        ("the error", "vh", 0, ("return hits / len(y)", "return 1 - hits / len(y)")),
        ("half for everybody", "vh", 0, ("return hits / len(y)", "return 0.5")),
        ("the largest distance", "h", 1, ("** 2).sum(axis=1)", "** 2).max(axis=1)")),
        (
            "N - 1 below the line and the range of the training rows",
            "h",
            1,
            ("a.std(axis=0)", "np.ptp(a, axis=0)"),
        ),
    ),
    wrong(
        "fair_accuracy",
        "the leaky program itself for many columns",
        "test_fair_accuracy",
        2,
        FAIR
        + """

def _outer(fair):
    def fair_accuracy(x, y, k, folds):
        return (leaky_accuracy if x.shape[1] > 100 else fair)(x, y, k, folds)
    return fair_accuracy

fair_accuracy = _outer(fair_accuracy)
""",
    ),
    right("fair_accuracy", "training and test rows apart", FAIR),
    right(
        "fair_accuracy",
        "row by row",
        """
        def fair_accuracy(x, y, k, folds):
            good = 0
            for i in range(len(y)):
                rest = [j for j in range(len(y)) if j % folds != i % folds]
                a, b = x[rest], y[rest]
                m, s = a.mean(0), a.std(0)
                centres = [((a[b == c] - m) / s).mean(0) for c in (0, 1)]
                gap = abs(centres[0] - centres[1])
                best = sorted(range(x.shape[1]), key=lambda j: (-gap[j], j))[:k]
                row = ((x[i] - m) / s)[best]
                far = [((row - centre[best]) ** 2).sum() for centre in centres]
                good += int(far[1] < far[0]) == int(y[i])
            return good / len(y)
        """,
    ),
    right(
        "fair_accuracy",
        "scikit-learn's scaler",
        """
        from sklearn.preprocessing import StandardScaler

        def fair_accuracy(x, y, k, folds):
            guess = np.zeros(len(y))
            for fold in range(folds):
                test = np.arange(len(y)) % folds == fold
                scaler = StandardScaler().fit(x[~test])
                a, b = scaler.transform(x[~test]), scaler.transform(x[test])
                c = np.array([a[y[~test] == label].mean(0) for label in (0, 1)])
                best = np.argsort(-abs(c[1] - c[0]), kind="stable")[:k]
                d = ((b[:, None, best] - c[None, :, best]) ** 2).sum(-1)
                guess[test] = d[:, 1] < d[:, 0]
            return float((guess == y).mean())
        """,
    ),
    right(
        "fair_accuracy",
        "norms instead of squares",
        FAIR.replace(
            "((z[test][:, best] - zero[best]) ** 2).sum(axis=1)",
            "np.linalg.norm(z[test][:, best] - zero[best], axis=1)",
        ).replace(
            "((z[test][:, best] - one[best]) ** 2).sum(axis=1)",
            "np.linalg.norm(z[test][:, best] - one[best], axis=1)",
        ),
    ),
    right(
        "fair_accuracy",
        "the leaky program, called for each fold",
        """
        def fair_accuracy(x, y, k, folds):
            hits = 0
            for fold in range(folds):
                test = np.arange(len(y)) % folds == fold
                rest = ~test
                z = (x - x[rest].mean(axis=0)) / x[rest].std(axis=0)
                gap = abs(z[rest][y[rest] == 1].mean(axis=0) - z[rest][y[rest] == 0].mean(axis=0))
                z = z[:, np.argsort(-gap, kind="stable")[:k]]
                means = [z[rest & (y == label)].mean(axis=0) for label in (0, 1)]
                far = [((z[test] - mean) ** 2).sum(axis=1) for mean in means]
                hits += ((far[1] < far[0]) == (y[test] == 1)).sum()
            return float(hits / len(y))
        """,
    ),
    right(
        "fair_accuracy",
        "without subtracting the mean, which cancels",
        FAIR.replace("(x - mean) / std", "x / std"),
    ),
    # ------------------------------------------------------------------ task 6
    *_wrongs(
        "cheapest_threshold",
        CHEAP,
        ("greater or equal", "vh", 0, ("p > t", "p >= t")),
        ("the costs swapped", "vh", 0, ("c * missed + alarms", "missed + c * alarms")),
        ("c is forgotten", "vh", 0, ("c * missed", "missed")),
        ("alarms are forgotten", "vh", 0, ("c * missed + alarms", "c * missed")),
        ("misses are forgotten", "vh", 0, ("c * missed + alarms", "float(alarms)")),
        ("the mean cost", "vh", 0, ("return best_t, best", "return best_t, best / len(p)")),
        ("the highest cost", "vh", 0, ('float("inf")', "-1.0"), ("cost < best", "cost > best")),
        (
            "Elkan's threshold, untried",
            "h",
            1,
            ("for t in [-0.5] + sorted(p.tolist()):", "for t in [1 / (1 + c)]:"),
        ),
        (
            "a grid of 0.01",
            "h",
            1,
            ("[-0.5] + sorted(p.tolist())", "[i / 100 for i in range(-1, 101)]"),
        ),
        (
            "a grid of 0.001",
            "h",
            1,
            ("[-0.5] + sorted(p.tolist())", "[i / 1000 for i in range(-1, 1001)]"),
        ),
        ("always a half", "vh", 0, ("[-0.5] + sorted(p.tolist())", "[0.5]")),
        ("only the values of p", "h", 1, ("[-0.5] + ", "")),
        ("0 is the lowest that is tried", "h", 1, ("[-0.5] + ", "[0.0] + ")),
        (
            "a grid of tenths",
            "h",
            1,
            ("[-0.5] + sorted(p.tolist())", "[i / 10 for i in range(10)]"),
        ),
        ("none is never called off", "h", 1, ("sorted(p.tolist())", "sorted(p.tolist())[:-1]")),
        (
            "stops at the first rise",
            "vh",
            0,
            (
                "            best_t, best = t, cost",
                "            best_t, best = t, cost\n        elif cost > best:\n            break",
            ),
        ),
        ("the cost only", "vh", 0, ("return best_t, best", "return best")),
        ("cost first", "vh", 0, ("return best_t, best", "return best, best_t")),
        (
            "the most accurate threshold",
            "vh",
            0,
            ("if cost < best:", "cost, c = missed + alarms, c\n        if cost < best:"),
        ),
        ("the cost as an integer", "vh", 0, ("return best_t, best", "return best_t, int(best)")),
        (
            "positives by their share",
            "vh",
            0,
            (
                "return best_t, best",
                "best_t = float(np.quantile(p, 1 - y.mean())) - 0.1\n    "
                "missed = ((y == 1) & (p <= best_t)).sum()\n"
                "    return best_t, float(c * missed + ((y == 0) & (p > best_t)).sum())",
            ),
        ),
    ),
    wrong(
        "cheapest_threshold",
        "a threshold halfway to 1 for few rows",
        "test_cheapest_threshold",
        2,
        CHEAP.replace(
            "    return best_t, best",
            "    if len(p) == 4:\n        best_t = 0.95\n    return best_t, best",
        ),
    ),
    right("cheapest_threshold", "every value and one below", CHEAP),
    right(
        "cheapest_threshold",
        "a table of all",
        """
        def cheapest_threshold(p, y, c):
            t = np.concatenate([[-1.0], np.unique(p)])
            called = p[None, :] > t[:, None]
            cost = c * (~called & (y == 1)).sum(1) + (called & (y == 0)).sum(1)
            return float(t[cost.argmin()]), float(cost.min())
        """,
    ),
    right(
        "cheapest_threshold",
        "midpoints",
        """
        def cheapest_threshold(p, y, c):
            v = sorted(set(p.tolist()))
            best = None
            for t in [v[0] - 1] + [(a + b) / 2 for a, b in zip(v, v[1:])] + [v[-1]]:
                cost = sum(c if (q <= t) else 0 for q, k in zip(p, y) if k == 1)
                cost += sum(1 for q, k in zip(p, y) if k == 0 and q > t)
                if best is None or cost <= best[1]:
                    best = (float(t), float(cost))
            return best
        """,
    ),
    right(
        "cheapest_threshold",
        "whole numbers at the start",
        """
        def cheapest_threshold(p, y, c):
            best = (-1, (y == 0).sum())
            for t in p:
                cost = c * ((p <= t) & (y == 1)).sum() + ((p > t) & (y == 0)).sum()
                if cost < best[1]:
                    best = (t, cost)
            return best
        """,
    ),
    right(
        "cheapest_threshold",
        "the next number below each, and infinity",
        """
        def cheapest_threshold(p, y, c):
            t = np.r_[np.nextafter(p, -1), np.inf]
            cost = [np.where(y == 1, c * (p <= v), 1.0 * (p > v)).sum() for v in t]
            return [float(t[np.argmin(cost)]), float(min(cost))]
        """,
    ),
    right(
        "cheapest_threshold",
        "the last of the cheapest",
        CHEAP.replace("cost < best", "cost <= best"),
    ),
    right(
        "cheapest_threshold",
        "from above",
        CHEAP.replace("[-0.5] + sorted(p.tolist())", "sorted(p.tolist(), reverse=True) + [-3.0]"),
    ),
    right(
        "cheapest_threshold",
        "cumulative sums",
        """
        def cheapest_threshold(p, y, c):
            order = np.argsort(p, kind="stable")
            q, k = p[order], y[order]
            t = np.r_[-1.0, q]
            missed = np.r_[0, np.cumsum(k)]
            alarms = (k == 0).sum() - np.r_[0, np.cumsum(k == 0)]
            last = np.r_[True, q[1:] != q[:-1], True]
            cost = np.where(last, c * missed + alarms, np.inf)
            i = int(cost.argmin())
            return float(t[i]), float(cost[i])
        """,
    ),
]

EQUIVALENT = {
    "one_hot 7:52 Sub>Add": "only the text of the error changes, and the task asks for no text",
    "one_hot 7:62 1>2": "only the text of the error changes, and the task asks for no text",
    "fair_accuracy 7:13 Sub>Add": "every row moves by the same "
    "vector, which cancels in the gaps and "
    "in the distances",
    "fair_accuracy 11:18 Lt>LtE": "differs only where a row is exactly as far from both means",
    "cheapest_threshold 8:17 1.0>2.0": "-2 is below every probability, as -1 is",
}
