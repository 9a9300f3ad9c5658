"""The documents on trial: preparing data.

Each test holds what a document prints to its recorded outcome, and the correction to the truth.
The ids that a test serves are in book/_data/errata/preparation.yml.
"""

import warnings

import numpy as np
import pytest
import torch
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from labkit import data, models
from labkit.authoring import trial


def here(text, *targets):
    """Run L03 in this process, where torch is loaded already: its true error and its warnings."""
    torch.manual_seed(0)
    x, y = targets
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    names = {"dataloader": loader}
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        exec(compile(text, "<listing>", "exec", dont_inherit=True), names)
    with torch.inference_mode():
        error = F.mse_loss(names["model"](x)[:, 0], y.flatten()).item()
    return error, [str(w.message) for w in seen if "size" in str(w.message)]


def test_shapes(outcome, monkeypatch, tmp_path):
    text = trial.listing("L03").text
    printed = trial.run(text)
    assert (printed.type, printed.source) == ("NameError", "for data, target in dataloader:")
    monkeypatch.chdir(tmp_path)  # the listing saves a file
    x = torch.randn(256, 10, generator=torch.Generator().manual_seed(0))
    y = x @ torch.linspace(-1, 1, 10)
    wrong, warned = here(text, x, y)
    right, quiet = here(text, x, y[:, None])
    variance = y.var(correction=0).item()
    assert warned and "target size" in warned[0] and not quiet
    assert wrong > 0.8 * variance and right < 0.05 and (tmp_path / "model.pth").exists()
    guess, target = torch.randn(8, 1), torch.randn(8)  # what the broadcast loss is
    torch.testing.assert_close(
        F.mse_loss(guess.expand(8, 8), target.expand(8, 8)),
        (guess - target.mean()).square().mean() + target.var(correction=0))
    outcome("L03", "As printed it stops at line {line} with `{type}: {message}`. With 256 rows and "
            "targets of shape (N,) it runs, with no more than a warning, and its true error is "
            "{wrong:.2f}, where the variance of the targets is {variance:.2f}; with targets of "
            "shape (N, 1) the error is {right:.3f}.",
            rel={"wrong": 0.05, "right": 0.3, "variance": 1e-4},
            line=printed.line, type=printed.type, message=printed.message,
            wrong=wrong, variance=variance, right=right)


CONTAINERS = """
import numpy, torch
images = torch.zeros(100, 28, 28, dtype=torch.uint8)
numbers = numpy.arange(100) % 10
kinds = {"tensor": torch.tensor(numbers), "int64 array": numbers,
         "uint8 array": numbers.astype("uint8"), "list": numbers.tolist(),
         "column": numbers[:, None], "list of 0-d arrays": [numpy.array(n) for n in numbers]}
train_data, train_labels, test_data, test_labels = images, numbers, images, numbers
def attempt(labels):
    try:
        return list(MNISTDataset(images, labels)[3][1].shape)
    except TypeError:
        return "TypeError"
"""


def test_dataset(outcome):
    text = trial.listing("L12").text
    printed = trial.run(text)
    assert (printed.type, printed.source) == (
        "NameError", "train_dataset = MNISTDataset(train_data, train_labels)")
    probe = "{k: attempt(v) for k, v in kinds.items()}"
    got = trial.run(text, setup=CONTAINERS, probe=[probe]).values[probe]
    works = [kind for kind, shape in got.items() if shape == []]
    assert works == ["list of 0-d arrays"] and got["column"] == [1]
    assert list(got.values()).count("TypeError") == 4
    mended = trial.repair(text, ("torch.from_numpy(target).long()",
                                 "torch.as_tensor(target, dtype=torch.long)"))
    got = trial.run(mended.text, setup=CONTAINERS, probe=[probe]).values[probe]
    assert [kind for kind, shape in got.items() if shape == []] == [k for k in got if k != "column"]
    probe = "MNISTDataset(images.numpy(), kinds['list of 0-d arrays'])[3]"
    got_images = trial.run(mended.text + f"\n{probe}\n", setup=CONTAINERS)
    assert got_images.type == "ValueError" and "sub-type of ndarray" in got_images.message
    with pytest.raises(RuntimeError, match="multi-target not supported"):
        F.cross_entropy(torch.zeros(2, 10), torch.zeros(2, 1, dtype=torch.long))  # the column
    outcome("L12", "As printed it stops at line {line} with `{type}: {message}`. With images and "
            "labels supplied, a label cannot be had from a tensor, an array of int64 or uint8, or "
            "a list of numbers ({failed} times `TypeError`); a column gives labels of shape (1,); "
            "only {works} works. With `as_tensor` {mended} of {kinds} containers do. Images as an "
            "array stop it with `{images}`.", images=got_images.type,
            line=printed.line, type=printed.type, message=printed.message, failed=4,
            works="a list of 0-d arrays", mended=sum(s == [] for s in got.values()),
            kinds=len(got))
    outcome("C060", "The first code of the section stops at line {line}: `{message}`. No line of "
            "it reads data.", line=printed.line, message=printed.message)
    assert "read" not in text and "load_data" not in text


