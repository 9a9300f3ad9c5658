"""Sizes and times, with their spread."""

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from labkit.device import synchronize


@dataclass(frozen=True)
class Spread:
    """A median and the interval that covers the true one with the level that was asked for."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.4g} [{self.low:.4g}, {self.high:.4g}]"


def parameters(model: nn.Module) -> int:
    """The number of the model's parameters; one that is shared by two layers counts once."""
    return sum(p.numel() for p in model.parameters())


def size_on_disk(model: nn.Module) -> int:
    """Bytes of the file `torch.save(model.state_dict(), "model.pt")`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.pt"
        torch.save(model.state_dict(), path)
        return path.stat().st_size


def interleaved(runs: Mapping[str, Callable[[], object]], repeats: int = 20, warmup: int = 2, *,
                device: torch.device | str = "cpu",
                clock: Callable[[], float] = time.perf_counter) -> dict[str, list[float]]:
    """Seconds of each run, `repeats` times each, taken in turns.

    In turns, so that whatever else the machine does meets all of them alike; each round starts
    with the next run, so that none is always first. `warmup` rounds before are not counted.
    `clock=time.process_time` gives CPU seconds. Raises ValueError for repeats below 1.
    """
    if repeats < 1 or warmup < 0:
        raise ValueError(f"repeats is {repeats} and warmup {warmup}; "
                         "they must be at least 1 and 0")
    names, seconds = list(runs), {name: [] for name in runs}
    for turn in range(-warmup, repeats):
        first = turn % max(len(names), 1)
        for name in names[first:] + names[:first]:
            taken = _timed(runs[name], device, clock)
            if turn >= 0:
                seconds[name].append(taken)
    return seconds


def latency(run: Callable[[], object], repeats: int = 50, warmup: int = 5, *,
            device: torch.device | str = "cpu", level: float = 0.95) -> Spread:
    """Median seconds of one call of `run`, with its interval."""
    return spread(interleaved({"run": run}, repeats, warmup, device=device)["run"], level)


def ratio(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Spread:
    """How many times as long `a` takes as `b`: the median of a[i] / b[i], with its interval.

    Pairs, because the two runs of one round met the same machine. Raises ValueError for lists of
    unequal length or too few pairs for the level (6 for 0.95).
    """
    if len(a) != len(b):
        raise ValueError(f"{len(a)} times against {len(b)}; ratio compares pairs, so take both "
                         "from one call of interleaved")
    return spread([x / y for x, y in zip(a, b, strict=True)], level)


def spread(values: Sequence[float], level: float = 0.95) -> Spread:
    """The median of `values`, and two of them that enclose the true median at `level` or above.

    Each value is above the true median with chance 1/2, whatever the distribution; so the interval
    from the k-th lowest to the k-th highest misses it with chance 2 P(Binomial(n, 1/2) < k).
    Raises ValueError when no k reaches the level. Source: Conover, "Practical Nonparametric
    Statistics", 3rd edition, section 3.2.
    """
    count, ordered = len(values), sorted(values)
    missed, k = 0.0, 0
    while k < count and missed + 2 * math.comb(count, k) / 2**count <= 1 - level:
        missed += 2 * math.comb(count, k) / 2**count
        k += 1
    if k == 0:
        raise ValueError(f"{count} values are too few for an interval at level {level}; take "
                         f"at least {1 + math.ceil(math.log2(1 / (1 - level)) - 1e-9)}")
    return Spread(statistics.median(ordered), ordered[k - 1], ordered[count - k])


def _timed(run: Callable[[], object], device: torch.device | str,
           clock: Callable[[], float]) -> float:
    """Seconds of one call; a GPU is waited for before and after, since calls only queue work."""
    synchronize(device)
    start = clock()
    run()
    synchronize(device)
    return clock() - start
