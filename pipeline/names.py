"""The names a person may give to cameras, collections and models."""

import re

from pipeline.errors import ConfigError

# Such a name is at once a YAML key, a part of a Redis key, a folder and a part of a URL.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def check_name(kind: str, name: str) -> str:
    """Return `name` if it may name a `kind` ("camera", say).

    Raises:
        ConfigError: it may not.
    """
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot name a {kind}: use 1 to 64 of a-z, 0-9, - and _, "
            "starting with a letter or digit"
        )
    return name
