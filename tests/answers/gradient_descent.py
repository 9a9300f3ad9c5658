"""Answers to the assignment gradient_descent."""

from tests.answers.bank import right, wrong

ANSWERS = [
    # ------------------------------------------------------------------ task 1: mse
    wrong("mse", "squeezes a single feature away", "test_mse", 1, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            predicted = x.squeeze(1) @ theta[:-1] + theta[-1]
            return ((predicted - y) ** 2).mean()
        """),
    wrong("mse", "sum instead of mean", "test_mse hidden_mse", 0, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).sum()
    """),
    wrong("mse", "half of the mean", "test_mse hidden_mse", 0, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean() / 2
    """),
    wrong("mse", "absolute error", "hidden_mse", 1, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return (x @ theta[:-1] + theta[-1] - y).abs().mean()
    """),
    wrong("mse", "the intercept is taken from the front", "test_mse hidden_mse", 0, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((theta[0] + x @ theta[1:] - y) ** 2).mean()
    """),
    wrong("mse", "the intercept is forgotten", "test_mse hidden_mse", 0, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((x @ theta[:-1] - y) ** 2).mean()
    """),
    wrong("mse", "no check of y: a column broadcasts", "hidden_mse", 1, """
        def mse(x, y, theta):
            if theta.shape != (x.shape[1] + 1,):
                raise ValueError("theta has a wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean()
    """),
    wrong("mse", "y is flattened instead of refused", "hidden_mse", 1, """
        def mse(x, y, theta):
            y = y.reshape(-1)
            if len(y) != len(x) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean()
    """),
    wrong("mse", "no check of theta", "hidden_mse", 1, """
        def mse(x, y, theta):
            if y.shape != (len(x),):
                raise ValueError("y has a wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean()
    """),
    wrong("mse", "checks lengths, not shapes, of theta", "hidden_mse", 1, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or len(theta) != x.shape[1] + 1:
                raise ValueError("wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean()
    """),
    wrong("mse", "checks the number of axes of y, not its length", "hidden_mse", 1, """
        def mse(x, y, theta):
            if y.dim() != 1 or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean()
    """),
    wrong("mse", "TypeError where ValueError is asked", "hidden_mse", 1, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise TypeError("wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean()
    """),
    wrong("mse", "shapes are asserted", "hidden_mse", 1, """
        def mse(x, y, theta):
            assert y.shape == (len(x),), "y must be flat"
            assert theta.shape == (x.shape[1] + 1,), "theta must be flat"
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean()
    """),
    wrong("mse", "returns a Python number", "test_mse hidden_mse", 0, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean().item()
    """),
    wrong("mse", "float32 is forced", "hidden_mse", 1, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            x, y, theta = x.float(), y.float(), theta.float()
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean()
    """),
    wrong("mse", "keeps one axis", "test_mse hidden_mse", 0, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((x @ theta[:-1] + theta[-1] - y) ** 2).mean(dim=0, keepdim=True)
    """),
    wrong("mse", "one feature only: the column is squeezed", "hidden_mse", 1, """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            return ((x.squeeze(1) * theta[0] + theta[1] - y) ** 2).mean()
    """),
    wrong("mse", "the worked example, hard-coded", "test_mse hidden_mse", 0, """
        def mse(x, y, theta):
            return torch.tensor(0.5)
    """),
    right("mse", "a column of ones", """
        def mse(x, y, theta):
            n, d = x.shape
            if tuple(y.shape) != (n,) or tuple(theta.shape) != (d + 1,):
                raise ValueError(f"y {tuple(y.shape)} or theta {tuple(theta.shape)} does not fit")
            ones = torch.ones(n, 1, dtype=x.dtype)
            return torch.mean(torch.square(torch.hstack([x, ones]) @ theta - y))
    """),
    right("mse", "the library's loss", """
        import torch.nn.functional as F

        def mse(x, y, theta):
            if list(y.shape) != [x.shape[0]]:
                raise ValueError("y")
            if list(theta.shape) != [x.shape[1] + 1]:
                raise ValueError("theta")
            return F.mse_loss(F.linear(x, theta[:-1]) + theta[-1], y)
    """),
    right("mse", "loops over examples and features", """
        def mse(x, y, theta):
            if y.ndim != 1 or len(y) != len(x) or theta.ndim != 1 or len(theta) != x.size(1) + 1:
                raise ValueError("wrong shape")
            total = torch.zeros((), dtype=x.dtype)
            for i in range(len(x)):
                guess = theta[-1]
                for d in range(x.size(1)):
                    guess = guess + x[i, d] * theta[d]
                total = total + (guess - y[i]) ** 2
            return total / len(x)
    """),
    right("mse", "einsum and a norm", """
        def mse(x, y, theta):
            if y.shape != x.shape[:1] or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            error = torch.einsum("nd,d->n", x, theta[:-1]).add(theta[-1]).sub(y)
            return error.norm() ** 2 / error.numel()
    """),
    right("mse", "NumPy inside, a tensor outside", """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            w = theta.numpy()
            error = x.numpy() @ w[:-1] + w[-1] - y.numpy()
            return torch.tensor(np.mean(error ** 2), dtype=x.dtype)
    """),
    right("mse", "own subclass of ValueError, float64 inside", """
        class ShapeError(ValueError):
            pass

        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ShapeError
            error = x.double().mv(theta[:-1].double()) + theta[-1].double() - y.double()
            return error.dot(error).div(len(y)).to(x.dtype)
    """),
    right("mse", "changes its argument in place", """
        def mse(x, y, theta):
            if y.shape != (len(x),) or theta.shape != (x.shape[1] + 1,):
                raise ValueError("wrong shape")
            y -= x @ theta[:-1]
            y -= theta[-1]
            return y.pow_(2).mean()
    """),
    # ------------------------------------------------------------------ task 2: mse_gradient
    wrong("mse_gradient", "the sign: y minus prediction",
          "test_mse_gradient hidden_mse_gradient", 0,
          """
        def mse_gradient(x, y, theta):
            error = y - (x @ theta[:-1] + theta[-1])
            return torch.cat([2 * error @ x / len(x), 2 * error.mean().reshape(1)])
    """),
    wrong("mse_gradient", "the factor 2 is forgotten",
          "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] + theta[-1] - y
            return torch.cat([error @ x / len(x), error.mean().reshape(1)])
    """),
    wrong("mse_gradient", "sum instead of mean", "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] + theta[-1] - y
            return torch.cat([2 * error @ x, 2 * error.sum().reshape(1)])
    """),
    wrong("mse_gradient", "the intercept's entry is not divided by N",
          "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] + theta[-1] - y
            return torch.cat([2 / len(x) * (error @ x), 2 * error.sum().reshape(1)])
    """),
    wrong("mse_gradient", "the intercept comes first",
          "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            x1 = torch.cat([torch.ones(len(x), 1, dtype=x.dtype), x], dim=1)
            return 2 / len(x) * x1.T @ (x1 @ theta - y)
    """),
    wrong("mse_gradient", "no entry for the intercept",
          "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] + theta[-1] - y
            return 2 * error @ x / len(x)
    """),
    wrong("mse_gradient", "the intercept is not in the prediction",
          "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] - y
            return torch.cat([2 * error @ x / len(x), 2 * error.mean().reshape(1)])
    """),
    wrong("mse_gradient", "mean over both axes", "hidden_mse_gradient", 1, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] + theta[-1] - y
            slope = 2 * (error[:, None] * x).mean()
            gradient = torch.empty_like(theta)
            gradient[:-1], gradient[-1] = slope, 2 * error.mean()
            return gradient
    """),
    wrong("mse_gradient", "divides by the number of entries of x", "hidden_mse_gradient", 1, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] + theta[-1] - y
            return torch.cat([2 * error @ x / x.numel(), 2 * error.mean().reshape(1)])
    """),
    wrong("mse_gradient", "a float32 buffer", "hidden_mse_gradient", 1, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] + theta[-1] - y
            gradient = torch.zeros(len(theta))
            gradient[:-1] = 2 * error @ x / len(x)
            gradient[-1] = 2 * error.mean()
            return gradient
    """),
    wrong("mse_gradient", "float64 is returned for float32", "test_mse_gradient", 1, """
        def mse_gradient(x, y, theta):
            x, y, theta = x.double(), y.double(), theta.double()
            error = x @ theta[:-1] + theta[-1] - y
            return torch.cat([2 * error @ x / len(x), 2 * error.mean().reshape(1)])
    """),
    wrong("mse_gradient", "squeeze drops the axis of a single example",
          "hidden_mse_gradient", 1, """
        def mse_gradient(x, y, theta):
            x1 = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1).squeeze()
            return 2 / len(y) * x1.T @ (x1 @ theta - y)
    """),
    wrong("mse_gradient", "a list of numbers", "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            error = x @ theta[:-1] + theta[-1] - y
            return [*(2 * error @ x / len(x)).tolist(), 2 * error.mean().item()]
    """),
    wrong("mse_gradient", "a column", "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            x1 = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
            return 2 / len(x) * x1.T @ (x1 @ theta[:, None] - y[:, None])
    """),
    wrong("mse_gradient", "a NumPy array", "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            x, y, theta = x.numpy(), y.numpy(), theta.numpy()
            error = x @ theta[:-1] + theta[-1] - y
            return np.append(2 * error @ x / len(x), 2 * error.mean())
    """),
    wrong("mse_gradient", "automatic differentiation: backward",
          "test_mse_gradient hidden_mse_gradient", 0, """
        def mse_gradient(x, y, theta):
            theta = theta.clone().requires_grad_()
            ((x @ theta[:-1] + theta[-1] - y) ** 2).mean().backward()
            return theta.grad
    """),
    wrong("mse_gradient", "automatic differentiation: grad, imported by its name",
          "test_mse_gradient hidden_mse_gradient", 0, """
        from torch.autograd import grad

        def mse_gradient(x, y, theta):
            theta.requires_grad_()
            return grad(((x @ theta[:-1] + theta[-1] - y) ** 2).mean(), theta)[0]
    """),
    wrong("mse_gradient", "automatic differentiation: torch.func",
          "test_mse_gradient hidden_mse_gradient", 0, """
        from torch.func import grad as derivative

        def mse_gradient(x, y, theta):
            return derivative(lambda t: ((x @ t[:-1] + t[-1] - y) ** 2).mean())(theta)
    """),
    wrong("mse_gradient", "automatic differentiation: jacobian",
          "test_mse_gradient hidden_mse_gradient", 0, """
        from torch.autograd.functional import jacobian

        def mse_gradient(x, y, theta):
            return jacobian(lambda t: ((x @ t[:-1] + t[-1] - y) ** 2).mean(), theta)
    """),
    wrong("mse_gradient", "automatic differentiation: dual numbers",
          "test_mse_gradient hidden_mse_gradient", 0, """
        import torch.autograd.forward_ad as forward

        def mse_gradient(x, y, theta):
            slopes = []
            for direction in torch.eye(len(theta), dtype=theta.dtype):
                with forward.dual_level():
                    t = forward.make_dual(theta, direction)
                    loss = ((x @ t[:-1] + t[-1] - y) ** 2).mean()
                    slopes.append(forward.unpack_dual(loss).tangent)
            return torch.stack(slopes)
    """),
    wrong("mse_gradient", "the notebook's x and y, not the arguments", "hidden_mse_gradient", 1,
          """
        x, y = torch.tensor([[1.0], [2.0]]), torch.tensor([3.0, 4.0])  # a try with the example
        def mse_gradient(data, targets, theta):
            error = x @ theta[:-1] + theta[-1] - y
            return torch.cat([2 * error @ x / len(x), 2 * error.mean().reshape(1)])
    """),
    wrong("mse_gradient", "accumulates over calls", "test_mse_gradient hidden_mse_gradient", 0, """
        total = None

        def mse_gradient(x, y, theta):
            global total
            error = x @ theta[:-1] + theta[-1] - y
            gradient = torch.cat([2 * error @ x / len(x), 2 * error.mean().reshape(1)])
            total = gradient if total is None or len(total) != len(gradient) else total + gradient
            return total
    """),
    wrong("mse_gradient", "the worked example, hard-coded",
          "test_mse_gradient hidden_mse_gradient", 0,
          """
        def mse_gradient(x, y, theta):
            return -torch.ones_like(theta)
    """),
    right("mse_gradient", "a column of ones", """
        def mse_gradient(x, y, theta):
            x1 = torch.column_stack([x, torch.ones_like(y)])
            return 2 / len(y) * x1.T @ (x1 @ theta - y)
    """),
    right("mse_gradient", "a loop over the examples", """
        def mse_gradient(x, y, theta):
            gradient = torch.zeros_like(theta)
            for row, target in zip(x, y):
                error = row @ theta[:-1] + theta[-1] - target
                gradient[:-1] += 2 * error * row / len(x)
                gradient[-1] += 2 * error / len(x)
            return gradient
    """),
    right("mse_gradient", "einsum, in place", """
        def mse_gradient(x, y, theta):
            x = torch.nn.functional.pad(x, (0, 1), value=1.0)
            error = torch.einsum("nd,d->n", x, theta).sub_(y)
            return torch.einsum("n,nd->d", error, x).mul_(2).div_(y.numel())
    """),
    right("mse_gradient", "means of products, under no_grad", """
        def mse_gradient(x, y, theta):
            with torch.no_grad():
                twice = 2 * (x @ theta[:-1] + theta[-1] - y)[:, None]
                return torch.hstack([(twice * x).mean(dim=0), twice.mean(dim=0)])
    """),
    right("mse_gradient", "NumPy inside, cast back", """
        def mse_gradient(x, y, theta):
            x1 = np.c_[x.numpy().astype(float), np.ones(len(x))]
            gradient = 2 * x1.T @ (x1 @ theta.numpy().astype(float) - y.numpy()) / len(x)
            return torch.as_tensor(gradient, dtype=theta.dtype)
    """),
    right("mse_gradient", "normal equations", """
        def mse_gradient(x, y, theta):
            x1 = torch.cat((x, x.new_ones(x.size(0), 1)), 1)
            return 2 * (torch.mm(x1.t(), x1).mv(theta) - x1.t().mv(y)) / x.size(0)
    """),
    right("mse_gradient", "a decorated function and a helper", """
        def errors(x, y, theta):
            return (x * theta[:-1]).sum(dim=1) + theta[-1] - y

        @torch.inference_mode()
        def mse_gradient(x, y, theta):
            e = errors(x, y, theta)
            return torch.stack([2 * (e * c).mean() for c in (*x.T, torch.ones_like(y))])
    """),
    # ------------------------------------------------------------------ task 3: descend
    wrong("descend", "stops where the gradient is zero, with fewer rows", "test_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                gradient = a @ (path[-1] - c)
                if gradient.norm() < 1e-6:
                    break
                path.append(path[-1] - eta * gradient)
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
        """),
    wrong("descend", "goes up: plus instead of minus", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] + eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "the path lacks the last point", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path, losses = [], []
            for _ in range(steps):
                path.append(theta)
                losses.append((theta - c) @ a @ (theta - c) / 2)
                theta = theta - eta * a @ (theta - c)
            return torch.stack(path), torch.stack(losses)
    """),
    wrong("descend", "the path lacks the start", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path, losses = [], []
            for _ in range(steps):
                theta = theta - eta * a @ (theta - c)
                path.append(theta)
                losses.append((theta - c) @ a @ (theta - c) / 2)
            return torch.stack(path), torch.stack(losses)
    """),
    wrong("descend", "one step too many", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps + 1):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "one tensor stored many times, changed in place",
          "test_descend hidden_descend",
          0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                theta -= eta * a @ (theta - c)
                path.append(theta)
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "the losses are recorded after the step", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path, losses = [theta], []
            for _ in range(steps + 1):
                theta = theta - eta * a @ (theta - c)
                path.append(theta)
                losses.append((theta - c) @ a @ (theta - c) / 2)
            return torch.stack(path[:-1]), torch.stack(losses)
    """),
    wrong("descend", "the losses lack the factor 1/2", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) for t in path])
    """),
    wrong("descend", "the gradient has a factor 2", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - 2 * eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "the minimum is taken to be at 0", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ path[-1])
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "the losses are taken around 0", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([t @ a @ t / 2 for t in path])
    """),
    wrong("descend", "the diagonal only: elementwise product", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a.diag() * (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(a.diag() * (t - c) ** 2).sum() / 2 for t in path])
    """),
    wrong("descend", "coordinates updated one after the other", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta.clone()]
            for _ in range(steps):
                for d in range(len(theta)):
                    theta[d] -= eta * (a[d] @ (theta - c))
                path.append(theta.clone())
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "the path is stored with a step on each column", "test_descend hidden_descend",
          0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            losses = torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
            return torch.stack(path, dim=1), losses
    """),
    wrong("descend", "float32 buffers", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path, losses = torch.zeros(steps + 1, len(theta)), torch.zeros(steps + 1)
            for k in range(steps + 1):
                path[k], losses[k] = theta, (theta - c) @ a @ (theta - c) / 2
                theta = theta - eta * a @ (theta - c)
            return path, losses
    """),
    wrong("descend", "losses through Python numbers lose float64", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            losses = torch.tensor([((t - c) @ a @ (t - c) / 2).item() for t in path])
            return torch.stack(path), losses
    """),
    wrong("descend", "float64 is returned for float32", "test_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            a, c, path = a.double(), c.double(), [theta.double()]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "lists instead of tensors", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            return path, [((t - c) @ a @ (t - c) / 2).item() for t in path]
    """),
    wrong("descend", "steps = 0 is refused", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps <= 0:
                raise ValueError("eta and steps must be positive")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "eta = 0 is accepted", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta < 0 or steps < 0:
                raise ValueError("eta and steps must not be negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "a negative eta is accepted", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if not eta or steps < 0:
                raise ValueError("eta must not be 0, steps not negative")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "negative steps are accepted", "hidden_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0:
                raise ValueError("eta must be positive")
            path = [theta]
            for _ in range(steps):
                path.append(path[-1] - eta * a @ (path[-1] - c))
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "stops early when the gradient is small", "test_descend", 2, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            path = [theta]
            for _ in range(steps):
                gradient = a @ (path[-1] - c)
                if gradient.norm() < 1e-6:
                    break
                path.append(path[-1] - eta * gradient)
            path = torch.stack(path)
            return path, torch.stack([(t - c) @ a @ (t - c) / 2 for t in path])
    """),
    wrong("descend", "torch.optim", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            theta, path, losses = torch.nn.Parameter(theta), [], []
            optimizer = torch.optim.SGD([theta], lr=eta)
            for _ in range(steps + 1):
                path.append(theta.detach().clone())
                losses.append((theta - c) @ a @ (theta - c) / 2)
                theta.grad = (a @ (theta - c)).detach()
                optimizer.step()
            return torch.stack(path), torch.stack(losses).detach()
    """),
    wrong("descend", "automatic differentiation", "test_descend hidden_descend", 0, """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("eta must be positive, steps not negative")
            theta, path, losses = theta.requires_grad_(), [], []
            for _ in range(steps + 1):
                loss = (theta - c) @ a @ (theta - c) / 2
                path.append(theta.detach().clone())
                losses.append(loss.detach())
                loss.backward()
                with torch.no_grad():
                    theta -= eta * theta.grad
                theta.grad = None
            return torch.stack(path), torch.stack(losses)
    """),
    right("descend", "records at the head of the loop", """
        def descend(a, c, theta, eta, steps):
            if not eta > 0 or not steps >= 0:
                raise ValueError("eta must be positive and steps not negative")
            path, losses = [], []
            for k in range(steps + 1):
                gradient = a.mv(theta - c)
                path.append(theta)
                losses.append((theta - c).dot(gradient) / 2)
                theta = theta - eta * gradient
            return torch.stack(path), torch.stack(losses)
    """),
    right("descend", "buffers filled in place, own copies", """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("bad eta or steps")
            path = theta.new_empty(steps + 1, theta.numel())
            path[0] = theta
            for k in range(steps):
                path[k + 1] = path[k] - eta * (path[k] - c) @ a
            return path, torch.einsum("ki,ij,kj->k", path - c, a, path - c) / 2
    """),
    right("descend", "powers of a matrix", """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("bad eta or steps")
            shrink = torch.eye(len(c), dtype=a.dtype) - eta * a
            away = torch.stack([torch.linalg.matrix_power(shrink, k) @ (theta - c)
                                for k in range(steps + 1)])
            return away + c, 0.5 * (away * (away @ a)).sum(1)
    """),
    right("descend", "in the eigenbasis", """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("bad eta or steps")
            values, vectors = torch.linalg.eigh(a)
            k = torch.arange(steps + 1)[:, None]
            away = (1 - eta * values) ** k * (vectors.T @ (theta - c))
            return away @ vectors.T + c, (values * away**2).sum(dim=1) / 2
    """),
    right("descend", "NumPy inside, cast back", """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("bad eta or steps")
            dtype = theta.dtype
            a, c, theta = a.numpy(), c.numpy(), theta.numpy()
            rows = [theta.copy()]
            while len(rows) <= steps:
                theta -= eta * a.dot(theta - c)
                rows.append(theta.copy())
            losses = [0.5 * (r - c) @ a @ (r - c) for r in rows]
            return torch.tensor(np.array(rows), dtype=dtype), torch.tensor(losses, dtype=dtype)
    """),
    right("descend", "a class that steps, updates in place under no_grad", """
        class Descent:
            def __init__(self, a, c, theta):
                self.a, self.c, self.theta = a, c, theta.clone()

            @torch.no_grad()
            def step(self, eta):
                self.theta.sub_(self.a @ (self.theta - self.c), alpha=eta)

            def loss(self):
                return (self.theta - self.c) @ self.a @ (self.theta - self.c) / 2

        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("bad eta or steps")
            run = Descent(a, c, theta)
            path, losses = [run.theta.clone()], [run.loss()]
            for _ in range(steps):
                run.step(eta)
                path.append(run.theta.clone())
                losses.append(run.loss())
            return [torch.stack(path), torch.stack(losses)]
    """),
    right("descend", "recursion", """
        def descend(a, c, theta, eta, steps):
            if eta <= 0 or steps < 0:
                raise ValueError("bad eta or steps")
            here = theta[None], ((theta - c) @ a @ (theta - c) / 2).reshape(1)
            if steps == 0:
                return here
            path, losses = descend(a, c, theta - eta * a @ (theta - c), eta, steps - 1)
            return torch.cat([here[0], path]), torch.cat([here[1], losses])
    """),
    # ------------------------------------------------------------------ task 4: curvature
    wrong("curvature", "no column of ones", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = x.double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "no factor 2/N", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "1/N instead of 2/N", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(x.T @ x / len(x))
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "eigenvalues in the wrong order", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            high, low = values[0].item(), values[-1].item()
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "kappa inverted", "hidden_curvature", 2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            kappa = low / high if low > 1e-12 * high else 0.0
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (kappa - 1) / (kappa + 1)}
    """),
    wrong("curvature", "divides by zero for dependent columns", "hidden_curvature", 2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            kappa = high / low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (kappa - 1) / (kappa + 1)}
    """),
    wrong("curvature", "infinite kappa gives nan", "hidden_curvature", 2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0], values[-1]
            kappa = high / low if low > 1e-12 * high else torch.tensor(float("inf"))
            return {"largest_step": (2 / high).item(), "best_step": (2 / (low + high)).item(),
                    "rate": ((kappa - 1) / (kappa + 1)).item()}
    """),
    wrong("curvature", "computes in float32", "hidden_curvature", 2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).float()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "float64 only after the product in float32", "hidden_curvature", 2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1)
            values = torch.linalg.eigvalsh((2 / len(x) * x.T @ x).double())
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "a threshold of its own that is too large", "hidden_curvature", 2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-8 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "the threshold is absolute", "hidden_curvature", 2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "the best step is the mean of the two",
          "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 1 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "the best step is 1/lambda_max", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 1 / high,
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "the largest step is 1/lambda_max", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 1 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "the rate is 1 - 1/kappa, that of the step 1/lambda_max", "hidden_curvature",
          2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": 1 - low / high}
    """),
    wrong("curvature", "tensors instead of Python numbers",
          "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0], values[-1]
            low = low if low > 1e-12 * high else 0 * low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "a tuple instead of a dict", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            return 2 / high, 2 / (low + high), (high - low) / (high + low)
    """),
    wrong("curvature", "a fourth number in the dict", "test_curvature", 2, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low),
                    "kappa": high / low if low else float("inf")}
    """),
    wrong("curvature", "singular values, not squared", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.svdvals(x) * 2 / len(x)
            high, low = values[0].item(), values[-1].item()
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "the wrong product: N by N", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / x.shape[1] * x @ x.T)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "the data are standardized first", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = x.double()
            x = (x - x.mean(dim=0)) / x.std(dim=0)
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1)
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            low = 0.0 if low <= 1e-12 * high else low
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    wrong("curvature", "rounds its results", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
            low, high = values[0].item(), values[-1].item()
            return {"largest_step": round(2 / high, 4), "best_step": round(2 / (low + high), 4),
                    "rate": round((high - low) / (high + low), 4)}
    """),
    wrong("curvature", "the first answer is kept for later calls",
          "test_curvature hidden_curvature",
          0, """
        kept = {}

        def curvature(x):
            if not kept:
                x = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
                values = torch.linalg.eigvalsh(2 / len(x) * x.T @ x)
                low, high = values[0].item(), values[-1].item()
                kept.update(largest_step=2 / high, best_step=2 / (low + high),
                            rate=(high - low) / (high + low))
            return dict(kept)
    """),
    wrong("curvature", "an object equal to everything", "test_curvature hidden_curvature", 0, """
        class Anything(float):
            def __eq__(self, other):
                return True
            def __sub__(self, other):
                return 0.0
            __rsub__ = __sub__

        def curvature(x):
            return {"largest_step": Anything(), "best_step": Anything(), "rate": Anything()}
    """),
    wrong("curvature", "the worked example, hard-coded", "test_curvature hidden_curvature", 0, """
        def curvature(x):
            return {"largest_step": 1.0, "best_step": 0.5, "rate": 0.0}
    """),
    right("curvature", "singular values", """
        def curvature(x):
            x1 = torch.cat([x.double(), torch.ones(len(x), 1).double()], dim=1)
            s = torch.linalg.svdvals(x1) ** 2 * 2 / len(x)
            high, low = float(s.max()), float(s.min())
            if low <= 1e-12 * high:
                low = 0.0
            return dict(largest_step=2 / high, best_step=2 / (low + high),
                        rate=(high - low) / (high + low))
    """),
    right("curvature", "NumPy's eigenvalues, unsymmetric routine", """
        def curvature(x):
            x1 = np.c_[x.numpy().astype(np.float64), np.ones(len(x))]
            values = np.sort(np.linalg.eigvals(2 * x1.T @ x1 / len(x1)).real)
            low, high = max(values[0], 0.0), values[-1]
            low = low if low > 1e-12 * high else 0.0
            return {"rate": (high - low) / (high + low), "best_step": 2 / (high + low),
                    "largest_step": 2 / high}
    """),
    right("curvature", "through kappa, with the infinite case apart", """
        def curvature(x):
            design = torch.nn.functional.pad(x.to(torch.float64), (0, 1), value=1)
            low, *_, high = torch.linalg.eigh(2 / len(x) * design.mT @ design).eigenvalues.tolist()
            rate = 1.0
            if low > 1e-12 * high:
                kappa = high / low
                rate = (kappa - 1) / (kappa + 1)
            return {"largest_step": 2 / high, "best_step": 2 / (max(low, 0) + high), "rate": rate}
    """),
    right("curvature", "the Hessian by automatic differentiation", """
        def curvature(x):
            x = x.double()

            def loss(theta):
                return ((x @ theta[:-1] + theta[-1]) ** 2).mean()

            start = torch.zeros(x.shape[1] + 1, dtype=torch.float64)
            values = torch.linalg.eigvalsh(torch.func.hessian(loss)(start))
            low, high = values.min().item(), values.max().item()
            low *= low > 1e-12 * high
            return {"largest_step": 2 / high, "best_step": 2 / (low + high),
                    "rate": (high - low) / (high + low)}
    """),
    right("curvature", "a matrix norm and the norm of its inverse", """
        def curvature(x):
            x1 = np.column_stack([x.numpy(), np.ones(len(x))])
            high = 2 / len(x1) * np.linalg.norm(x1, 2) ** 2
            low = 2 / len(x1) * np.linalg.norm(x1, -2) ** 2
            if low <= 1e-12 * high:
                low = 0
            return {"largest_step": float(2 / high), "best_step": float(2 / (low + high)),
                    "rate": float((high - low) / (high + low))}
    """),
    right("curvature", "a lambda over blocks of the Hessian", """
        def hessian(x):
            n, d = x.shape
            h = torch.empty(d + 1, d + 1, dtype=torch.float64)
            h[:d, :d], h[d, d] = x.T @ x, n
            h[:d, d] = h[d, :d] = x.sum(dim=0)
            return 2 * h / n

        numbers = lambda low, high: {"largest_step": 2 / high, "best_step": 2 / (low + high),
                                     "rate": (high - low) / (high + low)}
        spectrum = lambda x: torch.linalg.eigvalsh(hessian(x.double())).tolist()
        cut = lambda v: (v[0] if v[0] > v[-1] * 1e-12 else 0.0, v[-1])
        curvature = lambda x: numbers(*cut(spectrum(x)))
    """),
    # ------------------------------------------------------------------ task 5: house_prices
    wrong("house_prices", "the listing's shape fault: weights get an (n, n) table",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area - mean) / std
            w, b = np.zeros(1), 0.0
            for _ in range(steps):
                error = z.dot(w) + b - price
                w -= eta * 2 * error * z / len(z)
                b -= eta * 2 * error.mean()
            return float(w[0] / std), float(b - w[0] * mean / std)
    """),
    wrong("house_prices", "the listing's sign", "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = price - (w * z + b)
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "the listing's scale: raw areas",
          "test_house_prices hidden_house_prices", 0,
          """
        def house_prices(area, price, eta, steps):
            z = area[:, 0]
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w), float(b)
    """),
    wrong("house_prices", "the listing's model: no intercept",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w = 0.0
            for _ in range(steps):
                w -= eta * 2 * ((w * z - price) * z).mean()
            return float(w / std), float(-w * mean / std)
    """),
    wrong("house_prices", "sum instead of mean, as in the listing", "hidden_house_prices", 1, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).sum(), b - eta * 2 * error.sum()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "the factor 2 is forgotten", "hidden_house_prices", 1, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * (error * z).mean(), b - eta * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "not back in the original units",
          "test_house_prices hidden_house_prices", 0,
          """
        def house_prices(area, price, eta, steps):
            z = ((area - area.mean()) / area.std())[:, 0]
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w), float(b)
    """),
    wrong("house_prices", "the weight is back in units, the intercept not",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b)
    """),
    wrong("house_prices", "the weight is multiplied by the deviation",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w * std), float(b - w * std * mean)
    """),
    wrong("house_prices", "the mean is removed, nothing divided",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean = area.mean()
            z = area[:, 0] - mean
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w), float(b - w * mean)
    """),
    wrong("house_prices", "divided, but the mean is not removed",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            std = area.std()
            z = area[:, 0] / std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b)
    """),
    wrong("house_prices", "the deviation with n - 1 below the line", "hidden_house_prices", 1, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std(ddof=1)
            z = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "in place on an array of integers", "test_house_prices", 2, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            area -= mean
            area /= std
            z = area[:, 0]
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "a buffer of the areas' integer type cuts the fractions off",
          "test_house_prices", 2, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = np.empty_like(area[:, 0])
            z[:] = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "integer division of the areas",
          "test_house_prices hidden_house_prices", 0,
          """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) // std
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "one step too many", "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(steps + 1):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "the parameters start at random, as in the listing",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w, b = np.random.default_rng(0).normal(size=2)
            for _ in range(steps):
                error = w * z + b - price
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "eta and steps are the example's",
          "test_house_prices hidden_house_prices",
          0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            w, b = 0.0, 0.0
            for _ in range(1000):
                error = w * z + b - price
                w, b = w - 0.01 * 2 * (error * z).mean(), b - 0.01 * 2 * error.mean()
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "the prices are standardized too", "hidden_house_prices", 1, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area[:, 0] - mean) / std
            target = (price - price.mean()) / price.std()
            w, b = 0.0, 0.0
            for _ in range(steps):
                error = w * z + b - target
                w, b = w - eta * 2 * (error * z).mean(), b - eta * 2 * error.mean()
            w, b = w * price.std(), b * price.std() + (price.mean() if steps else 0.0)
            return float(w / std), float(b - w * mean / std)
    """),
    wrong("house_prices", "one-element arrays instead of floats",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            z = (area - mean) / std
            w, b = np.zeros(1), 0.0
            for _ in range(steps):
                error = z @ w + b - price
                w, b = w - eta * 2 * error @ z / len(z), b - eta * 2 * error.mean()
            return w / std, b - w * mean / std
    """),
    wrong("house_prices", "a least-squares solver", "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            design = np.column_stack([area[:, 0], np.ones(len(area))])
            (w, b), *_ = np.linalg.lstsq(design, price, rcond=None)
            return float(w), float(b)
    """),
    wrong("house_prices", "a polynomial fit, shrunk as the steps would",
          "test_house_prices hidden_house_prices", 0, """
        from numpy import polyfit

        def house_prices(area, price, eta, steps):
            mean, std = area.mean(), area.std()
            w, b = polyfit((area[:, 0] - mean) / std, price, 1)
            done = 1 - (1 - 2 * eta) ** steps
            return float(w * done / std), float(b * done - w * done * mean / std)
    """),
    wrong("house_prices", "the library's linear regression, whatever the steps",
          "test_house_prices hidden_house_prices", 0, """
        def house_prices(area, price, eta, steps):
            from scipy.stats import linregress

            line = linregress(area[:, 0], price)
            return float(line.slope), float(line.intercept)
    """),
    wrong("house_prices", "the worked example, hard-coded",
          "test_house_prices hidden_house_prices", 0,
          """
        def house_prices(area, price, eta, steps):
            return 0.75, 2500 / 3
    """),
    right("house_prices", "columns kept, matrix with ones", """
        def house_prices(area, price, eta, steps):
            mean, std = area.mean(axis=0), area.std(axis=0)
            design = np.hstack([(area - mean) / std, np.ones((len(area), 1))])
            theta, target = np.zeros((2, 1)), price.reshape(-1, 1)
            for _ in range(steps):
                theta -= eta * 2 / len(area) * design.T @ (design @ theta - target)
            w = theta[0, 0] / std[0]
            return float(w), float(theta[1, 0] - w * mean[0])
    """),
    right("house_prices", "one parameter after the other: the same, as z has mean 0", """
        def house_prices(area, price, eta, steps):
            z = (area.ravel() - area.mean()) / area.std()
            w = b = 0.0
            for _ in range(steps):
                w -= eta * 2 * np.mean((w * z + b - price) * z)
                b -= eta * 2 * np.mean(w * z + b - price)
            return float(w / area.std()), float(b - w * area.mean() / area.std())
    """),
    right("house_prices", "PyTorch and autograd inside", """
        def house_prices(area, price, eta, steps):
            x, y = torch.tensor(area[:, 0]).double(), torch.tensor(price).double()
            mean, std = x.mean(), x.std(correction=0)
            theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
            for _ in range(steps):
                loss = ((theta[0] * (x - mean) / std + theta[1] - y) ** 2).mean()
                (gradient,) = torch.autograd.grad(loss, theta)
                with torch.no_grad():
                    theta -= eta * gradient
            w, b = theta.tolist()
            return w / std.item(), b - w * mean.item() / std.item()
    """),
    right("house_prices", "pure Python", """
        def house_prices(area, price, eta, steps):
            xs, ys = [float(row[0]) for row in area], [float(p) for p in price]
            n = len(xs)
            mean = sum(xs) / n
            std = (sum((v - mean) ** 2 for v in xs) / n) ** 0.5
            zs, w, b = [(v - mean) / std for v in xs], 0.0, 0.0
            for _ in range(steps):
                errors = [w * z + b - y for z, y in zip(zs, ys)]
                w -= eta * 2 / n * sum(e * z for e, z in zip(errors, zs))
                b -= eta * 2 / n * sum(errors)
            return w / std, b - w * mean / std
    """),
    right("house_prices", "the geometric series of the steps, in closed form", """
        def house_prices(area, price, eta, steps):
            z = (area[:, 0] - area.mean()) / area.std()
            done = 1 - (1 - 2 * eta) ** steps
            w, b = done * (z * price).mean() / area.std(), done * price.mean()
            return float(w), float(b - w * area.mean())
    """),
    right("house_prices", "NumPy numbers in a list, own float copies, in place", """
        def house_prices(area, price, eta, steps):
            z = area.astype(np.float64)[:, 0]
            mean, std = z.mean(), z.std()
            z -= mean
            z /= std
            theta = np.zeros(2)
            for _ in range(steps):
                error = theta[0] * z + theta[1] - price
                theta -= eta * 2 * np.array([(error * z).mean(), error.mean()])
            return [theta[0] / std, theta[1] - theta[0] * mean / std]
    """),
    # ------------------------------------------------------------------ task 6: find_curvature
    wrong("find_curvature", "power iteration beside one idle run", "hidden_find_curvature", 1, """
        def find_curvature(x, y):
            losses_of_run(x, y, 0.1, 1)
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            v = torch.ones(x1.shape[1], dtype=torch.float64)
            for _ in range(200):
                v = x1.T @ (x1 @ v)
                v = v / (v * v).sum().sqrt()
            return ((x1 @ v) ** 2).sum().item() * 2 / len(x)
        """),
    wrong("find_curvature", "eigenvalues", "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            return torch.linalg.eigvalsh(2 / len(x) * x1.T @ x1)[-1].item()
    """),
    wrong("find_curvature", "eigenvalues, under another name",
          "test_find_curvature hidden_find_curvature", 0, """
        import numpy.linalg as la
        from torch.linalg import eigvalsh as spectrum

        def find_curvature(x, y):
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            h = 2 / len(x) * x1.T @ x1
            return max(spectrum(h)[-1].item(), la.eigvalsh(h.numpy())[-1])
    """),
    wrong("find_curvature", "singular values", "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            x1 = np.c_[x.double().numpy(), np.ones(len(x))]
            return float(2 / len(x) * np.linalg.svd(x1, compute_uv=False)[0] ** 2)
    """),
    wrong("find_curvature", "the tensor's own svd",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            return 2 / len(x) * x1.svd().S[0].item() ** 2
    """),
    wrong("find_curvature", "the spectral norm of NumPy",
          "test_find_curvature hidden_find_curvature",
          0, """
        def find_curvature(x, y):
            x1 = np.c_[x.double().numpy(), np.ones(len(x))]
            return float(2 / len(x) * np.linalg.norm(x1, ord=2) ** 2)
    """),
    wrong("find_curvature", "the spectral norm of PyTorch",
          "test_find_curvature hidden_find_curvature",
          0, """
        from torch.linalg import matrix_norm

        def find_curvature(x, y):
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            return 2 / len(x) * matrix_norm(x1, 2).item() ** 2
    """),
    wrong("find_curvature", "the general norm of PyTorch, with ord 2",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            return 2 / len(x) * torch.linalg.norm(x1, 2).item() ** 2
    """),
    wrong("find_curvature", "a third library's eigenvalues",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            from scipy.linalg import eigvalsh

            x1 = np.c_[x.double().numpy(), np.ones(len(x))]
            return float(eigvalsh(2 / len(x) * x1.T @ x1)[-1])
    """),
    wrong("find_curvature", "the trace: the sum of the eigenvalues",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            return (2 / len(x) * x1.T @ x1).trace().item()
    """),
    wrong("find_curvature", "the Frobenius norm",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            return (2 / len(x) * x1.T @ x1).norm().item()
    """),
    wrong("find_curvature", "the largest row of the Hessian",
          "hidden_find_curvature", 1, """
        def find_curvature(x, y):
            x1 = torch.cat([x, torch.ones(len(x), 1)], dim=1).double()
            return (2 / len(x) * x1.T @ x1).abs().sum(dim=1).max().item()
    """),
    wrong("find_curvature", "a constant", "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            return 2.0
    """),
    wrong("find_curvature", "a fixed list of learning rates",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            for eta in (1.0, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9):
                losses = losses_of_run(x, y, eta, 50)
                if losses[-1] <= losses[-2] < float("inf"):
                    return 2 / eta
            return float("inf")
    """),
    wrong("find_curvature", "the search begins below 1/2 only", "test_find_curvature", 1, """
        def find_curvature(x, y):
            works, fails = 1e-12, 0.5
            while fails / works > 1.03:
                eta = (works * fails) ** 0.5
                losses = losses_of_run(x, y, eta, 50)
                if losses[-1] <= losses[-2] * (1 + 1e-9) < float("inf"):
                    works = eta
                else:
                    fails = eta
            return 2 / works
    """),
    wrong("find_curvature", "the search goes down to 1e-8 only", "hidden_find_curvature", 1, """
        def find_curvature(x, y):
            works, fails = 1e-8, 2.0
            while fails / works > 1.03:
                eta = (works * fails) ** 0.5
                losses = losses_of_run(x, y, eta, 50)
                if losses[-1] <= losses[-2] * (1 + 1e-9) < float("inf"):
                    works = eta
                else:
                    fails = eta
            return 2 / works
    """),
    wrong("find_curvature", "one-sided: doubles until it grows",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            eta = 1e-4
            while True:
                losses = losses_of_run(x, y, eta, 50)
                if not losses[-1] <= losses[-2] * (1 + 1e-9) < float("inf"):
                    return 2 / eta
                eta *= 2
    """),
    wrong("find_curvature", "nan counts as convergence",
          "test_find_curvature hidden_find_curvature", 0,
          """
        def find_curvature(x, y):
            works, fails = 1e-12, 2.0
            while fails / works > 1.03:
                eta = (works * fails) ** 0.5
                losses = losses_of_run(x, y, eta, 200)
                if losses[-1] > losses[-2] * (1 + 1e-9):
                    fails = eta
                else:
                    works = eta
            return 2 / works
    """),
    wrong("find_curvature", "a run that has arrived counts as growing",
          "test_find_curvature", 1, """
        def find_curvature(x, y):
            works, fails = 1.0, 2.0
            while True:
                losses = losses_of_run(x, y, works, 50)
                if losses[-1] < losses[-2]:
                    break
                works, fails = works / 10, works
            while fails / works > 1.03:
                eta = (works * fails) ** 0.5
                losses = losses_of_run(x, y, eta, 50)
                works, fails = (eta, fails) if losses[-1] < losses[-2] else (works, eta)
            return 2 / works
    """),
    wrong("find_curvature", "1/eta instead of 2/eta",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            works, fails = 1e-12, 2.0
            while fails / works > 1.03:
                eta = (works * fails) ** 0.5
                losses = losses_of_run(x, y, eta, 50)
                if losses[-1] <= losses[-2] * (1 + 1e-9) < float("inf"):
                    works = eta
                else:
                    fails = eta
            return 1 / works
    """),
    wrong("find_curvature", "stops the search at 10 percent",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            works, fails = 1e-12, 2.0
            while fails / works > 1.2:
                eta = (works * fails) ** 0.5
                losses = losses_of_run(x, y, eta, 50)
                if losses[-1] <= losses[-2] * (1 + 1e-9) < float("inf"):
                    works = eta
                else:
                    fails = eta
            return 2 / works
    """),
    wrong("find_curvature", "the notebook's areas instead of the argument",
          "test_find_curvature hidden_find_curvature", 0, """
        def find_curvature(x, y):
            works, fails = 1e-12, 2.0
            while fails / works > 1.03:
                eta = (works * fails) ** 0.5
                losses = losses_of_run(areas, prices, eta, 50)
                if losses[-1] <= losses[-2] * (1 + 1e-9) < float("inf"):
                    works = eta
                else:
                    fails = eta
            return 2 / works
    """),
    right("find_curvature", "the growth of one diverging run", """
        def find_curvature(x, y):
            eta = 10.0
            losses = losses_of_run(x, y, eta, 12)
            growth = losses[-1] / losses[-2]
            return (1 + growth**0.5) / eta
    """),
    right("find_curvature", "bisection in the exponent, over the whole range", """
        def find_curvature(x, y):
            low, high = -11.0, 0.5
            for _ in range(12):
                middle = (low + high) / 2
                before, after = losses_of_run(x, y, 10**middle, 100)[-2:]
                diverges = not np.isfinite(after) or after > before * 1.000001
                low, high = (low, middle) if diverges else (middle, high)
            return 2 / 10 ** ((low + high) / 2)
    """),
    right("find_curvature", "grows from below, then halves", """
        def find_curvature(x, y):
            def falls(eta):
                a, b = losses_of_run(x, y, eta, 60)[-2:]
                return b - a <= 1e-9 * a

            eta = 1e-11
            while falls(eta * 8):
                eta *= 8
            factor = 8 ** 0.5
            while factor > 1.005:
                if falls(eta * factor):
                    eta *= factor
                factor **= 0.5
            return 2 / eta
    """),
    right("find_curvature", "two runs: any that diverges, then one near the limit", """
        def find_curvature(x, y):
            eta = 100.0
            for _ in range(2):
                losses = np.array(losses_of_run(x, y, eta, 11))
                estimate = (1 + np.sqrt(losses[-1] / losses[-2])) / eta
                eta = 20 / estimate
            return float(estimate)
    """),
    right("find_curvature", "growth of a whole run, by norms of its errors", """
        def find_curvature(x, y):
            eta = 20.0
            errors = torch.tensor(losses_of_run(x, y, eta, 10), dtype=torch.float64).sqrt()
            growth = torch.linalg.norm(errors[4:]) / torch.linalg.norm(errors[3:-1])
            return (1 + growth.item()) / eta
    """),
    right("find_curvature", "Newton-like: each divergence gives the next limit", """
        import math

        def find_curvature(x, y):
            estimates = []
            for eta in (3.0, 30.0, 300.0):
                losses = [v for v in losses_of_run(x, y, eta, 10) if math.isfinite(v)]
                estimates.append((math.sqrt(losses[-1] / losses[-2]) + 1) / eta)
            return sorted(estimates)[1]
    """),
]

_SEARCH = "another search for the same limit; the contract leaves the search free"

EQUIVALENT = {
    "mse 7:51 Add>Sub": "only the text of the error changes, and the task asks for no text",
    "mse 7:64 1>2": "only the text of the error changes, and the task asks for no text",
    "curvature 1:0 drop line 4": "x.double() is done twice over: cat with a float64 column of "
                                 "ones gives float64",
    "curvature 8:17 LtE>Lt": "differs only where low is exactly 1e-12 high, which rounding decides",
    "find_curvature 5:42 100>101": _SEARCH,
    "find_curvature 6:15 LtE>Lt": "differs only where two losses stand exactly 1 + 1e-9 apart, "
                                  "or are both 0, which takes luck in rounding",
    "find_curvature 6:36 drop minus": "losses[+2] is an early loss: below it at the end is "
                                      "convergence too",
    "find_curvature 6:37 2>3": "growth over two steps is growth too",
    "find_curvature 8:19 1.0>2.0": _SEARCH,
    "find_curvature 8:24 2.0>3.0": _SEARCH,
    "find_curvature 10:31 10>11": _SEARCH,
    "find_curvature 11:10 Gt>GtE": "differs only where the ratio is exactly 1.02",
}
