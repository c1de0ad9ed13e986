"""Signs how far the audit has come, and lets go of what is old without breaking the chain."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pipeline.errors import ConfigError
from pipeline.instants import format_instant
from pipeline.store.audit_ageing import Due
from pipeline.store.audit_chain import BEGIN, Place
from pipeline.store.audit_files import files_in, first_of
from pipeline.store.audit_gaps import MARGIN, is_on_chain
from pipeline.store.audit_heads import Head, append_head, read_heads, replace_heads, sign
from pipeline.store.audit_witness import Witness, key_of, words_of
from pipeline.store.signing import SigningKey

log = logging.getLogger(__name__)

HEADS_KEPT: Final = 1000
"""Of older heads the last of each file stays."""


class _Changed(Exception):
    """The audit is not as it was signed."""


class HeadSigner:
    """The signed heads of a folder; only whoever holds the lock of the audit may call it.

    A head is signed only where the chain holds every head that was signed before, as they are told
    by `heads.jsonl`, by the witness, and by what this process remembers: or whoever can write the
    files, and has no key, would have their forgery signed.

    Attributes:
        tried: entries up to which this process signed, or found that it must not.
    """

    def __init__(
        self, folder: Path, key: Path, now: Callable[[], float], *, every: int, witness: Witness
    ) -> None:
        self._folder, self._key_file, self._now = folder, key, now
        self._every, self._witness = every, witness
        self._last: Head | None = None
        self.tried = 0

    def sign(self, place: Place) -> bool:
        """Sign the end of the chain, unless it is signed.

        Returns:
            Whether it is; False where the chain, or a head, is not as it was signed: the log says
            what is wrong, and nothing more is signed.

        Raises:
            OSError: the head cannot be written.
            ValueError: the key is none.
        """
        if self._last is not None and self._last.place == place:
            return True
        if place.number == 0 and not self._key_file.exists():
            return True  # nothing was ever noted
        try:
            key = key_of(self._key_file, self._folder)
            last = self._last_of(key, place)
        except (_Changed, ConfigError) as error:
            log.error(  # noqa: TRY400  a line for a person, who needs no traceback
                "the audit is signed no more: %s (see 'descry audit verify')", error
            )
            self.tried = place.number
            return False
        if last is None and place.number == 0:
            return True
        if last is None or place.number > last.count:
            last = sign(key, place, format_instant(self._now()), every=self._every)
            append_head(self._folder, last)
            log.info("%s", words_of(last))
        if self._last != last:
            self._witness.keep(last)
        self._last, self.tried = last, last.count
        return True

    def _last_of(self, key: SigningKey, place: Place) -> Head | None:
        """The last head that was signed, which lies on the chain that ends at `place`.

        Raises:
            _Changed: one does not, or was not signed by us.
            OSError: something cannot be read.
        """
        heads, unreadable = read_heads(self._folder)
        try:
            kept = self._witness.read()
        except ValueError as error:
            raise _Changed(str(error)) from error
        marks = [head for head in heads if head.is_checkpoint]
        known = [head for head in (*heads[-1:], kept, self._last) if head is not None]
        if unreadable or not all(_is_ours(head, key) for head in (*marks, *known)):
            raise _Changed("a signed head was changed, or another key signed it")
        if not known:
            if place.number > self._every + MARGIN:
                raise _Changed(f"no head is left of {place.number} entries")
            return None
        last = max(known, key=lambda head: head.count)
        begin = marks[-1].place if marks else BEGIN
        wanted = {head.count: head.hash for head in known if head.count >= begin.number}
        if not is_on_chain(self._folder, place, wanted, begin):
            raise _Changed(f"it does not lead to the head that was signed at entry {last.count}")
        if last not in heads:
            log.warning("audit: the head of entry %d was gone, and is put back", last.count)
            append_head(self._folder, last)
        return last

    def age(self, due: Due) -> None:
        """Remove the first files of the audit.

        Raises:
            OSError: one cannot be removed, or the checkpoint not written.
        """
        files = files_in(self._folder)
        # First it is said that they may be missing: a kill on the way leaves too many files.
        key, at = SigningKey.of(self._key_file), format_instant(self._now())
        checkpoint = sign(key, due.last, at, is_checkpoint=True, every=self._every)
        later = [head for head in read_heads(self._folder)[0] if head.count > due.last.number]
        replace_heads(self._folder, [checkpoint, *_thinned(later, files)])
        for path in files[: due.files]:
            path.unlink()
        log.info("audit: entries up to %d are past retention and removed", due.last.number)


def _is_ours(head: Head, key: SigningKey) -> bool:
    return head.key == key.public and head.is_authentic


def _thinned(heads: Sequence[Head], files: Sequence[Path]) -> list[Head]:
    """The youngest heads, and of the older ones the last of each file."""
    older, young = heads[:-HEADS_KEPT], heads[-HEADS_KEPT:]
    ends = [first_of(path) - 1 for path in files[1:]]
    last: dict[int, Head] = {}
    for head in older:
        last[sum(head.count > end for end in ends)] = head
    return [*last.values(), *young]
