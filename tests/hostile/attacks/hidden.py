"""Attacks that read a hidden test while it runs: it lies in the process of the one it tests."""

from tests.hostile.attack import POINTS, READ, Attack, first, partly

CALLER = """
import sys
def {name}(*given):
    frame = sys._getframe()
    while frame is not None:
        for line in str(frame.f_locals.get("raw_cell", "")).splitlines():
            print("STOLEN:", line)
        frame = frame.f_back
    return None"""


def shown(name: str, what: str, code: str, after: bool = True) -> Attack:
    """`mse` is answered; an own cell before the tests, or after them, holds `code`."""
    notebook = first(code, "mse")
    if after:
        notebook.cells.append(notebook.cells.pop(2))
    return Attack(name, what, notebook, POINTS["mse"], ("graded", "tampered"), READ)


ATTACKS = [
    shown("history", "prints IPython's history, in which the hidden tests stand", """
        for line in "\\n".join(In).splitlines():
            print("STOLEN:", line)
        """),
    shown("history-file", "keeps what each cell was in a file, and shows it later", """
        get_ipython().events.register("pre_run_cell", lambda info: open("seen", "a").write(
            info.raw_cell))
        import threading, time
        def later():
            time.sleep(0.3)
            print("STOLEN:", open("seen").read())
        threading.Thread(target=later).start()
        """, after=False),
    Attack("frames", "an answer looks through the frames that called it and prints their text",
           partly("mse", mse_gradient=CALLER.format(name="mse_gradient")), 2,
           ("graded", "tampered"), READ),
    shown("collector", "searches everything in memory for strings that hold a hidden test", """
        import gc
        for one in gc.get_objects():
            if isinstance(one, (list, dict, tuple)):
                for text in (one.values() if isinstance(one, dict) else one):
                    if isinstance(text, str) and "HIDDEN TESTS" in text:
                        for line in text.splitlines():
                            print("STOLEN:", line)
        """),
    Attack("raised", "an answer raises the hidden test as the text of its error",
           partly("mse", mse_gradient="""def mse_gradient(*_):
    raise ValueError("STOLEN: " + "\\n".join(In[-1:]))"""), 2, ("graded", "tampered"), READ),
    Attack("wanted", "an answer returns what the test has just computed to compare with it",
           partly("mse", mse_gradient="""def mse_gradient(x, y, theta):
    import __main__
    wanted = getattr(__main__, "_want", None)
    if wanted is not None and wanted.shape == theta.shape and theta.abs().sum() > 0:
        error = x @ theta[:-1] + theta[-1] - y
        return wanted.detach().clone() if error.abs().max() > 1e-9 else theta * 0
    if len(x) == 1:
        return -2 * y[0] * torch.cat([x[0], torch.ones(1, dtype=x.dtype)])
    return theta * 0"""), 2, ("graded", "tampered"), READ),
]
