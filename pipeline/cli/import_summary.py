"""What an import came to, in words and as one JSON object."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.cli.import_outcome import Imported, Outcome
from pipeline.errors import ConfigError, DescryError, SourceUnreadable
from pipeline.logs import printable
from pipeline.names import in_utf8

NAMED_AT_MOST = 3


@dataclass(slots=True)
class Summary:
    """Counts the outcomes of an import.

    Attributes:
        files: what came of each file, in order; those of another kind are only counted.
        imported: files read to their end now.
        known: files that had been read before, under whatever name.
        skipped: files of another kind.
        failures: files that could not be imported, or not to their end.
        examples: names of a few that were skipped.
        unlisted: folders that could not be looked into, a line each.
        seconds: how long all of it took.
    """

    files: list[dict[str, Any]] = field(default_factory=list)
    imported: int = 0
    known: int = 0
    skipped: int = 0
    failures: list[DescryError] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    unlisted: Sequence[str] = ()
    tracks: int = 0
    shots: int = 0
    footage_s: float = 0.0
    damaged: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one file."""
        path = outcome.planned.recording.path
        if outcome.planned.is_skipped and not outcome.planned.recording.is_named:
            self.skipped += 1
            if len(self.examples) < NAMED_AT_MOST:
                self.examples.append(in_utf8(path.name))
        elif outcome.imported is not None:
            self._add_imported(outcome.imported)
        elif outcome.trouble is not None:
            self.failures.append(outcome.trouble)
            reason = in_utf8(str(outcome.trouble))
            self.files.append({"file": in_utf8(str(path)), "state": "failed", "reason": reason})

    def troubles(self, unlisted: Sequence[str]) -> None:
        """Count the folders that could not be looked into."""
        self.unlisted = unlisted
        self.failures += [SourceUnreadable(line) for line in unlisted]

    def as_json(self) -> dict[str, Any]:
        """One object, `files` first."""
        return {
            "files": self.files,
            "imported": self.imported,
            "known": self.known,
            "skipped": self.skipped,
            "failed": len(self.failures),
            "unlisted": [in_utf8(line) for line in self.unlisted],
            "tracks": self.tracks,
            "shots": self.shots,
            "damaged": self.damaged,
            "footage_s": round(self.footage_s, 3),
            "seconds": round(self.seconds, 3),
            "times_realtime": round(self.times_realtime, 2),
        }

    @property
    def times_realtime(self) -> float:
        """Seconds of footage imported a second."""
        return self.footage_s / self.seconds if self.seconds else 0.0

    def text(self) -> str:
        """Lines for a person."""
        lines = [f"damaged: {stretch_text(stretch)}" for stretch in self.damaged]
        lines += [f"passed over: {line}" for line in self.unlisted]
        if self.skipped:
            more = ", …" if self.skipped > len(self.examples) else ""
            lines.append(f"skipped: {self.skipped}, no video ({', '.join(self.examples)}{more})")
        lines.append(
            f"{self.imported} files imported, {self.known} known before, {self.skipped} skipped, "
            f"{len(self.failures)} failed: {self.tracks} people (tracks), {self.shots} shots; "
            f"{self.footage_s:.0f} s of footage in {self.seconds:.0f} s, "
            f"{self.times_realtime:.1f} × real time"
        )
        return "".join(f"{printable(line)}\n" for line in lines)

    def raise_if_failed(self) -> None:
        """Say in one line what failed.

        Raises:
            ConfigError: nothing that was asked for can be done.
            SourceUnreadable: some or all files could not be read.
        """
        if not self.failures:
            return
        words = [str(failure) for failure in self.failures[:NAMED_AT_MOST]]
        if (more := len(self.failures) - len(words)) > 0:
            words.append(f"and {more} more, named above")
        is_impossible = not (self.imported or self.known) and all(
            isinstance(failure, ConfigError) for failure in self.failures
        )
        raise (ConfigError if is_impossible else SourceUnreadable)("; ".join(words))

    def _add_imported(self, result: Imported) -> None:
        self.files.append(asdict(result))
        if result.state == "broken":
            self.failures.append(SourceUnreadable(result.reason))
        elif result.known:
            self.known += 1
        else:
            self.imported += 1
        self.damaged += [
            {"file": result.file, "from_s": from_s, "to_s": to_s} for from_s, to_s in result.damaged
        ]
        if result.known:
            return
        self.tracks += result.tracks
        self.shots += result.shots_encoded
        self.footage_s += result.footage_s


def stretch_text(stretch: dict[str, Any]) -> str:
    """A damaged stretch in words.

    >>> stretch_text({"file": "a.mp4", "from_s": 3.0, "to_s": 4.52})
    'a.mp4 from 3.0 s to 4.5 s'
    """
    return f"{stretch['file']} from {stretch['from_s']:.1f} s to {stretch['to_s']:.1f} s"
