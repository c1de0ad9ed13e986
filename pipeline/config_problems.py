"""What is wrong with the settings, a line each: where, which, and what is allowed.

The value is repeated only where the setting is known and no secret could hide in it.
"""

import re
from collections.abc import Mapping, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from pipeline.config_names import Key, Setting, choose, nearest, to_text
from pipeline.logs import scrub

MOST = 5
_LONGEST = 60
_REASONS = {
    "missing": "is missing",
    "string_type": "must be text: put it in quotes",
    "string_unicode": "must be text in UTF-8",
    "path_type": "must be a path",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "model_type": "must hold `name: value` lines",
    "dict_type": "must hold `name: value` lines",
}
_WORDS = {
    "True or False": "true or false",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "greater than": "above",
    "less than": "below",
}


def unknown(key: Key, settings: Sequence[Setting]) -> str:
    """Say that `key` is no setting, and which one was meant."""
    meant = nearest(key, choose(settings, key))
    hint = f"; did you mean {to_text(meant)}?" if meant else ""
    return f"{to_text(key)} is no setting{hint}"


def explain(
    error: ValidationError, settings: Sequence[Setting], origins: Mapping[Key, str]
) -> list[str]:
    """One line for each thing that `error` lists.

    Args:
        error: what pydantic found.
        settings: every setting there is.
        origins: which file or variable a key came from; keys from flags have none.
    """
    lines = []
    for found in error.errors(include_url=False, include_context=False):
        key = tuple(str(part) for part in found["loc"])
        origin = _origin_of(key, origins)
        lines.append((f"{origin}: " if origin else "") + _reason(key, found, settings))
    return lines


def one_line(problems: Sequence[str]) -> str:
    """The first few of them; whoever mends those is told the rest."""
    unique = list(dict.fromkeys(problems))
    rest = f"; and {len(unique) - MOST} more" if len(unique) > MOST else ""
    return re.sub(r"\s+", " ", scrub("; ".join(unique[:MOST]))) + rest


def _origin_of(key: Key, origins: Mapping[Key, str]) -> str:
    for length in range(len(key), 0, -1):
        for known, origin in origins.items():
            if known[:length] == key[:length]:
                return origin
    return ""


def _reason(key: Key, found: ErrorDetails, settings: Sequence[Setting]) -> str:
    if found["type"] == "extra_forbidden":
        return unknown(key, settings)
    text = found["msg"].removeprefix("Value error, ")
    text = re.sub(r"^(Input|String|Value) should ", "must ", text)
    for theirs, ours in _WORDS.items():
        text = text.replace(theirs, ours)
    text = _REASONS.get(found["type"], text)
    colon = ":" if text.startswith("'") else ""
    return f"{to_text(key)}{colon} {text}{_value(key, found, settings)}".lstrip()


def _value(key: Key, found: ErrorDetails, settings: Sequence[Setting]) -> str:
    value = found["input"]
    setting = next((s for s in settings if s.fits(key)), None)
    is_safe = setting and not (setting.is_secret or setting.is_branch or key[-1] == "url")
    if not is_safe or found["type"] == "missing" or not isinstance(value, str | int | float):
        return ""
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return f" (it is {shown if len(shown) <= _LONGEST else shown[:_LONGEST] + '…'})"
