"""Signs how far the audit has come, and lets go of what is old without breaking the chain."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pipeline.instants import format_instant
from pipeline.store.audit_chain import Place
from pipeline.store.audit_files import files_in, first_of, read_tail
from pipeline.store.audit_heads import Head, append_head, read_heads, replace_heads, sign
from pipeline.store.signing import SigningKey

log = logging.getLogger(__name__)

HEADS_KEPT: Final = 1000
"""Of older heads the last of each file stays."""


class HeadSigner:
    """The signed heads of a folder; only whoever holds the lock of the audit may call it.

    Attributes:
        signed: entries that a head vouches for, as far as this process knows.
    """

    def __init__(self, folder: Path, key: Path, now: Callable[[], float]) -> None:
        self._folder, self._key_file, self._now = folder, key, now
        self.signed = 0

    def sign(self, place: Place) -> None:
        """Sign the end of the chain, unless it is signed.

        Raises:
            OSError: the head cannot be written.
            ValueError: the key is none.
        """
        heads, _ = read_heads(self._folder)
        self.signed = heads[-1].count if heads else 0
        if place.number < self.signed:
            log.error(
                "the audit ends at entry %d, and %d were signed: see 'descry audit verify'",
                place.number,
                self.signed,
            )
        if place.number <= self.signed:
            return
        key = SigningKey.of(self._key_file)
        append_head(self._folder, sign(key, place, format_instant(self._now())))
        self.signed = place.number
        log.info("audit: %d entries, head %s", place.number, place.hash)

    def age(self, keep_s: float) -> None:
        """Remove the files in which everything is older than `keep_s`, but for the last file.

        Raises:
            OSError: one cannot be removed, or the checkpoint not written.
            AuditUnavailable: one cannot be read.
        """
        oldest = format_instant(self._now() - keep_s)
        files, gone, last = files_in(self._folder), [], None
        for path in files[:-1]:  # the last one is written to
            tail = read_tail(path)
            if tail.last_at >= oldest:
                break
            gone.append(path)
            last = tail.place
        if last is None:
            return
        # First it is said that they may be missing: a kill on the way leaves too many files.
        key, at = SigningKey.of(self._key_file), format_instant(self._now())
        checkpoint = sign(key, last, at, is_checkpoint=True)
        later = [head for head in read_heads(self._folder)[0] if head.count > last.number]
        replace_heads(self._folder, [checkpoint, *_thinned(later, files)])
        for path in gone:
            path.unlink()
        log.info("audit: entries up to %d are past retention and removed", last.number)


def _thinned(heads: Sequence[Head], files: Sequence[Path]) -> list[Head]:
    """The youngest heads, and of the older ones the last of each file."""
    older, young = heads[:-HEADS_KEPT], heads[-HEADS_KEPT:]
    ends = [first_of(path) - 1 for path in files[1:]]
    last: dict[int, Head] = {}
    for head in older:
        last[sum(head.count > end for end in ends)] = head
    return [*last.values(), *young]
