"""The network of document 002, section 5.2, on all of MNIST for ten epochs, five seeds each."""

import torch
from torch.nn.functional import cross_entropy

from labkit import data
from labkit.models import MLP
from labkit.train import accuracy, fit

SEED, SEEDS, DEVICE = 0, 5, "cpu"
ROWS = ("as printed", "pixels in [0, 1]", "check")
CHECK = "check"  # one seed, one epoch; needs the full data
TOLERANCE = 0.01


def run(scale: float, seed: int, epochs: int) -> list[float]:
    """Test accuracy after each epoch, in percent."""
    images, chance = data.load("mnist", download=False), torch.Generator().manual_seed(seed)
    model = MLP((784, 256, 10), generator=chance)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    test = (images.x_test * scale, images.y_test)
    history = fit(model, images.x_train * scale, images.y_train, loss=cross_entropy,
                  optimizer=optimizer, epochs=epochs, batch_size=64, generator=chance,
                  valid=test, metrics={"accuracy": accuracy}, progress=False)
    return [100 * value for value in history["valid_accuracy"]]


def row(name: str, seed: int) -> dict:
    """Accuracies of each seed after each epoch; as printed, pixels go from 0 to 255."""
    scale, epochs = {"as printed": 255.0}.get(name, 1.0), 1 if name == "check" else 10
    seeds = range(seed, seed + (1 if name == "check" else SEEDS))
    return {"accuracy": [run(scale, s, epochs) for s in seeds]}
