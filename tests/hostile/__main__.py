"""`python -m tests.hostile [--record] [--unsafe] [--ordinary] [ATTACK ...]`: run, and report.

`--record` writes table.json, which the instructors' page shows; read what changed.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from tests.hostile.attacks import attacks
from tests.hostile.classroom import clear
from tests.hostile.judge import as_table
from tests.hostile.lesson import hold

TABLE = Path(__file__).with_name("table.json")


def main() -> int:
    """Run the named attacks, or all; return how many succeeded that may not."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    for name in ("record", "unsafe", "ordinary", "keep"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("names", nargs="*")
    words = parser.parse_args()
    chosen = [one for one in attacks() if not words.names or one.name in words.names]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = Path(tempfile.mkdtemp(prefix="hostile-"))
    start = time.time()
    try:
        lesson = hold(folder, chosen, *(["--unsafe"] if words.unsafe else []),
                      ordinary=words.ordinary)
    finally:
        print(folder) if words.keep else clear(folder)
    print(lesson.said[-3000:])
    for one in lesson.verdicts.values():
        print(f"{one.name:<22}{one.earned:>4g} {one.given!s:>5} {one.status:<14} {one.harm} "
              f"{'(allowed)' if one.harm and one.allowed else ''}")
        odd = one.status not in next(a.statuses for a in chosen if a.name == one.name)
        print("   ", "ODD STATUS" if odd else "", lesson.reasons.get(one.name, ""))
    print(*(f"neighbour {name}: {told} {lesson.reasons.get(name)}"
            for name, told in lesson.scores.items()), sep="\n")
    print(*lesson.harms, lesson.most, f"{time.time() - start:.0f} s", sep="\n")
    if words.record:
        TABLE.write_text(as_table(list(lesson.verdicts.values())), encoding="utf-8")
    return sum(bool(one.harm) and not one.allowed for one in lesson.verdicts.values())


if __name__ == "__main__":
    raise SystemExit(main())
