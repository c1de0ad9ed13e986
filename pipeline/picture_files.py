"""A picture file on its way into a search."""

from base64 import b64encode
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.likeness_fields import MOST_BYTES
from pipeline.logs import printable


def encoded(file: Path) -> str:
    """The bytes of a picture file in base64.

    Raises:
        ConfigError: it cannot be read, or is larger than is taken.
    """
    name = printable(str(file))
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(
            f"cannot read the picture {name} ({error.strerror}): give another file"
        ) from error
    if len(data) > MOST_BYTES:
        raise ConfigError(
            f"the picture {name} has more than {MOST_BYTES // 2**20} MiB: shrink it, or cut the "
            "person out"
        )
    return b64encode(data).decode("ascii")
