"""Whether pictures to learn from were drawn: who learns from them alone has seen nobody real."""

import json
from pathlib import Path

NOTE = "stills.json"
"""What `descry street stills` leaves beside them; without it they are taken for real."""

KIND = "stills"


def is_drawn(root: Path) -> bool:
    """Whether a data set, a folder or a file in one, is of rendered people only."""
    folder = root if root.is_dir() else root.parent
    try:
        said = json.loads((folder / NOTE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("kind") == KIND
