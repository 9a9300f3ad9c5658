"""Honest students among the hostile ones, with scores that were known beforehand."""

from nbformat import NotebookNode

from tests.answers.gradient_descent import ANSWERS
from tests.hostile.attack import POINTS, own, partly


def _bank(task: str, title: str) -> str:
    return next(one.code for one in ANSWERS if (one.task, one.title) == (task, title))


def _other_style() -> dict[str, str]:
    """For each task the last right answer of the bank: another style than the reference."""
    return {one.task: one.code for one in ANSWERS if one.score is None}


def _curious() -> NotebookNode:
    """Own cells that plot, print, warn, start a thread and a process, and write a file."""
    notebook = partly(*POINTS)
    notebook.cells.insert(2, own("""
        import subprocess, threading, warnings
        import matplotlib.pyplot as plt
        plt.plot([1, 2, 3])
        warnings.warn("only a warning")
        print(subprocess.run(["echo", "hello"], capture_output=True, text=True).stdout)
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start(), thread.join()
        open("mine.txt", "w").write("mine")
        print(open("notes.txt").read()[:4])
        """, 1))
    return notebook


def neighbours() -> dict[str, tuple[NotebookNode, float]]:
    """Notebook and score by student; all of them lie between the attacks in any order by name."""
    sums = {"mse": _bank("mse", "sum instead of mean"),
            "mse_gradient": "def mse_gradient(x, y, theta):\n    return theta * 0"}
    return {
        "ada": (partly(*POINTS), 17),
        "ben": (partly(), 0),
        "carl": (partly("mse", "descend", "curvature"), 10),
        "eve": (partly(**_other_style()), 17),
        "gus": (partly("descend", "curvature", "house_prices", "find_curvature", **sums), 13),
        "ida": (_curious(), 17),
        "kim": (partly("mse", "mse_gradient", "curvature", "house_prices", "find_curvature",
                       descend="def descend(a, c, theta, eta, steps:\n    return"), 13),
        "max": (partly("find_curvature"), 2),
        "olga": (partly(*POINTS, mse=_bank("mse", "no check of theta")), 16),
        "rita": (partly(*POINTS, house_prices="def house_prices(*_):\n    raise KeyError"), 14),
        "tom": (partly(*POINTS), 17),
        "zoe": (partly("mse", "house_prices"), 5),
    }
