"""Names of tracks as the audit keeps them: salted digests, so that an erasure stays one.

Whoever has a name can ask what was done with that track; nobody can list names, and a search of the
disk finds none. A name inside a sentence that somebody typed is replaced as well.
"""

import hmac
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from pipeline.files import write_whole

MARK: Final = "track:"
"""What begins the digest of a track."""

_DIGEST_LETTERS = 32
_SALT_BYTES = 32

# As `store/byte_search` looks for them: a track or shot, or the picture of a shot.
# Bounded, or what somebody types could take minutes.
_CAMERA, _RUN = r"[A-Za-z0-9_-]{1,64}", r"[^/\s]{1,128}"
# A day (2026/11/29) is none: no run has so short a name.
_NAME = re.compile(
    rf"(?![0-9]{{1,4}}/[0-9]{{1,2}}/[0-9]{{1,4}}(?![0-9/]))({_CAMERA})/(?:"
    rf"[0-9-]{{10}}/[0-9]{{2}}/\.?({_RUN})-([0-9]{{1,20}})-([0-9]{{1,20}})(?:\.[a-z]{{2,4}})?"
    rf"|({_RUN})/([0-9]{{1,20}})(?:/([0-9]{{1,20}}))?)"
)


class HiddenNames:
    """Turns names into digests."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt

    @classmethod
    def of(cls, file: Path, *, is_new: bool) -> "HiddenNames":
        """With the salt that lies in `file`, made where no entry needs the one that was there.

        Raises:
            OSError: it cannot be made or read.
            ValueError: it holds none, or is gone.
        """
        if not is_new and not file.exists():
            raise ValueError(
                f"{file} is gone, and entries tell tracks by it: put it back from a backup; where "
                "there is none, see 'The audit' in the runbook"
            )
        if not file.exists():
            fresh = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
            write_whole(fresh, secrets.token_hex(_SALT_BYTES))
            with suppress(FileExistsError):  # another process was first: its salt counts
                os.link(fresh, file)
            fresh.unlink()
        salt = bytes.fromhex(file.read_text().strip())
        if len(salt) != _SALT_BYTES:
            raise ValueError(f"{file} holds no salt")
        return cls(salt)

    def digest(self, camera: str, run: str, number: int) -> str:
        """What stands for a track: `track:` and 32 hexadecimal digits."""
        name = f"{camera}/{run}/{number}".encode(errors="surrogatepass")
        return MARK + hmac.new(self._salt, name, "sha256").hexdigest()[:_DIGEST_LETTERS]

    def hide(self, value: Any) -> Any:
        """A JSON value in which no track is named: digests stand in place of the names.

        >>> HiddenNames(bytes(32)).hide(["as lobby/01JT9/42/3 had"])
        ['as track:ec81dcb581a5e872b5e09241d056d967/3 had']
        """
        if isinstance(value, str):
            return _NAME.sub(self._hidden, value)
        if isinstance(value, Mapping):
            return {self.hide(name): self.hide(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.hide(each) for each in value]
        return value

    def shown(self, names: Iterable[str]) -> dict[str, dict[str, list[int]]]:
        """Tracks and shots by camera: digest → numbers of the shots, if shots were shown."""
        found: dict[str, dict[str, set[int]]] = {}
        for name in names:
            match = _NAME.fullmatch(name)
            if match is not None:
                camera, run, number, shot = _parts(match)
                shots = found.setdefault(camera, {}).setdefault(
                    self.digest(camera, run, number), set()
                )
                shots.update(() if shot is None else (shot,))
        return {
            camera: {track: sorted(shots) for track, shots in tracks.items()}
            for camera, tracks in found.items()
        }

    def _hidden(self, match: re.Match[str]) -> str:
        camera, run, number, shot = _parts(match)
        return self.digest(camera, run, number) + ("" if shot is None else f"/{shot}")


def names_in(answer: Any) -> set[str]:
    """The tracks, shots and pictures of shots that a JSON value names, wherever in it.

    >>> sorted(names_in({"hits": [{"track": "a/r/1", "seen": "/api/v1/pictures/a/r/1/2"}], "n": 3}))
    ['a/r/1', 'a/r/1/2']
    """
    found: set[str] = set()
    stack = [answer]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            name = value.removeprefix("/api/v1/pictures/")
            if _NAME.fullmatch(name):
                found.add(name)
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return found


def track_of(name: str) -> str | None:
    """The track of a track, a shot or a picture of a shot; None where that names none.

    >>> track_of("lobby/2026-11-23/09/r-7-2.jpg"), track_of("lobby/r/7"), track_of("red coat")
    ('lobby/r/7', 'lobby/r/7', None)
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    camera, run, number, _ = _parts(match)
    return f"{camera}/{run}/{number}"


def _parts(match: re.Match[str]) -> tuple[str, str, int, int | None]:
    camera, kept_run, kept_number, kept_shot, run, number, shot = match.groups()
    last = kept_shot or shot
    return camera, kept_run or run, int(kept_number or number), int(last) if last else None
