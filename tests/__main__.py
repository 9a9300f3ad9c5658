"""`python -m tests [STAGE ...]`: everything that CI runs, stage by stage, with seconds at the end.

Extra pytest options go after `--`: `python -m tests labkit -- -k checkpoint`.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import labkit.authoring  # noqa: F401  (puts the environment's own tools on the path)

ROOT = Path(__file__).resolve().parents[1]
PYTHON = [sys.executable, "-m"]
TWO = ["-n", "2", "--dist", "loadfile"]

# stage: (command, its pytest options or None for a command that only passes or fails)
STAGES: dict[str, tuple[list[str], list[str] | None]] = {
    "lint": ([*PYTHON, "ruff", "check", "."], None),
    "exercises": ([*PYTHON, "labkit.authoring", "exercises", "--check"], None),
    "book": ([*PYTHON, "labkit.authoring", "book"], None),
    "labkit": ([*PYTHON, "pytest", "tests/labkit"], TWO),
    "trials": ([*PYTHON, "pytest", "tests/trials"], TWO),
    "authoring": ([*PYTHON, "pytest", "tests/authoring"], TWO),
    "answers": ([*PYTHON, "pytest", "tests/answers"], []),
    "nbval": ([*PYTHON, "pytest", "--nbval", "solutions"], []),
    "grading": ([*PYTHON, "pytest", "tests/grading"], TWO),
    "hostile": ([*PYTHON, "pytest", "tests/hostile"], []),
    "site": ([*PYTHON, "pytest", "tests/site"], []),
}


def run(stage: str, extra: list[str], folder: Path) -> tuple[bool, dict[str, int], float]:
    """Run one stage; (did it pass, counts of tests, seconds)."""
    command, options = STAGES[stage]
    report = folder / f"{stage}.xml"
    if options is not None:
        command = [*command, *options, "-q", f"--junitxml={report}", *extra]
    print(f"\n=== {stage}: {' '.join(command[1:])}", flush=True)
    start = time.time()
    passed = subprocess.run(command, cwd=ROOT).returncode == 0
    return passed, counts(report, passed), time.time() - start


def counts(report: Path, passed: bool) -> dict[str, int]:
    """Passed, failed and skipped tests of a stage; a stage without a report is one test."""
    if not report.exists():
        return {"passed": int(passed), "failed": int(not passed), "skipped": 0}
    suite = ElementTree.parse(report).getroot()[0]
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    skipped = int(suite.get("skipped", 0))
    # a run that breaks after its tests counts as a failure too
    failed = max(failed, int(not passed))
    return {"passed": max(int(suite.get("tests", 0)) - failed - skipped, 0),
            "failed": failed, "skipped": skipped}


def main() -> int:
    """Run the stages that are named, or all; print seconds and counts by stage."""
    arguments, extra = sys.argv[1:], []
    if "--" in arguments:
        cut = arguments.index("--")
        arguments, extra = arguments[:cut], arguments[cut + 1:]
    unknown = set(arguments) - set(STAGES)
    if unknown:
        print(f"no stage {sorted(unknown)}; the stages are {', '.join(STAGES)}")
        return 2
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # A shell starts what it puts into the background deaf to Ctrl-C, and so would be every process
    # that a test interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        rows = {stage: run(stage, extra, Path(folder)) for stage in arguments or STAGES}
    print(f"\n{'stage':<10} {'seconds':>8} {'passed':>7} {'failed':>7} {'skipped':>8}")
    for stage, (_, number, seconds) in rows.items():
        print(f"{stage:<10} {seconds:>8.0f} {number['passed']:>7} {number['failed']:>7} "
              f"{number['skipped']:>8}")
    total = {kind: sum(number[kind] for _, number, _ in rows.values())
             for kind in ("passed", "failed", "skipped")}
    print(f"{'all':<10} {sum(seconds for _, _, seconds in rows.values()):>8.0f}")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 0 if all(passed for passed, _, _ in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
