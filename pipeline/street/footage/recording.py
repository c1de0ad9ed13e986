"""Films a story: piece by piece, from several processes, going on wherever it was stopped.

`OUT/story.json` says what was asked for. `OUT/.parts/` holds the finished pieces, each a few
seconds of H.264 and its boxes. When all are there, they become films, the truth is written, and the
pieces go.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from detectors.types import Box, Image
from pipeline.errors import NotFound
from pipeline.files import write_whole
from pipeline.street.footage.crew import draw_all, is_stopped, note_frame
from pipeline.street.footage.film import Coding, count_frames, join_pieces, write_piece
from pipeline.street.footage.filming import camera_truth, film
from pipeline.street.footage.folder import checked_seed, filling, need_room, open_folder, owned
from pipeline.street.footage.mot import TruthRow, mot_line
from pipeline.street.footage.story import Request, tell
from pipeline.street.footage.truth import Truth, write_truth

PIECE_S = 5.0
_PARTS = ".parts"
#: Bits for a pixel of a frame at the usual quality, on the safe side: noise takes most of them,
#: 0.2 to 0.6 by day and up to 1.1 at night.
_BITS_A_PIXEL = 0.8


@dataclass(frozen=True, slots=True)
class Piece:
    """A few seconds of one camera to draw.

    Attributes:
        out: the folder of the story.
        request: which story.
        kilobits_s: limit of the bit rate; None for none.
        camera: number of the camera, from 0.
        first: number of the first frame, from 0.
        frames: how many.
    """

    out: Path
    request: Request
    kilobits_s: int | None
    camera: int
    first: int
    frames: int

    @property
    def film(self) -> Path:
        return self.out / _PARTS / f"{self.camera:02d}-{self.first:07d}.mp4"

    @property
    def rows(self) -> Path:
        return self.film.with_suffix(".json")

    @property
    def is_done(self) -> bool:
        return self.rows.exists() and self.film.exists()


def render_story(
    out: Path,
    request: Request,
    *,
    jobs: int,
    report: Callable[[float, float | None], None],
    stopped: Callable[[], bool],
    kilobits_s: int | None = None,
) -> Truth | None:
    """Film what of a story is not in `out` yet.

    Args:
        out: the folder; one that was begun with the same request is gone on with.
        request: which story.
        jobs: processes.
        report: told frames done and frames in all.
        stopped: asked between pieces; those under way are finished.
        kilobits_s: the most a film may take a second, as of a cheap recorder.

    Returns:
        The truth once everything is there; None if it was stopped before.

    Raises:
        ConfigError: the folder is another's or may not be written, or the seed is out of range.
        FolderInUse: another process draws into it.
        StoreFull: the disk is too small, or full on the way.
        DescryError: a drawing process died.
    """
    checked_seed(request.seed)
    asked = {"kind": "story", **asdict(request), "kilobits_s": kilobits_s}
    pieces = pieces_of(out, request, kilobits_s)
    with filling(out):
        open_folder(out, "story.json", asked, needed_bytes=bytes_needed(pieces))
        truth = finished(out)
    if truth is not None:
        shutil.rmtree(out / _PARTS, ignore_errors=True)
        report(request.frames * request.cameras, request.frames * request.cameras)
        return truth
    with filling(out), owned(out):
        left = [piece for piece in pieces if not is_whole(piece)]
        need_room(out, bytes_needed(pieces))
        (out / _PARTS).mkdir(exist_ok=True)
        _draw(pieces, left, jobs=jobs, report=report, stopped=stopped)
        if not all(piece.is_done for piece in pieces):
            return None
        return _finish(out, request, pieces)


def finished(out: Path) -> Truth | None:
    """What is true of a story whose films and truth are all there; None of any other folder."""
    try:
        truth = Truth.read(out)
    except NotFound:
        return None
    files = [path for one in truth.cameras for path in truth.files(one.camera_id)]
    return truth if all(path.exists() for path in files) else None


def is_whole(piece: Piece) -> bool:
    """Whether a piece is there and can be read; what cannot is removed, to be drawn anew.

    A disk that lost power, or anybody, may have left something else in its place.
    """
    if not piece.is_done:
        return False
    if not _has_good_rows(piece) or count_frames(piece.film) != piece.frames:
        piece.rows.unlink()
        return False
    return True


def _has_good_rows(piece: Piece) -> bool:
    """Whether the boxes are of its frames and of people of the story, and can be written."""
    try:
        rows = _rows(piece)
        _ = [mot_line(row) for row in rows]
        return all(
            piece.first < row.frame <= piece.first + piece.frames
            and 1 <= row.number <= piece.request.people
            for row in rows
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False


def pieces_of(out: Path, request: Request, kilobits_s: int | None) -> list[Piece]:
    """All pieces of a story, camera by camera."""
    most = max(1, round(PIECE_S * request.fps))
    return [
        Piece(out, request, kilobits_s, camera, first, min(most, request.frames - first))
        for camera in range(request.cameras)
        for first in range(0, request.frames, most)
    ]


def bytes_needed(pieces: Sequence[Piece]) -> int:
    """About how much more room it takes to draw what is left and to join all the films.

    A piece that is there counts once more, in its film; one that is not counts twice.
    """
    return sum(
        piece.film.stat().st_size if piece.is_done else 2 * _usual_bytes(piece) for piece in pieces
    )


def _usual_bytes(piece: Piece) -> int:
    request = piece.request
    bits = _BITS_A_PIXEL * request.width * request.height
    if piece.kilobits_s is not None:
        bits = min(bits, 1000 * piece.kilobits_s / request.fps)
    return round(piece.frames * (bits / 8 + 80 * min(request.people, 12)))


def _draw(
    pieces: Sequence[Piece], left: Sequence[Piece], *, jobs: int,
    report: Callable[[float, float | None], None], stopped: Callable[[], bool],
) -> None:  # fmt: skip
    total = sum(piece.frames for piece in pieces)
    done = total - sum(piece.frames for piece in left)
    report(done, total)
    draw_all(draw_piece, left, jobs=jobs, report=lambda drawn: report(done + drawn, total),
             stopped=stopped)  # fmt: skip


def draw_piece(piece: Piece) -> None:
    """Draw and encode one piece, unless told to stop; its boxes are written last."""
    request = piece.request
    rows: list[TruthRow] = []
    drawn = 0

    def pictures() -> Iterator[Image]:
        nonlocal drawn
        for picture in film(tell(request), piece.camera, piece.first, piece.frames, rows.append):
            if is_stopped():
                return
            yield picture
            drawn += 1
            note_frame()

    with filling(piece.out):
        write_piece(piece.film, pictures(), _coding(piece))
        if drawn == piece.frames:
            write_whole(piece.rows, json.dumps([_plain(row) for row in rows]))


def _coding(piece: Piece) -> Coding:
    request = piece.request
    return Coding(request.fps, request.width, request.height, kilobits_s=piece.kilobits_s)


def _finish(out: Path, request: Request, pieces: Sequence[Piece]) -> Truth:
    """Join the pieces and write the truth, which comes last."""
    story = tell(request)
    cameras, rows = [], {}
    for number, one in enumerate(story.cameras):
        mine = [piece for piece in pieces if piece.camera == number]
        name = one.camera.camera_id
        join_pieces(out / f"{name}.mp4", [(piece.film, piece.first) for piece in mine],
                    request.fps)  # fmt: skip
        cameras.append(camera_truth(story, number))
        rows[name] = [row for piece in mine for row in _rows(piece)]
    truth = write_truth(out, request.seed, story.people, cameras, rows)
    shutil.rmtree(out / _PARTS, ignore_errors=True)
    return truth


def _plain(row: TruthRow) -> list[object]:
    return [row.frame, row.number, row.box, row.visible_box, row.visible, row.height_px]


def _rows(piece: Piece) -> list[TruthRow]:
    return [
        TruthRow(frame, number, Box(*box), shown and Box(*shown), visible, height)
        for frame, number, box, shown, visible, height in json.loads(piece.rows.read_bytes())
    ]
