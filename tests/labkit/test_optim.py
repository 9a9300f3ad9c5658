"""labkit.optim against torch.optim, and against plain loops and theory where that has no twin."""

import math
from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from labkit import optim, train

TWINS = {  # rule: (torch's optimiser, settings of ours, the same of torch's)
    "plain": (optim.sgd, torch.optim.SGD, {"lr": 0.1}, {}),
    "decayed": (optim.sgd, torch.optim.SGD, {"lr": 0.1, "weight_decay": 0.3}, {}),
    "heavy ball": (optim.sgd, torch.optim.SGD,
                   {"lr": 0.1, "momentum": 0.9, "dampening": 0.4, "weight_decay": 0.1}, {}),
    "nesterov": (optim.sgd, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}, {}),
    "adagrad": (optim.adagrad, torch.optim.Adagrad, {"lr": 0.5}, {}),
    "adagrad, all": (optim.adagrad, torch.optim.Adagrad,
                     {"lr": 0.5, "lr_decay": 0.1, "weight_decay": 0.2, "eps": 1e-3},
                     {"initial": "initial_accumulator_value"}),
    "rmsprop": (optim.rmsprop, torch.optim.RMSprop, {"lr": 0.1}, {}),
    "rmsprop, all": (optim.rmsprop, torch.optim.RMSprop,
                     {"lr": 0.1, "alpha": 0.9, "momentum": 0.8, "centered": True,
                      "weight_decay": 0.1, "eps": 1e-4}, {}),
    "adam": (optim.adam, torch.optim.Adam, {"lr": 0.1}, {}),
    "adam, decayed": (optim.adam, torch.optim.Adam,
                      {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.2, "eps": 1e-3}, {}),
    "amsgrad": (optim.adam, torch.optim.Adam, {"lr": 0.1, "betas": (0.9, 0.9), "amsgrad": True},
                {}),
    "adamax": (optim.adamax, torch.optim.Adamax, {"lr": 0.1, "weight_decay": 0.1}, {}),
    "adamw": (optim.adamw, torch.optim.AdamW, {"lr": 0.1, "weight_decay": 0.5}, {}),
    "adamw, amsgrad": (optim.adamw, torch.optim.AdamW, {"lr": 0.1, "amsgrad": True}, {}),
}
ELEMENTWISE = [optim.sgd, optim.adagrad, optim.rmsprop, optim.adam, optim.adamax, optim.adamw,
               optim.lion, optim.schedule_free_sgd, optim.schedule_free_adamw]


def gradients(shape, dtype=torch.float64, steps=100, seed=0):
    """One fixed sequence, of several scales, with zeros in it."""
    chance = torch.Generator().manual_seed(seed)
    g = torch.randn(steps, *shape, generator=chance, dtype=torch.float64)
    g = g * 10 ** torch.randint(-3, 3, (steps,) + (1,) * len(shape), generator=chance)
    g[torch.rand(steps, generator=chance) < 0.1] = 0
    return g.to(dtype)


def walk(optimizer, thetas, sequences):
    """Feed each parameter its sequence of gradients; where they end."""
    for step in zip(*sequences, strict=True):
        for theta, g in zip(thetas, step, strict=True):
            theta.grad = g.clone()
        optimizer.step()
    return [theta.detach() for theta in thetas]


def both(rule, twin, ours, names, sequences, groups=None, **frame):
    """The ends of our optimiser and of torch's on the same gradients, from the same start."""
    starts = [torch.full_like(g[0], 0.5) for g in sequences]
    mine = [s.clone().requires_grad_() for s in starts]
    theirs = [s.clone().requires_grad_() for s in starts]
    renamed = {names.get(k, k): v for k, v in ours.items()}
    a = optim.Optimizer(_grouped(mine, groups), rule, **ours, **frame)
    b = twin(_grouped(theirs, groups), **renamed, **frame)
    return walk(a, mine, sequences), walk(b, theirs, sequences)


def _grouped(thetas, groups):
    if groups is None:
        return thetas
    return [{"params": [theta], **own} for theta, own in zip(thetas, groups, strict=True)]


