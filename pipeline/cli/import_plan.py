"""What an import has to do, file by file: what each file is, and when it was taken."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from pipeline.cli.progress import Report
from pipeline.config import Settings
from pipeline.errors import ConfigError, DescryError, NotVideo
from pipeline.instants import format_instant, parse_instant
from pipeline.logs import printable
from pipeline.shutdown import Stop
from pipeline.sources.capture_time import (
    SOURCES,
    StartTime,
    TimeRules,
    choose_start,
    read_ways,
)
from pipeline.sources.file_stamp import FileStamp, GrowingFiles, stamp_file
from pipeline.sources.recordings import Recording, Recordings, check_named, may_be_several
from pipeline.sources.video_file import VideoInfo, digest_file, inspect_video
from pipeline.sources.wall_clock import find_zone
from pipeline.wiring.places import place_of, words_of
from pipeline.wiring.weights import detector_name, encoder_name, makers_of
from pipeline.workers.jobs import ReplayJob, name_run

Bars = Callable[[str], Report]

# Its digest takes a second or more.
WORTH_REPORTING_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line asks for."""

    paths: Sequence[Path]
    camera: str
    collection: str = "imports"
    start: str | None = None
    time_from: Sequence[str] = ()
    timezone: str | None = None
    recursive: bool = False
    fps: float | None = None
    every_frame: bool = False
    realtime: bool = False
    keep_boxes: bool = False
    readers: int | None = None
    no_gate: bool = False

    def rules(self) -> TimeRules:
        """How each file's instant is found.

        Raises:
            ConfigError: what was asked for makes no sense.
        """
        zone = find_zone(self.timezone) if self.timezone is not None else None
        ways = read_ways(self.time_from)
        if self.start is None:
            return TimeRules(None, ways, zone)
        if self.time_from:
            raise ConfigError("--start and --time-from: give one of them")
        if len(self.paths) != 1 or may_be_several(self.paths[0]):
            raise ConfigError(
                "--start is the instant of one file: name that file alone, or give --time-from "
                "name:… for several (they would all have begun at once)"
            )
        given = parse_instant(self.start, now=time.time(), zone=zone or UTC)
        return TimeRules(given, ways, zone)


