"""labkit.models against PyTorch's own layers and the published parameter counts."""

import pytest
import torch
from torch import nn

from labkit import models

BUILDERS = {
    "MLP": lambda g: models.MLP((64, 32, 10), nn.Tanh, generator=g),
    "LeNet300100": lambda g: models.LeNet300100(generator=g),
    "LeNet5": lambda g: models.LeNet5(generator=g),
    "SmallCNN": lambda g: models.SmallCNN(generator=g),
}


def plain_networks():
    """The same networks written with PyTorch's layers, which draw from the global generator."""
    return {
        "MLP": lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 10)),
        "LeNet300100": lambda: nn.Sequential(
            nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU(),
            nn.Linear(100, 10)),
        "LeNet5": lambda: nn.Sequential(
            nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10)),
        "SmallCNN": lambda: nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1568, 10)),
    }


@pytest.mark.parametrize("name", BUILDERS)
def test_weights_and_outputs_equal_pytorchs_own_for_the_same_seed(name):
    torch.manual_seed(3)
    plain = plain_networks()[name]()
    ours = BUILDERS[name](torch.Generator().manual_seed(3))
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), plain.parameters(),
                                                 strict=True))
    side = 8 if name == "MLP" else 28
    x = torch.rand(4, 1, side, side, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ours(x), plain(x))


@pytest.mark.parametrize("name", BUILDERS)
def test_the_global_generator_is_left_alone(name):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    BUILDERS[name](torch.Generator().manual_seed(1))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", BUILDERS)
def test_without_a_generator_the_global_one_decides(name):
    torch.manual_seed(3)
    first = BUILDERS[name](None)
    torch.manual_seed(3)
    second = plain_networks()[name]()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(),
                                                 strict=True))


@pytest.mark.parametrize(("network", "published"), [
    (models.LeNet300100, 266_610),  # Han et al. (2016), table 1: 267K
    (models.LeNet5, 431_080),       # Han et al. (2016), table 1: 431K
    (models.SmallCNN, 20_490),      # 160 + 4,640 + 15,690
])
def test_parameter_counts(network, published):
    assert sum(p.numel() for p in network().parameters()) == published


@pytest.mark.parametrize(("channels", "side", "classes"), [(1, 8, 10), (3, 32, 7), (1, 5, 2)])
def test_the_small_network_is_built_for_the_image_at_hand(channels, side, classes):
    scores = models.SmallCNN(channels, classes, side)(torch.zeros(2, channels, side, side))
    assert scores.shape == (2, classes)


@pytest.mark.parametrize(("network", "shape", "words"), [
    (models.LeNet300100, (2, 1, 8, 8), r"LeNet300100 takes a batch of shape \(B, 784\), got"),
    (models.LeNet5, (2, 3, 28, 28), r"LeNet5 takes .* \(B, 1, 28, 28\), got \(2, 3, 28, 28\)"),
    (models.LeNet5, (1, 28, 28), r"got \(1, 28, 28\)"),
    (models.SmallCNN, (2, 784), r"SmallCNN takes .* \(B, 1, 28, 28\), got \(2, 784\)")])
def test_an_input_of_another_shape_is_refused(network, shape, words):
    with pytest.raises(ValueError, match=words):
        network()(torch.zeros(shape))


def test_an_mlp_takes_tables_and_has_no_activation_at_its_end():
    network = models.MLP((10, 1))
    assert network(torch.zeros(5, 10)).shape == (5, 1)
    assert isinstance(network[-1], nn.Linear)


@pytest.mark.parametrize("sizes", [(), (10,), (10, 0), (10, -3, 1)])
def test_sizes_that_make_no_network_are_refused(sizes):
    with pytest.raises(ValueError, match="need an input and an output width"):
        models.MLP(sizes)


@pytest.mark.parametrize(("channels", "classes", "side"), [(0, 10, 28), (1, 0, 28), (1, 1, 3)])
def test_a_cnn_without_channels_classes_or_room_is_refused(channels, classes, side):
    with pytest.raises(ValueError, match=f"must each be >= 1, and side {side} >= 4"):
        models.SmallCNN(channels, classes, side)
