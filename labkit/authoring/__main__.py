"""`python -m labkit.authoring COMMAND`: the commands behind the Makefile."""

import sys
from importlib import import_module

COMMANDS = {
    "exercises": "build the executed notebooks and the students' versions from solutions/NAME.py",
    "book": "build the website into book/_build/html",
    "lab": "copy the exercises that are not there yet into work/ and open JupyterLab on it",
    "formgrader": "open JupyterLab on the course with nbgrader's pages",
    "record": "run what a page cannot compute in its time, or check what was recorded",
    "release": "write dist/course-student.zip, what students receive",
}


def main() -> int:
    """Dispatch to the module of the same name; each has `main(arguments) -> exit status`."""
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        print("usage: python -m labkit.authoring COMMAND [arguments]\n")
        print("\n".join(f"  {name:<11} {what}" for name, what in COMMANDS.items()))
        return 2
    return import_module(f"labkit.authoring.{sys.argv[1]}").main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
