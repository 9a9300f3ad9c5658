"""What instructors use: nbgrader's own hooks, put right, and the gradebook. No torch here."""

import os
import sys
from pathlib import Path

_HERE = str(Path(sys.executable).parent)

# nbgrader starts `alembic` by name whenever it makes a gradebook: found without activation too.
if _HERE not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([_HERE, os.environ.get("PATH", "")])