TABLE = """
import numpy, pandas
chance = numpy.random.default_rng(0)
table = pandas.DataFrame(chance.normal(size=(100, 4)), columns=list("abcd")).round(6)
table = table.mask(chance.random((100, 4)) < 0.1)
table.loc[90] = table.loc[91] = [1.0, 2.0, 3.0, 4.0]  # two things with equal values
table.loc[92] = [1.0, 2.0, 3.0, 40.0]  # one of them again, with a typing error
table.to_csv("data.csv", index=False)
"""


def test_cleaning(outcome):
    text = trial.listing("L19").text
    printed = trial.run(text)
    assert printed.type == "FileNotFoundError" and printed.line == 4
    probe = ["len(data)", "table.isna().any(axis=1).sum()", "table.isna().to_numpy().mean()",
             "((data.a == 1) & (data.b == 2)).sum()"]
    got = trial.run(text, setup=TABLE, probe=probe)
    kept, broken, gaps, ones = (got.values[p] for p in probe)
    assert got.status == "ok" and kept == 100 - broken - 1 and broken > 20 and ones == 2
    outcome("L19", "Without the file it stops at line {line} with `{type}`. On a table of 100 rows "
            "and 4 columns with {gaps:.0f} % of the cells missing it keeps {kept} rows: {broken} "
            "have a gap. Of two things with equal values it drops one, and it keeps the double "
            "entry with a typing error.", line=printed.line, type=printed.type,
            gaps=100 * gaps, kept=kept, broken=broken)


def test_scaling(outcome):
    text = trial.listing("L20").text
    words = trial.run(text, setup="import pandas\ndata = pandas.DataFrame("
                                  "{'area': [1.0, 2.0], 'zone': ['hill', 'river']})")
    assert words.type == "ValueError" and "could not convert string" in words.message
    setup = ("import pandas\ndata = pandas.DataFrame({'area': [1000.0, 2000, 3000], "
             "'price': [1500.0, 2500, 3000]})")
    got = trial.run(text, setup=setup, probe=["data_scaled[:, 1]"])
    price = got.values["data_scaled[:, 1]"]
    assert [price[0], price[2]] == [0.0, 1.0]
    outcome("L20", "With a column of text it stops at line {line} with `{type}: {message}`. With "
            "numbers it runs, and scales the label too: prices of 1500, 2500 and 3000 become "
            "{price}.", line=words.line, type=words.type, message=words.message,
            price=[round(p, 4) for p in price])
    outside, inside, beyond = [], [], []
    x, y = raw_diabetes()
    for seed in range(10):
        rows = np.random.default_rng(seed).permutation(len(x))[:40]
        a, b = x[rows], y[rows]
        way = {"cv": KFold(5, shuffle=True, random_state=seed), "scoring": "r2"}
        outside.append(cross_val_score(Ridge(), MinMaxScaler().fit_transform(a), b, **way).mean())
        inside.append(cross_val_score(make_pipeline(MinMaxScaler(), Ridge()), a, b, **way).mean())
        test = MinMaxScaler().fit(a[:20]).transform(a[20:])
        beyond.append(((test < 0) | (test > 1)).mean())
    difference = np.subtract(outside, inside)
    assert np.abs(difference).mean() < 0.1 * np.std(inside) and min(beyond) > 0
    outcome("C097", "On 40 patients of the diabetes table the mean R² of ridge regression over "
            "10 draws is {outside:.3f} scaled outside and {inside:.3f} scaled inside the folds, "
            "with a spread of {spread:.2f}: this leak is too small to see. Yet it hides that "
            "{beyond:.0f} % of unseen values lie outside the range of the training rows. The leak "
            "of C046 is of another size.", rel=dict.fromkeys(("outside", "inside"), 1e-4),
            outside=np.mean(outside), inside=np.mean(inside), spread=np.std(inside),
            beyond=100 * np.mean(beyond))


