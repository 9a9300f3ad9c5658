"""labkit.device: the choice of a device, seeds, half precision."""

import random

import numpy as np
import pytest
import torch

from labkit import device


@pytest.mark.parametrize(("cuda", "mps", "want"), [
    (0, False, "cpu"), (0, True, "mps"), (2, True, "cuda"), (1, False, "cuda")])
def test_the_fastest_device_is_picked(monkeypatch, cuda, mps, want):
    pretend(monkeypatch, cuda, mps)
    assert device.pick() == torch.device(want)


def test_a_named_device_is_picked_if_it_is_there(monkeypatch):
    pretend(monkeypatch, cuda=2, mps=False)
    assert device.pick("cuda:1") == torch.device("cuda:1")
    assert device.pick("cpu") == torch.device("cpu")


@pytest.mark.parametrize(("cuda", "name", "words"), [
    (0, "cuda", "this machine has no 'cuda'; it has cpu"),
    (2, "cuda:2", "no 'cuda:2'; it has cuda:0, cuda:1, cpu"),
    (0, "mps", "no 'mps'"),
    (0, "gpu", "unknown device 'gpu'; choose from cuda, mps, cpu"),
    (0, "meta", "unknown device 'meta'"),
    (0, "", "unknown device ''")])
def test_a_device_that_is_not_there_is_refused(monkeypatch, cuda, name, words):
    pretend(monkeypatch, cuda, mps=False)
    with pytest.raises(ValueError, match=words):
        device.pick(name)


def test_seeds_equal_those_set_by_hand():
    generator = device.seed_everything(7)
    drawn = (random.random(), np.random.rand(), torch.rand(1), torch.rand(1, generator=generator))
    random.seed(7)
    np.random.seed(7)
    by_hand = torch.manual_seed(7)
    first = torch.rand(1, generator=by_hand)
    assert drawn == (random.random(), np.random.rand(), first, first)
    assert generator.device == torch.device("cpu")


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, "7", None])
def test_a_seed_that_numpy_would_refuse_is_refused(seed):
    with pytest.raises(ValueError, match="whole number from 0 to 4294967295"):
        device.seed_everything(seed)


@pytest.mark.parametrize(("enabled", "want"), [(True, torch.bfloat16), (False, torch.float32)])
def test_autocast_on_the_cpu(enabled, want):
    with device.autocast("cpu", enabled):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == want


@pytest.mark.filterwarnings("ignore:.*CUDA is not available")
@pytest.mark.parametrize(("native", "want"), [(True, torch.bfloat16), (False, torch.float16)])
def test_autocast_takes_float16_where_bfloat16_is_emulated(monkeypatch, native, want):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported",
                        lambda including_emulation=True: native or including_emulation)
    assert device.autocast(torch.device("cuda")).fast_dtype == want


def test_synchronize_waits_for_the_device_at_hand(monkeypatch):
    waited = []
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    for name in ("cpu", "cuda:1", "mps"):
        device.synchronize(name)
    assert waited == [torch.device("cuda:1"), "mps"]


def pretend(monkeypatch, cuda, mps):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
