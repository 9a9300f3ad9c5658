"""A checkpoint file: there whole, or not at all."""

import io
import os
from pathlib import Path
from typing import Any

import torch

KEYS = {"model", "optimizer", "schedule", "scaler", "random", "history", "stopping", "settings"}


class CheckpointError(ValueError):
    """The file is damaged, or belongs to another run."""


def save(path: Path, state: dict[str, Any]) -> None:
    """Replace the file at `path` by `state`; whatever goes wrong, the old file survives whole.

    Raises OSError (a full disk, a folder without permission) that says so.
    """
    memory = io.BytesIO()
    torch.save(state, memory)
    part = path.with_name(path.name + ".part")  # same folder: a rename across disks is a copy
    try:
        with part.open("wb") as file:
            file.write(memory.getbuffer())
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave the new name on an empty file
        os.replace(part, path)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} while saving a checkpoint; the file of the "
                      "epoch before, if any, is unharmed. Free space or choose another folder, "
                      "then resume", str(path)) from error
    finally:
        part.unlink(missing_ok=True)


def load(path: Path) -> dict[str, Any]:
    """The state that `save` wrote; on the CPU, and without running any code from the file.

    Raises CheckpointError when the file is truncated, damaged or no checkpoint of `fit`.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # torch raises half a dozen types for a damaged file
        raise CheckpointError(f"{path} is truncated or no checkpoint ({type(error).__name__}). "
                              "Delete it, or give resume=False to start over") from error
    if not isinstance(state, dict) or set(state) != KEYS:
        raise CheckpointError(f"{path} was not written by fit. Give another file as checkpoint")
    return state
