"""The instant that a file's name tells, by a pattern that somebody gave."""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pipeline.errors import ConfigError

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DIRECTIVES = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "m": r"(?:0[1-9]|1[0-2])",
    "b": f"(?i:{_MONTHS})",
    "d": r"(?:0[1-9]|[12]\d|3[01])",
    "j": r"\d{3}",
    "H": r"(?:[01]\d|2[0-3])",
    "I": r"(?:0[1-9]|1[0-2])",
    "p": "(?i:AM|PM)",
    "M": r"[0-5]\d",
    "S": r"[0-5]\d",
    "f": r"\d{1,6}",
    "z": r"(?:Z|[+-]\d{2}:?\d{2})",
    "s": r"\d{9,10}",
}
_DATES = (
    {"Y", "m", "d"},
    {"y", "m", "d"},
    {"Y", "b", "d"},
    {"y", "b", "d"},
    {"Y", "j"},
    {"y", "j"},
    {"s"},
)
EXAMPLE = "name:'%Y%m%d_%H%M%S'"


class NamePattern:
    """Where in a file's name the instant stands, in the directives of `strptime`.

    The pattern may stand anywhere in the name, but not inside a longer number; with a `/` in it,
    it is laid on the folder's name too; a directive that comes twice must tell the same. `%s` is
    Unix seconds.
    """

    def __init__(self, pattern: str) -> None:
        """Read a pattern.

        Raises:
            ConfigError: it has a directive that is unknown, or does not tell a day.
        """
        self.text = pattern
        parts = re.findall(r"%.|[^%]+|%$", pattern, re.DOTALL)
        used = {part[1:] for part in parts if part.startswith("%") and part != "%%"}
        if unknown := sorted(used - _DIRECTIVES.keys()):
            raise ConfigError(
                f"--time-from name:{pattern!r}: %{unknown[0]} is not known; use "
                + " ".join(f"%{name}" for name in _DIRECTIVES)
            )
        if not any(date <= used for date in _DATES):
            raise ConfigError(
                f"--time-from name:{pattern!r} does not tell a day: write {EXAMPLE}, say"
            )
        before = r"(?<!\d)" if _is_digit(parts[0]) else ""
        behind = r"(?!\d)" if _is_digit(parts[-1]) else ""
        # `%s` says all; what else is told is read in an order of our own.
        self._told = ["s"] if "s" in used else sorted(used)
        body = "".join(_as_regex(part, parts[:at]) for at, part in enumerate(parts))
        # Looked for without being passed over, so that no place is missed behind another.
        self._regex = re.compile(f"{before}(?={body}{behind})")

    def read(self, path: Path) -> datetime:
        """What the name of `path` tells; without a zone unless the name has one.

        Raises:
            ConfigError: the pattern does not fit, or fits in several places that disagree.
        """
        count = self.text.count("/") + 1
        name = "/".join(path.absolute().parts[-count:])
        found = {self._time_of(match, path) for match in self._regex.finditer(name)}
        if not found:
            raise ConfigError(
                f"{path}: its name does not fit {self.text!r}; mend --time-from name:…, "
                "or import this file with --start"
            )
        if len(found) > 1:
            raise ConfigError(
                f"{path}: {self.text!r} fits its name in several places; write more of the name "
                "into the pattern"
            )
        return found.pop()

    def _time_of(self, match: re.Match[str], path: Path) -> datetime:
        text = " ".join(match[directive] for directive in self._told)
        try:
            if self._told == ["s"]:
                return datetime.fromtimestamp(int(text)).astimezone()
            # Whose clock it is, the caller knows.
            form = " ".join(f"%{directive}" for directive in self._told)
            return datetime.strptime(text, form)  # noqa: DTZ007
        except ValueError as error:  # 31 February
            raise ConfigError(
                f"{path}: its name tells no day of the calendar ({error}); import this file "
                "with --start"
            ) from None


def _is_digit(part: str) -> bool:
    return part not in ("%b", "%p", "%z") if part.startswith("%") else part[-1].isdigit()


def _as_regex(part: str, before: Sequence[str]) -> str:
    """What a part of a pattern fits; a directive for the second time: what it told before."""
    if part == "%%":
        return "%"
    if not part.startswith("%"):
        return re.escape(part)
    name = part[1:]
    return f"(?i:(?P={name}))" if part in before else f"(?P<{name}>{_DIRECTIVES[name]})"
