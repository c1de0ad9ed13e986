"""Reads the audit: entries by who, what, when, and whom they showed."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from detectors.types import ShotId, TrackKey
from pipeline.audit_answers import AuditAnswer, AuditEntryAnswer, Filters
from pipeline.errors import ConfigError
from pipeline.instants import format_instant
from pipeline.store.audit_files import entries_back, files_in
from pipeline.store.audit_names import HiddenNames

_CLOCK_SLACK_S: Final = 86_400.0
"""Entries lie in the order in which they were noted; a clock may have been set back meanwhile."""


class AuditReader:
    """The entries in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def page(self, filters: Filters, count: int) -> AuditAnswer:
        """The latest `count` entries that fit.

        Raises:
            ConfigError: `track` names none.
        """
        found = [AuditEntryAnswer(**fields) for fields in islice(self.entries(filters), count)]
        return AuditAnswer(entries=found, next=found[-1].n if len(found) == count else None)

    def entries(self, filters: Filters) -> Iterator[dict[str, Any]]:
        """Every entry that fits, the latest first; likewise."""
        digest = None if filters.track is None else self._digest(filters.track)
        oldest = None if filters.since is None else format_instant(filters.since - _CLOCK_SLACK_S)
        for fields in entries_back(self._folder):
            if oldest is not None and fields["at"] < oldest:
                return
            if _fits(fields, filters) and (digest is None or digest in _tracks_of(fields)):
                yield fields

    def _digest(self, name: str) -> str:
        try:
            track = ShotId.parse(name).track if name.count("/") == 3 else TrackKey.parse(name)
        except ValueError as error:
            raise ConfigError(f"{error}: 'descry tracks list' names tracks") from error
        if not files_in(self._folder):
            return ""  # nothing was ever noted
        try:
            names = HiddenNames.of(self._folder / "salt", is_new=False)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        return names.digest(track.camera_id, track.run_id, track.number)


def _fits(fields: Mapping[str, Any], filters: Filters) -> bool:
    return (
        filters.who in (None, fields["who"])
        and filters.what in (None, fields["what"])
        and (filters.since is None or fields["at"] >= format_instant(filters.since))
        and (filters.until is None or fields["at"] < format_instant(filters.until))
        and (filters.before is None or fields["n"] < filters.before)
    )


def _tracks_of(fields: Mapping[str, Any]) -> str:
    """Where the digests of an entry are."""
    return f"{fields.get('asked')} {fields.get('shown')} {fields.get('text')}"
