"""YAML as settings need it: safe, every key once, every key text, errors on one line."""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode

from pipeline.errors import ConfigError

_MAX_BYTES = 4 << 20


class _Loader(yaml.SafeLoader):
    """The safe loader, minus what makes a typing error pass unseen."""

    def map_once(self, node: MappingNode) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode) or key.tag.endswith((":int", ":bool", ":null")):
                raise ConfigError(f"line {line}: a key must be text: put it in quotes")
            if key.value in seen:
                raise ConfigError(f"line {line}: {key.value!r} is there twice")
            seen.add(key.value)
        # Deep, so that a map that contains itself is refused instead of walked for ever.
        return self.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.map_once)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in the file at `path`; an empty file holds an empty one.

    Raises:
        ConfigError: it is missing, unreadable, not YAML, or not a mapping.
    """
    text = _read_text(path)
    try:
        # _Loader is a SafeLoader: it builds plain values and nothing else.
        read = yaml.load(text, _Loader)
    except ConfigError as error:
        raise ConfigError(f"{path}, {error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}{_place(error)}: not valid YAML{_cause(error)}") from error
    if read is None:
        return {}
    if not isinstance(read, dict):
        raise ConfigError(f"{path}: must hold `name: value` lines, such as `log_level: info`")
    return read


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such settings file; check --config or DESCRY_CONFIG"
        ) from error
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise ConfigError(f"{path}: cannot read the settings file ({reason})") from error
    if len(content) > _MAX_BYTES:
        raise ConfigError(f"{path}: larger than 4 MiB, and so no settings file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not a text file in UTF-8") from error


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _cause(error: Exception) -> str:
    """What the parser said, minus the words it quotes: one of them may be a password."""
    problem = getattr(error, "problem", None) or ""
    said = re.sub(r"'[^']{2,}'|\"[^\"]{2,}\"", "…", str(problem))
    hint = "quote a value that begins with one of * & ! @ % [ { or holds ': '"
    return f" ({said}; {hint})" if said else ""
