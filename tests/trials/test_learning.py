"""The documents on trial: learning from data.

Each test holds what a document prints to its recorded outcome, and the correction to the truth.
The ids that a test serves are in book/_data/errata/learning.yml.
"""

import functools
import itertools
import re

import numpy as np
import pytest
import torch
from scipy.stats import binom
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, precision_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import BernoulliRBM
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from labkit import data, models

ENTROPY = nn.functional.cross_entropy


@functools.cache
def digits():
    """Training and test images as rows, with their labels."""
    found = data.load("digits")
    return found.x_train.flatten(1), found.y_train, found.x_test.flatten(1), found.y_test


def small_set(seed, redrawn=0.3, size=100):
    """`size` training digits, some labels drawn anew; the other training digits, true labels."""
    x, y, *_ = digits()
    chance = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(x), generator=chance)
    rows, rest = order[:size], order[size:]
    labels = y[rows].clone()
    redraw = torch.rand(size, generator=chance) < redrawn
    labels[redraw] = torch.randint(10, (int(redraw.sum()),), generator=chance)
    return x[rows], labels, x[rest], y[rest], chance


def train(net, x, y, steps, rate=0.005, watch=lambda: None):
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        ENTROPY(net(x), y).backward()
        optimizer.step()
        watch()


@torch.no_grad()
def right(net, x, y):
    return (net(x).argmax(1) == y).double().mean().item()


def spikes(current, leak=0.9):
    """A leaky integrate-and-fire neuron: it adds up, leaks, fires at 1 and starts anew."""
    charge, fired = 0.0, []
    for push in current:
        charge = leak * charge + push
        fired.append(charge >= 1)
        charge = 0.0 if fired[-1] else charge
    return fired


