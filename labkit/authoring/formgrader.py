"""Open JupyterLab on the whole course, at the page where nbgrader's submissions are graded.

`python -m labkit.authoring formgrader [arguments of jupyter lab]`. The course's own
nbgrader_config.py is read, because the server starts in the course's folder.
"""

from labkit.authoring.lab import ROOT, jupyterlab


def main(argv: list[str]) -> int:
    """Run JupyterLab until it is stopped."""
    return jupyterlab(ROOT, ["--LabApp.default_url=/formgrader", *argv])