def raw_diabetes():
    table = data.load("diabetes")
    return (torch.cat([table.x_train, table.x_test]).numpy(),
            torch.cat([table.y_train, table.y_test]).numpy())


def test_correlation(outcome):
    x, _ = raw_diabetes()
    x = x.astype(float)
    before = np.corrcoef(x.T)
    after = np.corrcoef(MinMaxScaler().fit_transform(x).T)
    assert np.abs(before - after).max() < 1e-12
    high = np.abs(before - np.eye(10)).max()
    values, vectors = np.linalg.eigh(np.cov(x.T))
    white = (x - x.mean(0)) @ vectors / np.sqrt(values)
    assert np.abs(np.corrcoef(white.T) - np.eye(10)).max() < 1e-9 < 0.5 < high
    outcome("C098", "On the ten columns of the diabetes table the largest correlation is "
            "{high:.4f} before min–max scaling and {same:.4f} after it. Whitening brings it to 0.",
            high=high, same=np.abs(after - np.eye(10)).max())


FOLDER = trial.KERAS + """
import numpy
from PIL import Image
for name in ("preprocessing", "preprocessing.image"):
    sys.modules[f"tensorflow.keras.{name}"] = importlib.import_module(f"{keras.__name__}.{name}")
for kind in ("cat", "dog"):
    os.makedirs(f"data/{kind}")
    for i in range(2):
        pixels = numpy.full((160, 150, 3), 200, dtype=numpy.uint8)
        Image.fromarray(pixels).save(f"data/{kind}/{i}.png")
"""


def test_generator(outcome):
    text = trial.listing("L21").text
    kept = "[n for n, v in list(globals().items()) if type(v).__name__ == 'DirectoryIterator']"
    probe = [kept, "datagen.horizontal_flip", "type(datagen).__module__",
             "(lambda b: [list(b.shape), float(b.max())])(next(datagen.flow_from_directory("
             "'data', target_size=(150, 150), batch_size=32))[0])"]
    got = trial.run(text, setup=FOLDER, probe=probe, timeout=300)  # Keras starts slowly
    names, flips, module, (shape, top) = (got.values[p] for p in probe)
    assert got.status == "ok" and names == [] and flips is True and "legacy" in module
    assert shape == [4, 150, 150, 3] and top == 200  # no rescaling
    outcome("L21", "Run with Keras on PyTorch and four images in two folders, it prints `{found}` "
            "and keeps the iterator under {names} names. Batches have the shape {shape}, their "
            "largest pixel is {top:.0f}, as in the files; the class now lives in `{module}`.",
            found=got.stdout.split("\n")[0], names=len(names), shape=str(shape), top=top,
            module=module)


def network(seed, inputs, width, lr):
    chance = torch.Generator().manual_seed(seed)
    net = models.MLP((inputs, width, 10), generator=chance)
    return chance, net, torch.optim.Adam(net.parameters(), lr=lr, fused=True)


def step(net, optimizer, x, y):
    optimizer.zero_grad()
    F.cross_entropy(net(x), y).backward()
    optimizer.step()


def accuracy(net, x, y):
    with torch.inference_mode():
        return (net(x).argmax(1) == y).float().mean().item()


