"""The few networks that the chapters share.

Images come in as (B, channels, height, width) in float32; each network returns scores (logits),
(B, classes). Initial weights are drawn from the generator that is passed, in PyTorch's own
default distributions, so that the same seed gives the same weights whatever ran before; without
a generator they come from PyTorch's global one, as with any layer.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


class _Network(nn.Sequential):
    """Layers in a row that say which input they take, where PyTorch would name two matrices."""

    takes: tuple[int, ...]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The output for a batch `x`; ValueError, with the shape it takes, for another one."""
        if not self._fits(tuple(x.shape[1:])):
            raise ValueError(f"{type(self).__name__} takes a batch of shape "
                             f"(B, {', '.join(map(str, self.takes))}), got {tuple(x.shape)}")
        return super().forward(x)

    def _fits(self, shape: tuple[int, ...]) -> bool:
        return shape == self.takes


class MLP(_Network):
    """A fully connected network: (B, ...) is flattened to (B, sizes[0]) and mapped to sizes[-1].

    `sizes`: widths from input to output, at least two. `activation`: the layer class between two
    linear layers. Raises `ValueError` when a width is missing or below 1, or the input does not
    hold sizes[0] numbers an example.
    """

    def __init__(self, sizes: Sequence[int], activation: type[nn.Module] = nn.ReLU, *,
                 generator: torch.Generator | None = None) -> None:
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"sizes {list(sizes)} need an input and an output width, each >= 1")
        layers: list[nn.Module] = [nn.Flatten()]
        for width_in, width_out in pairwise(sizes):
            layers += [_linear(width_in, width_out, generator), activation()]
        super().__init__(*layers[:-1])
        self.takes = (sizes[0],)

    def _fits(self, shape: tuple[int, ...]) -> bool:
        return math.prod(shape) == self.takes[0]


class LeNet300100(MLP):
    """LeNet-300-100 for (B, 1, 28, 28): 784-300-100-10, 266,610 parameters with biases.

    ReLU between the layers. Source: LeCun et al., "Gradient-Based Learning Applied to Document
    Recognition" (1998); the count is the 267K of Han et al., "Deep Compression" (2016), table 1.
    """

    def __init__(self, *, generator: torch.Generator | None = None) -> None:
        super().__init__((784, 300, 100, 10), generator=generator)


class LeNet5(_Network):
    """LeNet-5 for (B, 1, 28, 28) in Caffe's variant: 431,080 parameters with biases.

    Convolutions 1-20-50 of 5 x 5 without padding, each followed by 2 x 2 max pooling and, as in
    Caffe's file, by no activation; then 800-500-10 with one ReLU. It is the 431K network of Han
    et al., "Deep Compression" (2016), table 1; the network of LeCun et al. (1998) is smaller.
    """

    def __init__(self, *, generator: torch.Generator | None = None) -> None:
        super().__init__(
            _conv(1, 20, 5, 0, generator), nn.MaxPool2d(2),
            _conv(20, 50, 5, 0, generator), nn.MaxPool2d(2),
            nn.Flatten(), _linear(800, 500, generator), nn.ReLU(), _linear(500, 10, generator))
        self.takes = (1, 28, 28)


class SmallCNN(_Network):
    """Two 3 x 3 convolutions (16 and 32 channels), each with 2 x 2 max pooling; no batch norm.

    (B, channels, side, side) -> (B, classes); 20,490 parameters for MNIST's shape. Raises
    `ValueError` when `channels` or `classes` is below 1, or `side` below 4.
    """

    def __init__(self, channels: int = 1, classes: int = 10, side: int = 28, *,
                 generator: torch.Generator | None = None) -> None:
        if channels < 1 or classes < 1 or side < 4:
            raise ValueError(f"channels {channels} and classes {classes} must each be >= 1, "
                             f"and side {side} >= 4")
        super().__init__(
            _conv(channels, 16, 3, 1, generator), nn.ReLU(), nn.MaxPool2d(2),
            _conv(16, 32, 3, 1, generator), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), _linear(32 * (side // 4) ** 2, classes, generator))
        self.takes = (channels, side, side)


def _linear(width_in: int, width_out: int, generator: torch.Generator | None) -> nn.Linear:
    layer = nn.utils.skip_init(nn.Linear, width_in, width_out)
    _initialize(layer, generator)
    return layer


def _conv(channels_in: int, channels_out: int, kernel: int, padding: int,
          generator: torch.Generator | None) -> nn.Conv2d:
    layer = nn.utils.skip_init(nn.Conv2d, channels_in, channels_out, kernel, padding=padding)
    _initialize(layer, generator)
    return layer


def _initialize(layer: nn.Linear | nn.Conv2d, generator: torch.Generator | None) -> None:
    """Draw weight, then bias, as PyTorch's `reset_parameters` does, which takes no generator."""
    nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
    bound = 1 / math.sqrt(layer.weight[0].numel())
    nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