def agree(mine, theirs, rtol):
    """Relative to the largest number: coordinates near zero are differences of large ones."""
    for a, b in zip(mine, theirs, strict=True):
        largest = b.abs().max().item() if b.numel() else 0
        torch.testing.assert_close(a, b, rtol=rtol, atol=rtol * max(largest, 1))


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.parametrize(("dtype", "rtol"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_a_hundred_steps_equal_torch(name, dtype, rtol):
    rule, twin, ours, names = TWINS[name]
    sequences = [gradients((4, 3), dtype), gradients((5,), dtype, seed=1)]
    agree(*both(rule, twin, ours, names, sequences), rtol)


SHARE = st.floats(0.0, 0.99)
SMALL = st.one_of(st.just(0.0), st.floats(1e-6, 0.5))
BETAS = st.tuples(SHARE, st.floats(0.5, 0.999))
EPS = st.sampled_from([1e-10, 1e-8, 1e-3])
CHOICES = {
    "sgd": (optim.sgd, torch.optim.SGD, st.fixed_dictionaries(
        {"lr": SMALL, "momentum": SHARE, "dampening": SHARE, "weight_decay": SMALL})),
    "nesterov": (optim.sgd, torch.optim.SGD, st.fixed_dictionaries(
        {"lr": SMALL, "momentum": st.floats(0.01, 0.99), "nesterov": st.just(True),
         "weight_decay": SMALL})),
    "adagrad": (optim.adagrad, torch.optim.Adagrad, st.fixed_dictionaries(
        {"lr": SMALL, "lr_decay": SMALL, "weight_decay": SMALL, "eps": EPS})),
    "rmsprop": (optim.rmsprop, torch.optim.RMSprop, st.fixed_dictionaries(
        {"lr": SMALL, "alpha": st.floats(0.5, 0.999), "momentum": SHARE, "weight_decay": SMALL,
         "eps": EPS})),
    "adam": (optim.adam, torch.optim.Adam, st.fixed_dictionaries(
        {"lr": SMALL, "betas": BETAS, "weight_decay": SMALL, "amsgrad": st.booleans(),
         "eps": EPS})),
    "adamax": (optim.adamax, torch.optim.Adamax, st.fixed_dictionaries(
        {"lr": SMALL, "betas": BETAS, "weight_decay": SMALL, "eps": EPS})),
    "adamw": (optim.adamw, torch.optim.AdamW, st.fixed_dictionaries(
        {"lr": SMALL, "betas": BETAS, "weight_decay": SMALL, "amsgrad": st.booleans(),
         "eps": EPS})),
}


@pytest.mark.parametrize("name", CHOICES)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=st.data())
def test_any_shape_step_and_setting_equals_torch(name, data):
    rule, twin, hyper = CHOICES[name]
    shapes = data.draw(st.lists(st.lists(st.integers(0, 4), max_size=3), min_size=1, max_size=3))
    steps, seed = data.draw(st.integers(1, 15)), data.draw(st.integers(0, 99))
    scale = data.draw(st.sampled_from([0.0, 1e-9, 1.0, 1e15]))
    sequences = [scale * gradients(shape, steps=steps, seed=seed + i)
                 for i, shape in enumerate(shapes)]
    groups = [{"lr": data.draw(SMALL)} for _ in shapes] if data.draw(st.booleans()) else None
    mine, theirs = both(rule, twin, data.draw(hyper), {}, sequences, groups,
                        maximize=data.draw(st.booleans()))
    agree(mine, theirs, 1e-9)
    assert all(m.isfinite().all() for m in mine)


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("shape", [(4, 6), (6, 4), (1, 5)])
def test_muon_is_torchs_in_full_precision_and_near_it_in_bfloat16(shape, nesterov):
    ours = {"lr": 0.1, "nesterov": nesterov, "weight_decay": 0.2}
    sequence = [gradients(shape)]
    rounded = both(optim.muon, torch.optim.Muon, ours, {}, sequence)
    # torch orthogonalises in bfloat16, of 8 bits: each of 100 steps of 0.1 differs by a few per
    # cent at most. Without that rounding the two are one.
    agree(*rounded, 0.1)
    with mock.patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
        agree(*both(optim.muon, torch.optim.Muon, ours, {}, sequence), 1e-12)


def test_newton_schulz_keeps_vectors_and_evens_out_values():
    chance = torch.Generator().manual_seed(0)
    for shape in ((5, 8), (8, 5)):
        U, S, V = torch.linalg.svd(torch.randn(shape, generator=chance, dtype=torch.float64),
                                   full_matrices=False)
        got = U.T @ optim.newton_schulz(U * S @ V) @ V.T
        values = got.diagonal()
        torch.testing.assert_close(got, values.diag(), rtol=0, atol=1e-9)
        assert S.max() / S.min() > 3 and values.min() > 0.6 and values.max() < 1.3
    assert (optim.newton_schulz(torch.zeros(3, 2)) == 0).all()


def test_muon_takes_a_kernel_as_a_matrix_and_refuses_a_vector():
    g = torch.randn(6, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    moved, _ = optim.muon(torch.zeros_like(g), g, {})
    flat, _ = optim.muon(torch.zeros(6, 18), g.flatten(1), {})
    assert torch.equal(moved.flatten(1), flat)
    bias = torch.zeros(3, requires_grad=True)
    bias.grad = torch.ones(3)
    with pytest.raises(ValueError, match="rule=adamw"):
        optim.Optimizer([bias], optim.muon).step()


def test_lion_is_the_papers_loop_on_plain_numbers():
    sequence = gradients((3,), steps=60)
    theta, m, state = [0.5] * 3, [0.0] * 3, {}
    ours = torch.full((3,), 0.5, dtype=torch.float64)
    for g in sequence:
        for i, slope in enumerate(g.tolist()):  # Chen et al. (2023), algorithm 2
            c = 0.9 * m[i] + (1 - 0.9) * slope
            update = (c > 0) - (c < 0)
            theta[i] = theta[i] - 0.01 * (update + 0.3 * theta[i])
            m[i] = 0.99 * m[i] + (1 - 0.99) * slope
        ours, state = optim.lion(ours, g, state, lr=0.01, weight_decay=0.3)
    assert ours.tolist() == pytest.approx(theta, rel=1e-12)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 999), scale=st.floats(1e-6, 1e6), lr=st.floats(1e-5, 1.0))
