"""Every attack, by theme."""

from tests.hostile.attack import Attack
from tests.hostile.attacks import (
    exhaust,
    files,
    flood,
    forge,
    hidden,
    kernel,
    leave,
    messages,
    metadata,
    notebook,
    protocol,
    reach,
    spy,
)

THEMES = {
    "exhaust": exhaust.ATTACKS, "kernel memory": kernel.ATTACKS, "flood": flood.ATTACKS,
    "reach": reach.ATTACKS, "spy": spy.ATTACKS, "leave": leave.ATTACKS, "forge": forge.ATTACKS,
    "messages": messages.ATTACKS, "protocol": protocol.ATTACKS, "hidden tests": hidden.ATTACKS,
    "files": files.ATTACKS, "notebook": notebook.ATTACKS, "metadata": metadata.ATTACKS,
}


def attacks() -> list[Attack]:
    """All of them; no two share a name or a student's id."""
    return [one for theme in THEMES.values() for one in theme]