def test_pixels(outcome):
    d = data.load("mnist-sample")
    first, after = {1: [], 255: []}, {1: [], 255: []}
    for seed in range(5):
        for scale in first:
            chance, net, optimizer = network(seed, 784, 256, 1e-3)  # the network of L13
            with torch.inference_mode():
                first[scale].append(F.cross_entropy(net(scale * d.x_test), d.y_test).item())
            for x, y in data.batches(d.x_train, d.y_train, 64, generator=chance):
                step(net, optimizer, scale * x, y)
            after[scale].append(accuracy(net, scale * d.x_test, d.y_test))
    assert min(first[255]) > 5 * np.log(10) and np.allclose(first[1], np.log(10), atol=0.1)
    outcome("C061", "With the document's network and optimiser on a sample of MNIST, 5 seeds: the "
            "loss before training is {scaled:.2f} with pixels to 1 (log 10 = {log:.2f}) and "
            "{low:.0f} to {high:.0f} with pixels to 255. After one epoch the accuracies are "
            "{a:.2f} to {b:.2f} and {c:.2f} to {d:.2f}.",
            rel=dict.fromkeys("abcd", 0.03), scaled=np.mean(first[1]), log=np.log(10),
            low=min(first[255]), high=max(first[255]), a=min(after[1]), b=max(after[1]),
            c=min(after[255]), d=max(after[255]))


def warp(images, chance, flip):
    """Turn by up to 15 degrees, shift by up to a pixel of 14, and mirror half of them."""
    u = 2 * torch.rand(4, len(images), generator=chance) - 1
    a, side = np.deg2rad(15) * u[0], torch.sign(u[3]) if flip else torch.ones(len(images))
    rows = [side * a.cos(), -a.sin(), u[1] / 7, side * a.sin(), a.cos(), u[2] / 7]
    grid = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), images.shape, align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


def test_flips(outcome):
    d = data.load("mnist-sample")
    x_train, x_test = (F.avg_pool2d(x, 2) for x in (d.x_train, d.x_test))
    ways = {"none": None, "kept": lambda x, c: warp(x, c, False),
            "flips": lambda x, c: warp(x, c, True)}
    found = {way: [] for way in ways}
    for seed in range(5):
        for way, change in ways.items():
            chance, net, optimizer = network(seed, 196, 64, 3e-3)
            mine = torch.randperm(len(x_train), generator=chance)[:100]
            rows = mine[torch.randint(100, (300 * 50,), generator=chance)]
            x = change(x_train[rows], chance) if change else x_train[rows]
            for batch in zip(x.split(50), d.y_train[rows].split(50), strict=True):
                step(net, optimizer, *batch)
            found[way].append(accuracy(net, x_test, d.y_test))
    none, kept, flips = (np.array(found[way]) for way in ways)
    assert (kept > none).all() and (flips < kept - 0.02).all()
    outcome("C099", "100 digits, 5 seeds, the same number of updates: mean accuracy {none:.3f} "
            "without augmentation, {kept:.3f} with small turns and shifts, {flips:.3f} with "
            "horizontal flips as well.", rel=dict.fromkeys(("none", "kept", "flips"), 0.02),
            none=none.mean(), kept=kept.mean(), flips=flips.mean())


