"""What `descry erase` does: ask, show how far it is, and say what went and what did not."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from json import dumps
from pathlib import Path
from typing import Any, Protocol, TextIO

import typer

from pipeline.answers import ErasedAnswer, ErasingAnswer
from pipeline.cli.progress import progress_bar
from pipeline.errors import ConfigError, DescryError, ErasureIncomplete
from pipeline.files import write_whole
from pipeline.logs import printable
from pipeline.reason_fields import NO_GROUNDS, Grounds
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings

_LOOK_EVERY_S = 0.2

#: Stands for names on the standard input.
STDIN = "-"


class Eraser(Protocol):
    """What erases: a query worker, or this process."""

    def erase(self, names: Sequence[str]) -> ErasedAnswer:
        """Erase tracks."""
        ...

    def erasing(self) -> ErasingAnswer:
        """How far that is."""
        ...


def run_erase(
    names: Sequence[str],
    *,
    yes: bool,
    json: bool,
    config: Path | None,
    certificate: Path | None = None,
    grounds: Grounds = NO_GROUNDS,
) -> None:
    """Erase the tracks of these names; `-` stands for those that the standard input names.

    Raises:
        ConfigError: the input names none.
        ErasureIncomplete: something of them is left.
        DescryError: nothing was erased, or not all.
    """
    if STDIN in names and not yes:
        raise ConfigError("names are read from the input, so nobody can be asked: add --yes")
    names = read_names(names, sys.stdin)
    with open_session(read_settings(config), need=frozenset(), grounds=grounds) as session:
        eraser = session.erasing()
        if not yes:
            _ask(names)
        answer = _watched(eraser, names)
    if certificate is not None and answer.certificate is not None:
        _write_certificate(certificate, answer.certificate)
    for note in answer.notes:
        sys.stderr.write(f"note: {printable(note)}\n")
    if json:
        sys.stdout.write(answer.model_dump_json() + "\n")
    elif not answer.left:
        sys.stdout.write(printable(sentence_of(answer)) + "\n")
    if answer.left:
        more = f" and {len(answer.left) - 1} more" if len(answer.left) > 1 else ""
        raise ErasureIncomplete(
            f"erased, but something is left in {answer.left[0]}{more}: see to that file, and "
            "erase again"
        )


def _write_certificate(out: Path, signed: dict[str, Any]) -> None:
    try:
        write_whole(out, dumps(signed, indent=1) + "\n")
    except OSError as error:
        raise DescryError(
            f"erased, but {out} cannot be written ({error.strerror}): erase again for another"
        ) from error


def read_names(names: Sequence[str], source: TextIO) -> list[str]:
    """Each name once, with those of `source` where `-` stands for them.

    Names in `source` stand between white space, so that a list of many tracks needs no command
    line that is longer than a system allows.

    Raises:
        ConfigError: `source` is asked and names nothing.
    """
    found: list[str] = []
    for name in names:
        if name != STDIN:
            found.append(name)
            continue
        read = source.read().split()
        if not read:
            raise ConfigError("the input names no track: give camera/run/number, one a line")
        found += read
    return list(dict.fromkeys(found))


def _watched(eraser: Eraser, names: Sequence[str]) -> ErasedAnswer:
    """Erase, and tell how far it is."""
    with progress_bar() as bars, ThreadPoolExecutor(1) as threads:
        report = bars("bytes searched")
        future = threads.submit(eraser.erase, names)
        while not wait([future], _LOOK_EVERY_S).done:
            with suppress(DescryError):  # whoever erases says what is wrong
                now = eraser.erasing()
                if now.total:
                    report(now.done, now.total)
        return future.result()


def _ask(names: Sequence[str]) -> None:
    """Have a person say that this is what they want.

    Raises:
        ConfigError: nobody can be asked.
        DescryError: they do not.
    """
    what = names[0] if len(names) == 1 else f"{len(names)} tracks"
    if not sys.stdin.isatty():
        raise ConfigError(f"{what}: erased for good: say so with --yes")
    if not typer.confirm(f"Erase {what} for good?", err=True):
        raise DescryError("nothing was erased")


def sentence_of(answer: ErasedAnswer) -> str:
    """What went, for a person."""
    tracks = "1 track" if answer.count == 1 else f"{answer.count} tracks"
    return (
        f"{tracks} erased: {answer.messages} shots, {answer.pictures} pictures, {answer.boxes} "
        f"boxes, {answer.items} items of cases and {answer.videos} files of video; "
        f"{answer.searched_bytes / 1e6:.1f} MB searched, and nothing of them is left"
    )
