"""Puts the finished files where they are to lie, and sees whether they are as they were made."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.files import write_whole
from pipeline.street.recipe.record import digest_of_file

_READABLE = 0o644  # of a repository, not of one person's data


def out_of_place(packed: Path, into: Path | None, names: Iterable[str]) -> list[str]:
    """Files of `packed` that are missing or otherwise in `into`; none where that is None."""
    if into is None:
        return []
    made = {name: digest_of_file(packed / name) for name in names}
    return [name for name, one in made.items() if one and digest_of_file(into / name) != one]


def put_in_place(packed: Path, into: Path | None, names: Iterable[str]) -> None:
    """Copy, each whole or not at all, the files that are out of place.

    Raises:
        OSError: `into` cannot be written to.
    """
    if into is None:
        return
    into.mkdir(parents=True, exist_ok=True)
    for name in out_of_place(packed, into, names):
        write_whole(into / name, (packed / name).read_bytes())
        (into / name).chmod(_READABLE)
