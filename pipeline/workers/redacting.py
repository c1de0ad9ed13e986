"""Takes out of clips and pictures what may not leave: masked areas, and other people."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Final

import av
import av.error
import cv2
import numpy as np
from av.codec.context import Flags
from PIL import Image as PictureFile

from detectors.blurring import blurred, figure_of, head_of, wholly_blurred
from detectors.masks import Blackout
from detectors.types import Box, Frame, Image
from pipeline.case_answers import Blur
from pipeline.errors import DescryError
from pipeline.store.remux import MP4, TICK
from pipeline.workers.finding_people import PeopleFinder
from pipeline.workers.likely_person import ALIKE, People, SeenFrame, Sought, match, person_in

Progress = Callable[[int, int], None]
"""Is told frames done, and frames in all."""

AROUND: Final = 2
"""Frames to each side whose people are hidden as well: a detector misses somebody now and then."""

ROOM_GREY: Final = (114, 114, 114)
_PICTURE_QUALITY = 92
_CRF = "20"


@dataclass(slots=True)
class Redacted:
    """What was done to a clip.

    Attributes:
        frames: in it.
        hidden: boxes of people hidden, over all frames.
        shown: frames that show the person it is about.
        unseen: frames hidden as a whole, for the detector failed.
    """

    frames: int = 0
    hidden: int = 0
    shown: int = 0
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class Redactor:
    """Hides people of one installation's clips.

    Attributes:
        finder: finds them.
    """

    finder: PeopleFinder

    def clip(
        self,
        source: Path,
        out: Path,
        *,
        camera_id: str,
        begin_at: float,
        blur: Blur,
        sought: Sought,
        blackout: Blackout,
        progress: Progress = lambda _done, _total: None,
    ) -> Redacted:
        """Write `source` anew to `out`, which is there and empty: H.264, no sound.

        Args:
            source: a clip.
            out: the MP4 to write.
            camera_id: whose it is.
            begin_at: when the first picture was captured, Unix seconds.
            blur: what of other people is hidden.
            sought: the person whom it is about, who is not hidden.
            blackout: hides what is masked.
            progress: hears how far it is; each frame is looked at, and then written.

        Raises:
            DescryError: it cannot be read or written.
        """
        try:
            frames = _frames(source, camera_id, begin_at, blackout)
            seen = self._look(frames, _count(source), blur, progress)
            person = person_in(seen, sought)
            again = _frames(source, camera_id, 0.0, blackout)
            return self._write(again, out, seen, person, blur, progress)
        except av.error.FFmpegError as error:
            raise DescryError(f"the clip cannot be encoded anew ({error})") from error

    def picture(self, jpeg: bytes, *, person: Box, blur: Blur) -> bytes:
        """The picture of a kept shot without other people, as JPEG.

        Args:
            jpeg: as it was kept; masks are in it already.
            person: where the person is, as shares of its width and height.
            blur: what of others is hidden.

        Raises:
            DescryError: it is no picture.
        """
        if blur == "none":
            return jpeg
        image = _decoded(jpeg)
        people = self._people_of_crop(image)
        hidden = _picture_without(image, people, person, blur)
        _, data = cv2.imencode(
            ".jpg", cv2.cvtColor(hidden, cv2.COLOR_RGB2BGR),
            [cv2.IMWRITE_JPEG_QUALITY, _PICTURE_QUALITY],
        )  # fmt: skip
        return data.tobytes()

    def _people_of_crop(self, image: Image) -> People | None:
        """Who is in a kept shot: with room around, since detectors cut to pieces who fills all."""
        height, width = image.shape[:2]
        room = max(height, width)
        wide = cv2.copyMakeBorder(
            image, room, room, room, room, cv2.BORDER_CONSTANT, value=ROOM_GREY
        )
        frame = Frame("picture", "export", 1, 0.0, np.asarray(wide, np.uint8))
        (people,) = self.finder.find([frame])
        if people is None:
            return None
        x, y = frame.width / width, frame.height / height
        left, up = room / width, room / height

        def inside(boxes: Sequence[Box]) -> tuple[Box, ...]:
            return tuple(
                Box(b.x1 * x - left, b.y1 * y - up, b.x2 * x - left, b.y2 * y - up) for b in boxes
            )

        return People(inside(people.clear), inside(people.faint))

    def _look(
        self, frames: Iterator[Frame], total: int, blur: Blur, progress: Progress
    ) -> list[SeenFrame]:
        """Who is in each frame; nobody is looked for where nobody is to be hidden."""
        found: list[SeenFrame] = []
        if blur == "none":
            return [SeenFrame(frame.captured_at, People(())) for frame in frames]
        while batch := list(islice(frames, self.finder.batch)):
            for frame, people in zip(batch, self.finder.find(batch), strict=True):
                found.append(SeenFrame(frame.captured_at, people))
            progress(len(found), 2 * total)
        return found

    def _write(
        self,
        frames: Iterator[Frame],
        out: Path,
        seen: Sequence[SeenFrame],
        person: Sequence[Box | None],
        blur: Blur,
        progress: Progress,
    ) -> Redacted:
        done = Redacted()
        with av.open(str(out), "w", format="mp4", options=MP4) as container:
            stream = None
            for number, frame in enumerate(frames):
                image = self._hide(frame, number, seen, person, blur, done)
                if stream is None:
                    stream = container.add_stream("libx264", options={"crf": _CRF})
                    stream.width, stream.height = frame.width // 2 * 2, frame.height // 2 * 2
                    stream.pix_fmt = "yuv420p"
                    stream.time_base = stream.codec_context.time_base = TICK
                    stream.codec_context.flags |= Flags.global_header
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
                picture = picture.reformat(stream.width, stream.height, "yuv420p")
                picture.pts, picture.time_base = round(frame.captured_at / TICK), TICK
                container.mux(stream.encode(picture))
                progress(len(seen) + number + 1, 2 * len(seen))
            if stream is None:
                raise DescryError("the clip holds no picture that can be decoded")
            container.mux(stream.encode())
        return done

    def _hide(
        self,
        frame: Frame,
        number: int,
        seen: Sequence[SeenFrame],
        person: Sequence[Box | None],
        blur: Blur,
        done: Redacted,
    ) -> Image:
        done.frames += 1
        if blur == "none":
            return frame.image
        if number >= len(seen) or (people := seen[number].people) is None:
            done.unseen += 1
            return wholly_blurred(frame.image)
        done.shown += person[number] is not None
        around = range(max(number - AROUND, 0), min(number + AROUND + 1, len(seen)))
        near = [(seen[n].people, person[n]) for n in around]
        others = [box for each, own in near if each is not None for box in each.without(own)]
        done.hidden += len(people.without(person[number]))
        return blurred(frame.image, [_part(box, blur, frame.image) for box in others])


def _frames(source: Path, camera_id: str, begin_at: float, blackout: Blackout) -> Iterator[Frame]:
    """The pictures of a clip without what is masked; instants from `begin_at`."""
    with av.open(str(source), options={"protocol_whitelist": "file"}) as container:
        first_s: float | None = None
        for number, picture in enumerate(container.decode(video=0), 1):
            if picture.pts is None:
                continue
            first_s = picture.time if first_s is None else first_s
            at = begin_at + picture.time - first_s
            image = np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)
            yield blackout.apply(Frame(camera_id, "export", number, at, image))


def _decoded(jpeg: bytes) -> Image:
    try:
        return np.asarray(PictureFile.open(BytesIO(jpeg)).convert("RGB"), np.uint8)
    except (OSError, ValueError) as error:
        raise DescryError("its picture is damaged") from error


def _count(source: Path) -> int:
    with av.open(str(source)) as container:
        return container.streams.video[0].frames or 0


def _part(box: Box, blur: Blur, image: Image) -> Box:
    """What of somebody is hidden, pixels; `box` in shares."""
    height, width = image.shape[:2]
    pixels = Box(box.x1 * width, box.y1 * height, box.x2 * width, box.y2 * height)
    return head_of(pixels) if blur == "heads" else figure_of(pixels)


def _picture_without(image: Image, people: People | None, person: Box, blur: Blur) -> Image:
    """A kept shot without others; where the person is not found in it, all around them goes."""
    if people is None:
        return wholly_blurred(image)
    # Their box is of this very picture: whoever stands half behind them is not taken for them.
    own = match(person, people.clear, rival=ALIKE)
    others = [_part(box, blur, image) for box in people.without(own)]
    if own is not None:
        return blurred(image, others)
    height, width = image.shape[:2]
    hidden = wholly_blurred(image)
    rows = slice(max(round(person.y1 * height), 0), max(round(person.y2 * height), 0))
    columns = slice(max(round(person.x1 * width), 0), max(round(person.x2 * width), 0))
    hidden[rows, columns] = image[rows, columns]
    return blurred(hidden, others)
