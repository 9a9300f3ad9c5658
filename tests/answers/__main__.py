"""`python -m tests.answers [NAME ...]`: what the banks of answers say of the graders."""

import sys
from importlib import import_module
from pathlib import Path

from tests.answers import harness
from tests.answers.report import report


def names() -> list[str]:
    """Every assignment, by its source."""
    return sorted(path.stem for path in Path("solutions").glob("*.py"))


def main() -> int:
    """Print every answer, then the faults, then one line a topic; 1 when there is a fault."""
    reports = []
    for name in sys.argv[1:] or names():
        bank = import_module(f"tests.answers.{name}")
        reports.append(report(harness.load(name), bank, say=lambda row: print(row, flush=True)))
    for found in reports:
        print("\n".join(f"FAULT {fault}" for fault in found.faults))
        print(found.line)
    return 1 if any(found.faults for found in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
