"""What authors use: builds exercises and the book, runs listings as printed, packs the release."""

import os
import sys
from pathlib import Path

# nbgrader starts `alembic`, and Sphinx `node`, by name: without an activated environment they are
# found only if the folder of this interpreter is on the path.
_HERE = str(Path(sys.executable).parent)
if _HERE not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([_HERE, os.environ.get("PATH", "")])