def test_lion_sees_signs_alone(seed, scale, lr):
    sequence = gradients((7,), steps=20, seed=seed)
    ways = []
    for factor in (1, scale):
        theta, state, way = torch.zeros(7, dtype=torch.float64), {}, []
        for g in sequence:
            theta, state = optim.lion(theta, factor * g, state, lr=lr)
            way.append(theta)
        ways.append(torch.stack(way))
    torch.testing.assert_close(*ways, rtol=1e-9, atol=1e-12)
    moves = ways[0].diff(dim=0).abs()
    assert torch.minimum(moves, (moves - lr).abs()).max() < 1e-9  # 0 or lr, nothing else


@pytest.mark.parametrize("adam", [False, True])
@pytest.mark.parametrize(("decay", "warmup"), [(0.0, 0), (0.2, 7)])
def test_schedule_free_is_the_librarys_form_on_plain_numbers(adam, decay, warmup):
    """Their program keeps y and z and never x; ours keeps x: algebra joins the two."""
    sequence, lr, beta = gradients((1,), steps=50), 0.1, 0.9
    y = z = 0.5
    v = total = 0.0
    rule = optim.schedule_free_adamw if adam else optim.schedule_free_sgd
    ours, state = torch.full((1,), 0.5, dtype=torch.float64), {}
    for k, g in enumerate(sequence.flatten().tolist()):
        rate = lr * ((k + 1) / warmup if k < warmup else 1.0)
        total += rate**2
        c = rate**2 / total
        v = 0.999 * v + (1 - 0.999) * g * g
        step = g / (math.sqrt(v / (1 - 0.999 ** (k + 1))) + 1e-8) if adam else g
        step += decay * y
        y += c * (z - y)
        y += step * rate * (beta * (1 - c) - 1)
        z -= rate * step
        ours, state = rule(ours, sequence[k], state, lr=lr, weight_decay=decay, warmup=warmup)
        assert ours.item() == pytest.approx(y, rel=1e-10)
        assert state["z"].item() == pytest.approx(z, rel=1e-10)
        assert state["x"].item() == pytest.approx((y - (1 - beta) * z) / beta, rel=1e-9)


def test_schedule_free_averages_its_descent():
    """With beta 0 it is plain descent, and x the mean of its points (Polyak and Ruppert)."""
    theta, state, points = torch.tensor([1.0, -2.0]).double(), {}, []
    for _ in range(40):
        theta, state = optim.schedule_free_sgd(theta, 3 * theta, state, lr=0.1, beta=0.0)
        points.append(theta)
    assert theta.abs().max() < 1e-5
    torch.testing.assert_close(state["x"], torch.stack(points).mean(0))