def test_brain(outcome):
    lone, pair = [0, 0, 0, 0, 0.7], [0, 0, 0, 0.7, 0.7]
    assert not spikes(lone)[-1] and spikes(pair)[-1]  # the same push, another past
    train_of = spikes([0.3] * 100)
    unit = models.MLP((1, 4, 1), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        alone, after = (unit(torch.tensor(c)[:, None])[-1].item() for c in (lone, pair))
        first, _, last = list(unit)[1:]
        x = torch.randn(50, 1, generator=torch.Generator().manual_seed(1))
        matrix = torch.relu(x @ first.weight.T + first.bias) @ last.weight.T + last.bias
        torch.testing.assert_close(unit(x), matrix)  # it is two matrices and a maximum
        turned = models.MLP((1, 4, 1))
        order = torch.tensor([2, 0, 3, 1])
        turned[1].weight.copy_(first.weight[order])
        turned[1].bias.copy_(first.bias[order])
        turned[3].weight.copy_(last.weight[:, order])
        turned[3].bias.copy_(last.bias)
        torch.testing.assert_close(turned(x), unit(x))  # where a unit stands means nothing
    assert alone == after
    outcome("C022", "A simple model of a nerve cell that adds up, leaks and fires turns a constant "
            "current into {spikes} spikes in 100 steps, and answers the same pulse with or without "
            "a spike, depending on the pulse before. A unit of a network has neither time nor "
            "past: it gives the same number both times, {paths} matrix products with a maximum "
            "between them give the same as the whole network, and so does any order of its hidden "
            "units.", spikes=sum(train_of), paths=2)


def test_cross_validation(outcome):
    gaps, scores, fresh = [], [], []
    for seed in range(5):
        x, y, x_val, y_val, _ = small_set(seed, redrawn=0)
        tree = DecisionTreeClassifier(random_state=0).fit(x, y)
        before, nodes = tree.predict(x_val), tree.tree_.node_count
        crossed = cross_val_score(tree, x, y, cv=KFold(5))
        assert (tree.predict(x_val) == before).all() and tree.tree_.node_count == nodes
        gaps.append(tree.score(x, y) - tree.score(x_val, y_val))
        scores.append(crossed.mean())
        fresh.append(tree.score(x_val, y_val))
    assert min(gaps) > 0.2 and abs(np.mean(scores) - np.mean(fresh)) < 0.1
    outcome("C038", "Decision trees on 100 digits, 5 seeds: training accuracy exceeds that on new "
            "digits by {least:.2f} to {most:.2f}. "
            "After five-fold cross-validation every answer and every node of each tree is what it "
            "was. What it gives is a measurement: {score:.2f} on average, where new digits give "
            "{fresh:.2f}.", rel={"least": 0.1, "most": 0.1, "score": 0.1, "fresh": 0.1},
            least=min(gaps), most=max(gaps), score=np.mean(scores), fresh=np.mean(fresh))


def fitted(sizes, seeds=5, steps=100):
    """Accuracy on the training and on new digits of networks of these sizes, a row a seed."""
    rows = []
    for seed in range(seeds):
        x, y, *_, chance = small_set(seed)
        *_, x_new, y_new = digits()
        net = models.MLP(sizes, generator=chance)
        train(net, x, y, steps)
        rows.append((right(net, x, y), right(net, x_new, y_new)))
    return np.array(rows).T


def test_width_and_depth(outcome):
    narrow, wide = fitted((64, 16, 10)), fitted((64, 256, 10))
    deep = fitted((64, *[64] * 4, 10))
    shallow = fitted((64, 64, 10))
    assert wide[0].mean() > narrow[0].mean() + 0.02  # more of the noise is fitted
    loss = shallow[1] - deep[1]
    assert deep[0].mean() > 0.9 and loss.mean() > 2 * loss.std() / 5**0.5
    assert wide[1].mean() < narrow[1].mean() + 0.01
    outcome("C039", "100 digits, 3 in 10 with a label drawn anew, 100 steps, 5 seeds. One hidden "
            "layer of 16 or of 256 units: training accuracy {narrow_fit:.2f} or {wide_fit:.2f}, "
            "on new digits {narrow:.2f} or {wide:.2f}. One or four hidden layers of 64: on new "
            "digits {shallow:.2f} or {deep:.2f}; the deeper network is worse, over the seeds "
            "by {least:.2f} to {most:.2f}.",
            rel={n: 0.05 for n in ("narrow_fit", "wide_fit", "narrow", "wide", "shallow", "deep")}
            | {"least": 0.5, "most": 0.3},
            narrow_fit=narrow[0].mean(), wide_fit=wide[0].mean(), narrow=narrow[1].mean(),
            wide=wide[1].mean(), shallow=shallow[1].mean(), deep=deep[1].mean(),
            least=loss.min(), most=loss.max())


def test_number_of_parameters(outcome):
    sizes, found = (10, 40, 100, 400, 1600), []
    x_all, _, x_new, y_new = digits()
    for seed in range(5):
        x, y, *_, chance = small_set(seed, redrawn=0.2)
        weight = torch.randn(64, sizes[-1], generator=chance, dtype=torch.float64)
        seen, new = (torch.relu((a - x_all.mean()).double() @ weight) for a in (x, x_new))
        target = nn.functional.one_hot(y, 10).double()
        found.append([((new[:, :n] @ torch.linalg.pinv(seen[:, :n]) @ target).argmax(1) != y_new)
                      .double().mean().item() for n in sizes])
    found = np.array(found)
    start, dip, peak, _, end = found.T
    assert (dip < start - 0.05).all() and (peak > dip + 0.2).all() and (end < dip - 0.03).all()
    outcome("C057", "Least squares on N random features of 100 digits, 2 in 10 with a label drawn "
            "anew, 5 seeds; the mean error on new digits is {start:.2f} for N = 10, {dip:.2f} for "
            "40, {peak:.2f} for 100 and {end:.2f} for 1600: more parameters help, harm, and help "
            "again, with every seed.",
            rel={n: 0.05 for n in ("start", "dip", "peak", "end")},
            start=start.mean(), dip=dip.mean(), peak=peak.mean(), end=end.mean())


def test_best_of_a_hundred(outcome):
    chance = np.random.default_rng(0)
    scores = chance.binomial(200, 0.5, (2, 2000, 100)) / 200
    chosen = scores[0].argmax(1)
    later = scores[1][np.arange(2000), chosen]
    theory = 1 - (binom.cdf(np.arange(200), 200, 0.5) ** 100).sum() / 200
    assert scores[0].max(1).mean() == pytest.approx(theory, abs=0.002)
    assert later.mean() == pytest.approx(0.5, abs=0.005)
    outcome("C055", "A hundred models that only guess, judged on one test set of 200 examples of "
            "two classes: over 2,000 such contests the best scores {best:.3f} on average "
            "({theory:.3f} by the formula), from {low:.3f} to {high:.3f}. On 200 new examples "
            "the chosen ones score {later:.3f}.",
            best=scores[0].max(1).mean(), theory=theory, low=scores[0].max(1).min(),
            high=scores[0].max(1).max(), later=later.mean())


def test_best_epoch(outcome):
    *_, x_new, y_new = digits()
    excess, best = [], []
    for seed in range(12):
        x, y, *_, chance = small_set(seed)
        order = torch.randperm(len(x_new), generator=chance)
        test, fresh = order[:60], order[60:]
        net, seen = models.MLP((64, 32, 10), generator=chance), []
        train(net, x, y, 100, 0.01, lambda: seen.append(  # noqa: B023
            [right(net, x_new[rows], y_new[rows]) for rows in (test, fresh)]))  # noqa: B023
        seen = np.array(seen)
        pick = seen[:, 0].argmax()
        best.append(seen[pick, 0])
        excess.append(seen[pick, 0] - seen[pick, 1] - (seen[:, 0] - seen[:, 1]).mean())
    assert np.mean(excess) > 2 * np.std(excess) / np.sqrt(len(excess))
    outcome("C062", "Networks on 100 noisy digits, tested after each of 100 steps on 60 digits, 12 "
            "seeds. At the step with the best test score ({best:.3f} on average) that score is too "
            "high by {excess:.3f} more than at the average step, as digits that took no part in "
            "the choice show.", rel={"best": 0.03, "excess": 0.5},
            best=np.mean(best), excess=np.mean(excess))


def test_accuracy_is_not_precision(outcome):
    x, y, x_new, y_new = (part.numpy() for part in digits())
    model = LogisticRegression(max_iter=3000).fit(x[:300], y[:300] == 8)
    said, truth = model.predict(x_new), y_new == 8
    counted = (said == truth).sum() / len(truth)  # what the listing of section 5.2 computes
    assert counted == accuracy_score(truth, said)
    precision = precision_score(truth, said)
    assert abs(precision - counted) > 0.01
    never = np.zeros_like(truth)
    lazy = (never == truth).mean()
    assert lazy > 0.85 and precision_score(truth, never, zero_division=0) == 0
    outcome("C072", "Is it an 8? For a logistic regression what the code counts is {counted:.3f}, "
            "scikit-learn's accuracy; its precision is {precision:.3f}. For a model that "
            "always says no the count is {lazy:.3f} and the precision {none}.",
            rel={"counted": 0.01, "precision": 0.05},
            counted=counted, precision=precision, lazy=lazy, none=0)


def test_overfitting(outcome):
    turns, before, ratio, falls, drop = [], [], [], [], []
    for seed in range(5):
        x, y, x_val, y_val, chance = small_set(seed)
        net, seen = models.MLP((64, 64, 10), generator=chance), []

        @torch.no_grad()
        def watch(net=net, seen=seen, x=x, y=y, x_val=x_val, y_val=y_val):
            seen.append([ENTROPY(net(x), y).item(), ENTROPY(net(x_val), y_val).item(),
                         right(net, x_val, y_val)])
        train(net, x, y, 150, watch=watch)
        loss, val, hit = np.array(seen).T
        turn = val.argmin()
        turns.append(int(turn) + 1)
        before.append(val[turn] / val[0])
        ratio.append(val[-1] / val[turn])
        falls.append(loss[-1] / loss[turn])
        drop.append(hit[turn] - hit[-1])
    assert max(before) < 0.7 and min(ratio) > 1.2 and max(falls) < 0.2 and min(drop) > 0.02
    outcome("C089", "A network of 64 hidden units (the page has 128), 100 digits, 3 in 10 with a "
            "label drawn anew, 5 seeds. Until step {first} to {last} the validation loss falls as "
            "the training loss does; then it rises, by step 150 to {low:.1f} to {high:.1f} times "
            "its minimum, while the training loss falls below {share:.2f} of what it was there. "
            "This closer fit costs {least:.2f} to {most:.2f} of accuracy on new digits.",
            rel={"first": 0.2, "last": 0.2, "low": 0.1, "high": 0.1, "share": 0.3, "least": 0.4,
                 "most": 0.2},
            first=min(turns), last=max(turns), low=min(ratio), high=max(ratio), share=max(falls),
            least=min(drop), most=max(drop))


INPUTS = list(itertools.product((0, 1), repeat=2))


def unit(weights, x):
    """A threshold unit: weights and, last, minus the threshold."""
    return int(weights[0] * x[0] + weights[1] * x[1] + weights[2] > 0)


def test_first_networks(outcome):
    settings = list(itertools.product((-2, -1, 0, 1, 2), (-2, -1, 0, 1, 2),
                                      (-1.5, -0.5, 0.5, 1.5)))
    single = {tuple(unit(w, x) for x in INPUTS) for w in settings}
    functions = set(itertools.product((0, 1), repeat=4))
    missing = functions - single
    assert len(single) == 14 and missing == {(0, 1, 1, 0), (1, 0, 0, 1)}
    for target, last in (((0, 1, 1, 0), (1, -1, -0.5)), ((1, 0, 0, 1), (-1, 1, 0.5))):
        layer = [(unit((1, 1, -0.5), x), unit((1, 1, -1.5), x)) for x in INPUTS]  # or, and
        assert tuple(unit(last, h) for h in layer) == target
    learned = 0
    for target in functions:  # Rosenblatt's rule: correct the weights after each mistake
        w = np.zeros(3)
        for _ in range(50):
            for x, t in zip(INPUTS, target, strict=True):
                w += (t - unit(w, x)) * np.array([*x, 1])
        learned += tuple(unit(w, x) for x in INPUTS) == target
    assert learned == len(single)
    outcome("C092", "Threshold units as McCulloch and Pitts drew them, with weights set by hand, "
            "compute {single} of the {all} functions of two inputs alone and the other {rest} in "
            "two layers: a model of computation, of {first}. Rosenblatt's rule of {second} learns "
            "{learned} of them from examples. The same section of the document says the "
            "nineteen-forties, too.", single=len(single), all=16, rest=len(missing),
            learned=learned, first=year("mcculloch1943"), second=year("rosenblatt1958"))


def year(key):
    """Year of an entry of the bibliography."""
    from tests.trials.conftest import BOOK
    text = (BOOK.parent / "references.bib").read_text(encoding="utf-8")
    return re.search(rf"@\w+\{{{key},.*?\byear\s*=\s*\{{(\d+)\}}", text, re.S)[1]


def test_imagenet(outcome):
    with torch.device("meta"):
        layers = [nn.Conv2d(3, 96, 11), nn.Conv2d(96, 256, 5, groups=2), nn.Conv2d(256, 384, 3),
                  nn.Conv2d(384, 384, 3, groups=2), nn.Conv2d(384, 256, 3, groups=2),
                  nn.Linear(256 * 6 * 6, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)]
    count = sum(p.numel() for layer in layers for p in layer.parameters())
    assert round(count / 1e6) in (60, 61)  # "60 million parameters", says the paper
    published, won = int(year("deng2009")), int(year("krizhevsky2012"))
    assert published == 2009 and won - published == 3
    outcome("C093", "{data} is the year of the paper on the data set. The network with which "
            "Krizhevsky, Sutskever and Hinton won the competition is in their paper of {won}; "
            "rebuilt from it, its five convolutions and three full layers have {count:,} "
            "parameters, the paper's 60 million.", data=published, won=won, count=count)


def test_deep_belief(outcome):
    x, y, x_new, y_new = (part.numpy() for part in digits())
    below, below_new, gains = x, x_new, []
    for _ in range(2):
        blank = BernoulliRBM(48, learning_rate=0.05, n_iter=1, random_state=0).fit(below[:10])
        layer = BernoulliRBM(48, learning_rate=0.05, n_iter=15, random_state=0).fit(below)
        gains.append([m.score_samples(below_new).mean() for m in (blank, layer)])
        assert gains[-1][1] > gains[-1][0] + 3
        below, below_new = layer.transform(below), layer.transform(below_new)
    top = LogisticRegression(max_iter=2000).fit(below, y).score(below_new, y_new)
    assert top > 0.6
    outcome("C094", "Two layers of a deep belief network, trained one after the other on digits "
            "without labels: the log of the pseudo-likelihood of new digits rises from {a:.0f} to "
            "{b:.0f} in the first and from {c:.0f} to {d:.0f} in the second. A linear classifier "
            "on the {units} units at the top is right for {top:.0%} of new digits.",
            rel={"a": 0.1, "b": 0.1, "c": 0.1, "d": 0.1, "top": 0.05},
            a=gains[0][0], b=gains[0][1], c=gains[1][0], d=gains[1][1], units=48, top=top)


def pieces(line):
    return 1 + int((line.diff().diff().abs() > 1e-9).sum())


def test_depth(outcome):
    t = torch.linspace(0, 1, 2**12 + 1, dtype=torch.float64)
    deep = t
    for _ in range(6):  # layers of two units
        deep = 2 * torch.relu(deep) - 4 * torch.relu(deep - 0.5)
    chance, wide = torch.Generator().manual_seed(0), []
    for _ in range(20):
        bends = torch.randperm(2**11 - 1, generator=chance)[:12].double() / 2**11 + 2**-11
        weight = torch.randn(12, generator=chance, dtype=torch.float64)
        wide.append(pieces(torch.relu(t[:, None] - bends) @ weight))
    assert pieces(deep) == 64 and max(wide) == 13
    outcome("C095", "Twelve hidden units, one input: in six layers of two they make a line of "
            "{deep} straight pieces, in one hidden layer at most {wide} (20 random draws). Both "
            "have hidden layers; what differs is the depth.", deep=pieces(deep), wide=max(wide))


# The documents' seven charts as pairs of letters, in their order of printing.
CHARTS = {"D1": "AB AC BD CD", "D2": "AB AC AD AE AF AG BH CH DH EH FH GH", "D3": "AB AC BD CD DE",
          "D4": "AB AC BD CD DE", "D5": "AB AC BD CD", "D6": "AB AC BD CD",
          "D7": "AB BC CD CE CF CG CH CI DJ EJ FJ GJ HJ IJ JK KL KM"}
D7 = {"A": "大规模文本数据", "C": "深度学习模型", "J": "模型参数更新", "K": "训练集", "L": "验证集",
      "M": "测试集"}
RIGHT = {"training set": "data", "validation set": "data", "test set": "data",
         "prediction": "training set,parameters", "loss": "prediction,training set",
         "gradient": "loss", "update": "gradient,hyper-parameters", "parameters": "update",
         "validation score": "validation set,parameters", "hyper-parameters": "validation score",
         "test score": "test set,parameters"}


def behind(thing, uses):
    """Everything that a thing depends on, directly or not."""
    found, new = set(), {thing}
    while new:
        new = {use for one in new for use in uses.get(one, [])} - found
        found |= new
    return found


def test_charts(outcome):
    charts = {}
    for id, arrows in CHARTS.items():
        charts[id] = {}
        for source, thing in arrows.split():
            charts[id].setdefault(thing, set()).add(source)
    looped = [id for id, uses in charts.items() if any(t in behind(t, uses) for t in uses)]
    assert looped == []
    assert "B" not in behind("C", charts["D3"]) and "C" in behind("D", charts["D5"])
    uses = charts["D7"]
    assert "J" in behind("K", uses) and "K" not in behind("J", uses)
    assert uses["L"] == uses["M"] == {"K"}
    good = {thing: sources.split(",") for thing, sources in RIGHT.items()}
    assert {"prediction", "loss", "gradient", "update"} <= behind("parameters", good)
    assert "training set" in behind("update", good) and "test score" not in {
        source for sources in good.values() for source in sources}
    assert behind("test set", good) == {"data"}
    outcome("D7", "Followed along its arrows, the training set depends on {before} of the other "
            "{others} boxes, the update among them, and the update on no training data; "
            "validation and test set are made from the training set. No box is a loss. None of "
            "the {charts} charts of the documents holds a loop. In the right picture the "
            "parameters depend on themselves, and nothing depends on the test score.",
            before=len(behind("K", uses)), others=len(set("".join(CHARTS["D7"].split()))) - 1,
            charts=len(CHARTS))


def test_charts_are_the_printed_ones(article):
    fences = [text for number in ("001", "002") for _, text in article(number).fences
              if text.startswith("graph")]
    drawn = [" ".join(a + b for a, b in re.findall(r"(\w)(?:\[.*?\])? --> (\w)", text))
             for text in fences]
    assert drawn == list(CHARTS.values())
    assert D7.items() <= dict(re.findall(r"(\w)\[(.*?)\]", fences[-1])).items()
    assert "损失" not in fences[-1]
    assert "B[损失函数]" in fences[2] and "C[梯度]" in fences[2]  # D3
    assert "C[学习率]" in fences[4] and "D[梯度]" in fences[4]  # D5


def test_the_section_names_the_forties(article):
    section = article("004").section("1.2")
    assert "深度学习的兴起可以追溯到20世纪40年代" in section and "从20世纪50年代开始" in section


def test_the_printed_code_counts_right_answers(article):
    section = article("002").section("5.2")
    assert "correct += (predicted == target).sum().item()" in section
    assert "print('Accuracy: %2d %%' % (100 * correct / total))" in section
    assert re.search(r"for epoch in range\(epochs\):\n    train\(epoch\)\n    test\(\)", section)

