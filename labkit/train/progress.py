"""A progress bar that only a person sees."""

import sys

from tqdm import tqdm


def watched() -> bool:
    """Whether someone looks on: a terminal, or a notebook that could ask its user a question.

    A notebook executed by a program (the book, nbgrader, nbval) cannot ask. There the bar would
    land in the stored output, and a line on stderr would cost a student the points of a test.
    """
    if sys.stdout.isatty():
        return True
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(getattr(shell, "kernel", None), "_allow_stdin", False)


def bar(total: int, done: int, wanted: bool) -> tqdm:
    """A bar of `total` steps, `done` of them earlier; silent unless `wanted` and watched."""
    return tqdm(total=total, initial=done, disable=not (wanted and watched()), file=sys.stdout,
                unit="step", leave=False)