def test_averaged_shows_x_and_puts_theta_back():
    theta, other = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    optimizer = optim.Optimizer([{"params": [theta], "rule": optim.schedule_free_sgd, "lr": 0.5},
                                 {"params": [other], "rule": optim.sgd}], optim.sgd)
    walk(optimizer, [theta, other], [gradients((2,), torch.float32, 5)] * 2)
    before, still = theta.detach().clone(), other.detach().clone()
    with pytest.raises(RuntimeError, match="inside"), optimizer.averaged():
        assert torch.equal(theta, optimizer.state[theta]["x"]) and not torch.equal(theta, before)
        assert torch.equal(other, still)
        raise RuntimeError("inside")
    assert torch.equal(theta, before)


@pytest.mark.parametrize("rule", [*ELEMENTWISE, optim.muon], ids=lambda r: r.__name__)
def test_a_rule_is_pure_and_its_states_are_its_own(rule):
    theta, (g, *_) = torch.ones(3, 2).double(), gradients((3, 2))
    once, state = rule(theta, g, {})
    kept = {k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in state.items()}
    first, _ = rule(once, g, state)
    second, _ = rule(once, g, state)
    assert torch.equal(first, second) and torch.equal(theta, torch.ones(3, 2).double())
    assert all(torch.equal(torch.as_tensor(state[k]), torch.as_tensor(v)) for k, v in kept.items())


@pytest.mark.parametrize("rule", ELEMENTWISE, ids=lambda r: r.__name__)
def test_many_rates_at_once_are_one_rate_at_a_time(rule):
    sequence, rates = gradients((4,), steps=12), (0.003, 0.1)
    together, state = torch.zeros(2, 4).double(), {}
    for g in sequence:
        together, state = rule(together, g.expand(2, 4), state, lr=torch.tensor(rates)[:, None])
    for row, rate in zip(together, rates, strict=True):
        alone, state = torch.zeros(4).double(), {}
        for g in sequence:
            alone, state = rule(alone, g, state, lr=rate)
        torch.testing.assert_close(row, alone, rtol=1e-6, atol=1e-7)


def test_a_centred_mean_square_is_never_negative():
    theta, state, below = torch.zeros(1000), {}, False
    g = torch.rand(1000, generator=torch.Generator().manual_seed(0))
    for _ in range(300):
        theta, state = optim.rmsprop(theta, g, state, alpha=0.7, centered=True)
        below |= bool((state["v"] - state["m"] ** 2 < 0).any())
    assert below and theta.isfinite().all()


def test_groups_have_rules_and_settings_of_their_own():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    matrices, biases = ([p for p in model.parameters() if p.dim() == d] for d in (2, 1))
    optimizer = optim.Optimizer([{"params": matrices, "lr": 0.02},
                                 {"params": biases, "rule": optim.adamw}],
                                optim.muon, lr=0.5, momentum=0.8)
    first, second = optimizer.param_groups
    assert (first["rule"], first["lr"], first["momentum"]) == ("muon", 0.02, 0.8)
    assert (second["rule"], second["lr"], second["betas"]) == ("adamw", 1e-3, (0.9, 0.999))
    before = [p.detach().clone() for p in model.parameters()]
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    assert all(not torch.equal(p, b) for p, b in zip(model.parameters(), before, strict=True))


def test_fit_schedules_and_exact_resume_work_with_it(tmp_path):
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(40, 3, generator=chance)
    y = x.sum(1, keepdim=True)

    def run(epochs, file, rule=optim.adam):
        torch.manual_seed(0)
        model = nn.Linear(3, 1)
        optimizer = optim.Optimizer(model.parameters(), rule, lr=0.1)
        history = train.fit(model, x, y, loss=nn.functional.mse_loss, optimizer=optimizer,
                            epochs=epochs, batch_size=8, progress=False, resume=True,
                            generator=torch.Generator().manual_seed(1), checkpoint=tmp_path / file)
        return model.weight.detach(), history
    whole, history = run(6, "whole")
    run(3, "parts")
    resumed, _ = run(6, "parts")
    assert torch.equal(whole, resumed)
    assert history.rows[-1]["loss"] < 0.1 * history.rows[0]["loss"]
    with pytest.raises(ValueError, match=r"adam.*lion"):
        run(8, "whole", optim.lion)


