"""The clip of a hit: live from the ring, of imported footage from the original file."""

import os
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import av.error

from pipeline.errors import DescryError, UnwritableClip, VideoGone
from pipeline.files import flush_folder
from pipeline.instants import format_instant
from pipeline.store.remux import Stretch, write_stretch
from pipeline.store.ring import RingFolder, Segment
from pipeline.store.segment_reading import OpenPiece, Piece, alike_around

_ATTEMPTS = 3
# A hit this far from the nearest picture is still on video: instants of arrival are no better, and
# a segment that is being written lacks its last half second.
SLACK_S = 1.0


@dataclass(frozen=True, slots=True)
class Span:
    """What a clip should show; Unix seconds.

    Attributes:
        hit_from: the person is seen from here
        hit_until: to here.
        begin_at: where the clip should begin, with the margin.
        end_at: where it should end.
    """

    hit_from: float
    hit_until: float
    begin_at: float
    end_at: float

    def at_most(self, seconds: float) -> "Span":
        """The first `seconds` of it; all of it where it is shorter."""
        end_at = min(self.end_at, self.begin_at + seconds)
        return replace(self, end_at=end_at, hit_until=min(self.hit_until, end_at))


def cut_from_ring(folder: RingFolder, camera_id: str, span: Span, out: Path) -> Stretch:
    """Write the clip of a live hit to `out`, whole or not at all.

    Raises:
        VideoGone: the ring does not hold it, or no longer.
        UnwritableClip: `out` cannot be written.
    """
    for _ in range(_ATTEMPTS):
        found = folder.segments(camera_id)
        near = [segment for segment in found if segment.touches(span.begin_at, span.end_at)]
        with ExitStack() as stack:
            pieces = _open_all(near, stack)
            if pieces is None:
                continue  # the ring moved on while we looked: look again
            middle = _middle(pieces, span)
            if middle is not None:
                chosen = [pieces[i] for i in alike_around(pieces, middle)]
                stretch = _write(chosen, span, out)
                if stretch is not None:
                    return stretch
        break
    raise _not_in_ring(folder.segments(camera_id), camera_id, span)


def cut_from_file(path: Path, started_at: float, span: Span, out: Path) -> Stretch:
    """Write the clip of a hit in a recorded file to `out`, whole or not at all.

    Args:
        path: the file.
        started_at: when its first picture was captured, Unix seconds.
        span: what to show.
        out: the MP4.

    Raises:
        VideoGone: it cannot be read, or not there.
        UnwritableClip: `out` cannot be written.
    """
    try:
        piece = OpenPiece(Piece(path, started_at))
    except (OSError, ValueError, av.error.FFmpegError) as error:
        raise VideoGone(f"{path}: no clip can be cut from it ({error})") from error
    with ExitStack() as stack:
        stack.callback(piece.close)
        stretch = _write([piece], span, out)
    if stretch is None:
        raise VideoGone(f"{path}: nothing that can be decoded lies at {_when(span)}")
    return stretch


def _open_all(segments: Sequence[Segment], stack: ExitStack) -> list[OpenPiece] | None:
    """Those that hold something; None if one was removed or renamed meanwhile."""
    pieces = []
    for segment in segments:
        try:
            piece = OpenPiece(Piece(segment.path, segment.first_at, is_segment=True))
        except FileNotFoundError:
            return None
        except (ValueError, av.error.FFmpegError):
            continue  # it was begun a moment ago, or cut off before there was anything in it
        stack.callback(piece.close)
        pieces.append(piece)
    return pieces


def _middle(pieces: Sequence[OpenPiece], span: Span) -> int | None:
    """The piece that shows the hit first; None if none does."""
    first, last = span.hit_from - SLACK_S, span.hit_until + SLACK_S
    return next((n for n, piece in enumerate(pieces) if piece.shows(first, last)), None)


def _write(pieces: Sequence[OpenPiece], span: Span, out: Path) -> Stretch | None:
    partial = out.with_name(f".{out.name}.{secrets.token_hex(4)}.tmp")
    try:
        partial.touch(mode=0o600, exist_ok=False)
        stretch = write_stretch(pieces, span.begin_at, span.end_at, partial)
        if stretch is not None:
            _put_in_place(partial, out)
    except OSError as error:
        raise UnwritableClip(
            f"cannot write {out} ({error.strerror}): choose another file or free some space"
        ) from error
    except (ValueError, av.error.FFmpegError) as error:
        raise DescryError(f"{pieces[0].piece.path}: cannot be cut ({error})") from error
    finally:
        partial.unlink(missing_ok=True)
    return stretch


def _put_in_place(partial: Path, out: Path) -> None:
    descriptor = os.open(partial, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    partial.replace(out)
    flush_folder(out.parent)


def _not_in_ring(segments: Sequence[Segment], camera_id: str, span: Span) -> VideoGone:
    who = f"camera '{camera_id}'"
    if not segments:
        return VideoGone(f"{who}: no recent video of it is kept here; {_when(span)} is gone")
    oldest = format_instant(segments[0].first_at)
    if span.hit_until < segments[0].first_at:
        return VideoGone(
            f"{who}: the video of {_when(span)} is gone: the ring has moved on and begins at "
            f"{oldest} now"
        )
    return VideoGone(
        f"{who}: nothing was recorded at {_when(span)}; the ring begins at {oldest} and has a "
        "gap there"
    )


def _when(span: Span) -> str:
    return format_instant(span.hit_from)
