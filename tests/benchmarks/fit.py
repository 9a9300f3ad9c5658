"""What `fit` costs over a loop by hand, and over two usual ways of feeding one.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.fit

One epoch each of the MNIST sample, in turns in one process: `fit`; the same arithmetic by hand
over the same in-memory batches; a DataLoader over a TensorDataset; a DataLoader over a Dataset
whose __getitem__ normalizes one sample. CPU seconds count (other work on the machine moves them
less than wall time); a ratio is the median over rounds, with a 95 % interval.
"""

import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, TensorDataset

from labkit import data, measure, models, train

BATCH = 64
NAMES = ("fit", "hand-written loop", "DataLoader, TensorDataset", "DataLoader, own Dataset")
# images, rounds of all four, further rounds of the first two: some 30 CPU s for each network
SIZES = {"mlp": (4000, 7, 80), "cnn": (1000, 7, 30)}


class Normalizing(Dataset):
    """Samples kept as bytes, made into floats one at a time, as tutorials do it."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = (x * 255).round().to(torch.uint8), y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        return self.x[row].float() / 255, self.y[row]


def network(name: str) -> nn.Module:
    """A fresh network, the same at every call."""
    generator = torch.Generator().manual_seed(0)
    if name == "mlp":
        return models.LeNet300100(generator=generator)
    return models.SmallCNN(generator=generator)


def ways(name: str, x: Tensor, y: Tensor) -> dict[str, Callable[[], object]]:
    """The four ways to train one epoch; each has its own network, optimiser and generator."""
    def by_hand(draw: Callable[[torch.Generator], Iterable]) -> Callable[[], float]:
        model, generator = network(name), torch.Generator().manual_seed(0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

        def epoch() -> float:
            model.train()
            total = torch.zeros(())
            for xb, yb in draw(generator):
                optimizer.zero_grad()
                loss = F.cross_entropy(model(xb), yb)
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(xb)
            return float(total) / len(x)
        return epoch

    def fitted() -> Callable[[], train.History]:
        model, generator = network(name), torch.Generator().manual_seed(0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        return lambda: train.fit(model, x, y, loss=F.cross_entropy, optimizer=optimizer, epochs=1,
                                 batch_size=BATCH, generator=generator)

    def loader(dataset: Dataset) -> Callable[[torch.Generator], Iterable]:
        return lambda generator: DataLoader(dataset, BATCH, shuffle=True, generator=generator)
    return dict(zip(NAMES, (
        fitted(), by_hand(lambda generator: data.batches(x, y, BATCH, generator=generator)),
        by_hand(loader(TensorDataset(x, y))), by_hand(loader(Normalizing(x, y)))), strict=True))


def both_clocks(runs: dict[str, Callable[[], object]], repeats: int
                ) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """CPU and wall seconds of the same calls."""
    warmup = 2
    wall: dict[str, list[float]] = {name: [] for name in runs}

    def watched(name: str) -> None:
        start = time.perf_counter()
        runs[name]()
        wall[name].append(time.perf_counter() - start)
    cpu = measure.interleaved({name: lambda name=name: watched(name) for name in runs}, repeats,
                              warmup, clock=time.process_time)
    return cpu, {name: seconds[warmup:] for name, seconds in wall.items()}


def compare(name: str) -> measure.Spread:
    """Print the table of one network; return the ratio of `fit` to the loop by hand, CPU time."""
    images, rounds, more = SIZES[name]
    sample = data.load("mnist-sample")
    runs = ways(name, sample.x_train[:images], sample.y_train[:images])
    cpu, wall = both_clocks(runs, rounds)
    close_cpu, close_wall = both_clocks({k: runs[k] for k in NAMES[:2]}, more)
    print(f"\n{name}: one epoch of {images} images in batches of {BATCH}, "
          f"{torch.get_num_threads()} threads")
    print(f"{'':28}{'CPU s':>8}{'wall s':>8}  {'fit over it, CPU':24}{'fit over it, wall':24}")
    for way in NAMES:
        pair = (close_cpu, close_wall) if way in NAMES[:2] else (cpu, wall)
        seconds = [measure.spread(clock[way]).median for clock in pair]
        ratios = [measure.ratio(clock["fit"], clock[way]) for clock in pair]
        print(f"{way:28}{seconds[0]:8.3f}{seconds[1]:8.3f}  {ratios[0]!s:24}{ratios[1]!s:24}")
    return measure.ratio(close_cpu["fit"], close_cpu[NAMES[1]])


def main() -> dict[str, measure.Spread]:
    """Print both tables and the line that the budget reads."""
    found = {name: compare(name) for name in SIZES}
    line = " ".join(f"{k} {r.median:.3f}x [{r.low:.3f}, {r.high:.3f}]" for k, r in found.items())
    print(f"\nfit over hand-written loop: {line}")
    return found


if __name__ == "__main__":
    main()
