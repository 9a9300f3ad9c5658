"""Training: `fit` runs the epochs; the other files each hold one idea that it uses.

loop        the epochs and the step               inference   predict, evaluate, accuracy
history     the table of results                  stopping    when to stop early
checkpoint  one file, written whole or not at all run         what an exact resume must hold
inspection  wrong input, refused before it trains progress    a bar, only where someone watches
"""

from labkit.train.checkpoint import CheckpointError
from labkit.train.history import History
from labkit.train.inference import accuracy, evaluate, predict
from labkit.train.loop import Diverged, fit
from labkit.train.stopping import EarlyStopping

__all__ = ["CheckpointError", "Diverged", "EarlyStopping", "History", "accuracy", "evaluate",
           "fit", "predict"]
