"""`labkit.measure` against os.stat, SciPy, and clocks whose answer is known."""

import itertools
import os
import time

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from labkit import measure


def test_parameters_against_the_formula_of_a_linear_layer():
    shared = nn.Linear(7, 7)
    model = nn.Sequential(nn.Linear(5, 7), shared, shared, nn.BatchNorm1d(7))
    assert measure.parameters(model) == (5 * 7 + 7) + (7 * 7 + 7) + (7 + 7)


def test_size_on_disk_against_the_file_system(tmp_path):
    model = nn.Sequential(nn.Linear(50, 30), nn.BatchNorm1d(30))
    torch.save(model.state_dict(), tmp_path / "model.pt")
    assert measure.size_on_disk(model) == os.stat(tmp_path / "model.pt").st_size
    assert measure.size_on_disk(model) > 4 * measure.parameters(model)


def test_interleaved_takes_turns_and_counts_no_warmup():
    order, ticks = [], itertools.count()
    runs = {name: lambda name=name: order.append(name) for name in "abc"}
    seconds = measure.interleaved(runs, repeats=4, warmup=2, clock=lambda: float(next(ticks)))
    rounds = ["".join(order[i:i + 3]) for i in range(0, len(order), 3)]
    assert len(rounds) == 6 and all(sorted(r) == ["a", "b", "c"] for r in rounds)
    assert {r[0] for r in rounds[2:5]} == {"a", "b", "c"}
    assert seconds == {name: [1.0] * 4 for name in "abc"}  # two readings of this clock, one apart


def test_interleaved_measures_what_the_clock_measures():
    """A fake clock that only the runs move: 2 s for slow, 1 s for fast."""
    now = [0.0]

    def move(by: float) -> None:
        now[0] += by
    runs = {"slow": lambda: move(2.0), "fast": lambda: move(1.0)}
    seconds = measure.interleaved(runs, repeats=6, clock=lambda: now[0])
    assert measure.ratio(seconds["slow"], seconds["fast"]) == measure.Spread(2.0, 2.0, 2.0)


def test_latency_is_not_below_a_known_wait():
    assert measure.latency(lambda: time.sleep(0.002), repeats=6, warmup=0).low >= 0.002


@pytest.mark.parametrize("count", [6, 7, 12, 31, 200])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_spread_against_scipy(count, level):
    values = np.random.default_rng(count).lognormal(size=count)
    found = measure.spread(values.tolist(), level)
    # SciPy's interval is the narrowest at the level on each side, as Conover defines it
    expected = stats.quantile_test(values, q=1.0, p=0.5).confidence_interval(level)
    assert (found.low, found.high) == (expected.low, expected.high)
    assert found.median == np.median(values)


def test_ratio_is_paired_and_agrees_with_the_bootstrap():
    draw = np.random.default_rng(0)
    machine = draw.lognormal(sigma=2.0, size=80)  # what the two have in common is large
    a = machine * 1.1 * draw.normal(1, 0.05, size=80)
    b = machine * draw.normal(1, 0.05, size=80)
    found = measure.ratio(a.tolist(), b.tolist())
    bootstrap = stats.bootstrap((a / b,), np.median, rng=1).confidence_interval
    assert found.low < 1.1 < found.high and found.low > 1
    assert abs(found.low - bootstrap.low) < 0.02 and abs(found.high - bootstrap.high) < 0.02


def test_spread_covers_as_often_as_it_says():
    draws = np.random.default_rng(2).exponential(size=(2000, 15))
    hits = [s.low <= np.log(2) <= s.high for s in map(measure.spread, draws.tolist())]
    assert 0.95 - 0.015 <= np.mean(hits) <= 0.985  # binomial: 0.965 for 15 values


@pytest.mark.parametrize(("call", "words"), [
    (lambda: measure.ratio([1.0] * 7, [1.0] * 6), "pairs"),
    (lambda: measure.spread([1.0] * 5), "take at least 6"),
    (lambda: measure.spread([], 0.5), "take at least 2"),
    (lambda: measure.interleaved({}, repeats=0), "at least 1"),
])
def test_wrong_input_says_what_to_do(call, words):
    with pytest.raises(ValueError, match=words):
        call()