def test_leak(outcome):
    outside, inside = [], []
    for seed in range(10):
        x, y = np.random.default_rng(seed).normal(size=(100, 2000)), np.tile([0, 1], 50)
        chosen = SelectKBest(f_classif, k=20).fit_transform(x, y)
        outside.append(cross_val_score(LogisticRegression(), chosen, y).mean())
        fair = make_pipeline(SelectKBest(f_classif, k=20), LogisticRegression())
        inside.append(cross_val_score(fair, x, y).mean())
    private, blurred = np.random.default_rng(0), []
    for seed in range(5):  # ten real columns, and noise on every cell, as for privacy
        x = np.random.default_rng(seed).normal(size=(100, 2000))
        x[:, :10] += y[:, None]
        gaps = []
        for table in (x, x + 2 * private.normal(size=x.shape)):
            chosen = SelectKBest(f_classif, k=20).fit_transform(table, y)
            gaps.append(cross_val_score(LogisticRegression(), chosen, y).mean()
                        - cross_val_score(fair, table, y).mean())
        blurred.append(gaps)
    assert min(outside) > max(inside) + 0.1 and abs(np.mean(inside) - 0.5) < 0.1
    assert min(noisy - plain for plain, noisy in blurred) > 0.05
    plain, noisy = np.mean(blurred, axis=0)
    outcome("C046", "On pure noise (100 rows, 2,000 columns, 10 draws) 5-fold accuracy is "
            "{outside:.2f} with the columns selected outside the folds and {inside:.2f} with the "
            "selection inside. With ten real columns (5 draws) the first is {plain:.2f} above the "
            "second; with noise on every cell besides, as for privacy, {noisy:.2f}.",
            rel={"outside": 0.02, "inside": 0.02, "plain": 0.1, "noisy": 0.1},
            outside=np.mean(outside), inside=np.mean(inside), plain=plain, noisy=noisy)


def test_imbalance(outcome):
    d = data.load("digits")
    x = torch.cat([d.x_train, d.x_test]).flatten(1).numpy()
    eight, c, found = torch.cat([d.y_train, d.y_test]).numpy() == 8, 20, {}

    def fit(rows, **options):
        return LogisticRegression(max_iter=2000, **options).fit(x[rows], eight[rows])

    for seed in range(5):
        chance = np.random.default_rng(seed)
        yes, no = (chance.permutation(np.flatnonzero(e)) for e in (eight, ~eight))
        half = len(no) // 2
        few, test = half // 50, np.r_[yes[half // 50:], no[half:]]
        true = eight[test]
        weight = np.where(true, (len(no) - half) / 50 / (len(yes) - few), 1.0)
        weight /= weight.sum()
        plain = fit(np.r_[yes[:few], no[:half]])
        fits = {"plain": plain, "over": fit(np.r_[np.tile(yes[:few], c), no[:half]]),
                "weights": fit(np.r_[yes[:few], no[:half]], class_weight={True: c, False: 1}),
                "under": fit(np.r_[yes[:few], no[:half // c]]), "threshold": plain}
        assert np.allclose(fits["over"].coef_, fits["weights"].coef_, atol=0.02)
        for name, model in fits.items():
            p = model.predict_proba(x[test])[:, 1]
            called = p > (1 / (1 + c) if name == "threshold" else 0.5)
            missed, alarms = weight[true & ~called].sum(), weight[~true & called].sum()
            found.setdefault(name, []).append(
                (1 - missed - alarms, 1000 * (c * missed + alarms),
                 average_precision_score(true, p, sample_weight=weight)))
    means = {name: np.mean(rows, axis=0) for name, rows in found.items()}
    assert max(means, key=lambda n: means[n][0]) == "plain" == max(means, key=lambda n: means[n][1])
    for name in ("over", "weights", "under", "threshold"):
        assert all(a[1] > b[1] for a, b in zip(found["plain"], found[name], strict=True))
    assert means["under"][2] < means["weights"][2] - 0.05
    outcome("C041", "Eights against the rest, 1 to 50: always answering no has an accuracy of "
            "{never:.3f} and finds none; the untouched model has {plain:.3f}, the best of all, and "
            "the highest cost.", rel={"plain": 0.01}, never=50 / 51, plain=means["plain"][0])
    outcome("C160", "With a missed eight as dear as {c} false alarms, the cost of 1,000 decisions "
            "is {plain:.0f} untouched, {weights:.0f} with weights, {over:.0f} oversampled (the "
            "same coefficients), {under:.0f} undersampled and {threshold:.0f} by the threshold; "
            "average precision {ap_weights:.2f} with weights, {ap_under:.2f} undersampled.",
            rel=dict.fromkeys((*means, "ap_weights", "ap_under"), 0.05), c=c,
            **{name: values[1] for name, values in means.items()},
            ap_weights=means["weights"][2], ap_under=means["under"][2])