def test_a_schedule_changes_the_rate():
    theta = torch.zeros(1, requires_grad=True)
    optimizer = optim.Optimizer([theta], optim.sgd, lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        theta.grad = torch.ones(1)
        optimizer.step()
        schedule.step()
    assert theta.item() == -1.75


def test_a_closure_gives_the_loss_and_no_gradient_means_no_step():
    theta, idle = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    optimizer = optim.Optimizer([theta, idle], optim.sgd, lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = theta.square().sum()
        loss.backward()
        return loss
    assert optimizer.step(closure).item() == 1 and theta.item() == 0.5
    assert idle.item() == 1 and idle not in optimizer.state


@pytest.mark.parametrize(("rule", "wrong", "words"), [
    (optim.adam, {"lr": -0.1}, "at least 0"),
    (optim.adam, {"lr": math.nan}, "finite"),
    (optim.adam, {"lr": "0.1"}, "finite number"),
    (optim.adam, {"betas": (0.9, 1.0)}, "below 1"),
    (optim.adam, {"betas": 0.9}, "two numbers"),
    (optim.adam, {"beta": 0.9}, "Did you mean betas"),
    (optim.adam, {"amsgrad": 1}, "True or False"),
    (optim.adamw, {"weight_decay": -1}, "at least 0"),
    (optim.sgd, {"momentum": 1.5}, "below 1"),
    (optim.sgd, {"nesterov": True}, "give momentum"),
    (optim.sgd, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "dampening at 0"),
    (optim.rmsprop, {"alpha": 1}, "below 1"),
    (optim.muon, {"ns_steps": 2.5}, "whole number"),
    (optim.schedule_free_sgd, {"warmup": -1}, "whole number"),
    (optim.adagrad, {"initial": math.inf}, "finite"),
], ids=lambda value: getattr(value, "__name__", str(value)))
def test_settings_out_of_range_are_refused_in_words(rule, wrong, words):
    with pytest.raises(ValueError, match=words):
        optim.Optimizer([torch.zeros(2, requires_grad=True)], rule, **wrong)


def test_sparse_gradients_are_refused_in_words():
    table = nn.Embedding(5, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(ValueError, match="sparse=False"):
        optim.Optimizer(table.parameters(), optim.adam).step()


def test_every_update_fits_on_a_slide():
    import ast
    import inspect
    for rule in [*ELEMENTWISE, optim.muon, optim.newton_schulz]:
        body = ast.parse(inspect.getsource(rule)).body[0].body[1:]
        assert body[-1].end_lineno - body[0].lineno < 20, rule.__name__


def test_a_walk_of_torch_is_a_hand_written_loop():
    path = optim.walk(torch.optim.SGD, lambda theta, t: theta + t, 3, [1.0, -2.0], lr=0.1,
                      momentum=0.5)
    theta = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
    optimizer, points = torch.optim.SGD([theta], lr=0.1, momentum=0.5), [[1.0, -2.0]]
    for t in range(3):
        theta.grad = theta.detach() + t
        optimizer.step()
        points.append(theta.tolist())
    assert path.tolist() == points


def test_a_walk_of_a_rule_asks_for_the_gradient_where_it_stands():
    path = optim.walk(optim.sgd, lambda theta, t: 2 * theta, 4, 3.0, lr=0.25)
    assert path.tolist() == [3 * 0.5**t for t in range(5)]


@pytest.mark.parametrize("rule", [optim.sgd, optim.adam, optim.schedule_free_sgd])
def test_a_race_is_one_run_after_another(rule):
    start = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(0))
    rates = torch.tensor([0.01, 0.1, 0.3])

    def loss(theta, t):
        return ((theta[0] - (0 if t is None else t)) ** 2).sum((-1, -2))

    got = optim.race(rule, loss, [start], rates, 6)
    for i, rate in enumerate(rates):
        for j, theta in enumerate(start):
            state = {}
            for t in range(6):
                theta, state = rule(theta, 2 * (theta - t), state, lr=rate)
            end = state.get("x", theta)
            torch.testing.assert_close(got[i, j], (end**2).sum())


def test_a_race_that_diverges_ends_at_infinity():
    def loss(theta, t):
        return (theta[0] ** 4).sum((-1, -2))

    got = optim.race(optim.sgd, loss, [torch.ones(5, 1, 1)], torch.tensor([1e-3, 10.0]), 20)
    assert got[0].isfinite().all() and got[1].tolist() == [torch.inf] * 5