@dataclass(frozen=True, slots=True)
class Planned:
    """One file of an import.

    Attributes:
        recording: which.
        info: what it is; None if it could not be opened.
        start: when it was taken; None likewise.
        job: what a reader has to do; None if there is nothing to be read.
        trouble: why there is not.
    """

    recording: Recording
    info: VideoInfo | None = None
    start: StartTime | None = None
    job: ReplayJob | None = None
    trouble: DescryError | None = None

    @property
    def is_skipped(self) -> bool:
        """Whether it is a file of another kind that happened to lie there."""
        return isinstance(self.trouble, NotVideo)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much lies before an import."""

    files: int
    size_bytes: int


class JobMaker:
    """Writes the jobs of one order; what all of them share is found out once."""

    def __init__(self, order: Order, settings: Settings) -> None:
        self._order = order
        self._place = place_of(
            settings, order.camera, every_frame=order.every_frame or order.no_gate
        )
        self._makers = [*makers_of(settings), *words_of(self._place)]
        self._detector, self._encoder = detector_name(settings), encoder_name(settings)
        self._fps = None if order.every_frame else order.fps or settings.detector.fps

    def job(self, info: VideoInfo, start: StartTime, digest: str, stamp: FileStamp) -> ReplayJob:
        """What a reader is told about one file; its `stamp` is older than its digest."""
        order = self._order
        run_id = name_run(
            digest=digest,
            camera_id=order.camera,
            started_at=start.at,
            fps=self._fps,
            makers=self._makers,
        )
        return ReplayJob(
            path=str(info.path),
            camera_id=order.camera,
            collection=order.collection,
            run_id=run_id,
            digest=digest,
            started_at=start.at,
            time_source=start.source,
            fps=self._fps,
            realtime=order.realtime,
            keep_boxes=order.keep_boxes,
            detector=self._detector,
            encoder=self._encoder,
            place=self._place,
            stamp=stamp,
        )


class Planner:
    """Looks at the files of an order one at a time: thousands need no more room than one."""

    def __init__(self, order: Order, settings: Settings, bars: Bars, stop: Stop) -> None:
        """Read the order.

        Raises:
            ConfigError: it makes no sense.
        """
        check_named(order.paths)
        self._rules, self._maker = order.rules(), JobMaker(order, settings)
        self._bars, self._stop, self._ended = bars, stop, threading.Event()
        self._recordings = Recordings(
            order.paths, recursive=order.recursive, on_trouble=self._complain
        )
        self._complaints: list[str] = []
        self._growing = GrowingFiles()
        self._started_at: dict[str, float] = {}

    @property
    def complaints(self) -> list[str]:
        """Folders and files that nobody let us look at, a line each."""
        return list(dict.fromkeys(self._complaints))

    def survey(self) -> Extent:
        """Count the files, and see that those named by hand can be read.

        Raises:
            ConfigError: no file's name fits the pattern.
            SourceUnreadable: a file that was named is missing, or no video.
            KeyboardInterrupt: told to stop.
        """
        files = size_bytes = 0
        misfit: ConfigError | None = None
        fits = self._rules.pattern is None
        for recording in self._recordings:
            if self._stop.is_set():
                raise KeyboardInterrupt
            files, size_bytes = files + 1, size_bytes + recording.size_bytes
            if recording.is_named:
                choose_start(inspect_video(recording.path), self._rules)
                fits = True
                continue
            self._growing.look(recording.path)
            if self._rules.pattern is not None and not fits:
                try:
                    self._rules.pattern.read(recording.path)
                    fits = True
                except ConfigError as error:
                    misfit = error
        if misfit is not None and not fits and len(self._rules.ways) == 1:
            raise misfit
        return Extent(files, size_bytes)

    def end(self) -> None:
        """Look at no further file, nor at the rest of this one: nobody waits for it any more."""
        self._ended.set()

    def know(self, started_at: Mapping[str, float]) -> None:
        """Take a start that is only guessed from what was imported: by digest, Unix seconds.

        A copy has another date; the same film must not become another one by that.
        """
        self._started_at.update(started_at)

    def plans(self) -> Iterator[Planned]:
        """The files, in order, each with what to do about it; ends early once told to stop."""
        for recording in self._recordings:
            if self._has_ended():
                return
            try:
                yield self._plan(recording)
            except DescryError as error:
                yield Planned(recording, trouble=error)
            except _Stopped:
                return

    def _plan(self, recording: Recording) -> Planned:
        self._growing.refuse(recording.path, self._has_ended)
        stamp = stamp_file(recording.path)
        info = inspect_video(recording.path)
        start = choose_start(info, self._rules)
        digest = _digest(recording.path, recording.size_bytes, self._bars, self._has_ended)
        if start.source == "file date":
            start = replace(start, at=self._started_at.setdefault(digest, start.at))
        return Planned(recording, info, start, self._maker.job(info, start, digest, stamp))

    def _has_ended(self) -> bool:
        return self._ended.is_set() or self._stop.is_set()

    def _complain(self, line: str) -> None:
        self._complaints.append(line)


def plan_import(order: Order, settings: Settings, bars: Bars, stop: Stop) -> Planned:
    """What the one file of `order` gives a reader to do.

    Raises:
        ConfigError: the start makes no sense.
        SourceUnreadable: it is missing, damaged or no video.
    """
    planner = Planner(order, settings, bars, stop)
    planner.survey()
    for planned in planner.plans():
        if planned.trouble is not None:
            raise planned.trouble
        return planned
    raise KeyboardInterrupt


def say_start(path: Path, start: StartTime) -> None:
    """Say on standard error when a file begins, and how we know."""
    begins = f"first frame at {format_instant(start.at)} ({SOURCES[start.source]})"
    sys.stderr.write(f"{printable(str(path))}: {begins}\n")
    if start.doubt:
        sys.stderr.write(f"{printable(start.doubt)}\n")


def _digest(path: Path, size_bytes: int, bars: Bars, has_ended: Callable[[], bool]) -> str:
    """Of the content; a file that takes a while is reported on."""
    is_long = size_bytes >= WORTH_REPORTING_BYTES
    report = bars(f"digest {printable(path.name)}") if is_long else _tell_nobody
    done = 0

    def progress(count: int) -> None:
        nonlocal done
        if has_ended():
            raise _Stopped
        done += count
        report(done, size_bytes)

    return digest_file(path, progress)


def _tell_nobody(_done: float, _total: float | None) -> None:
    pass


class _Stopped(Exception):
    """Told to stop in the middle of a file; never leaves this module."""
