"""Footage of the street through the real processes, and whose each track is."""

import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from detectors.types import TrackKey
from pipeline.answers import SearchAnswer, SearchRequest
from pipeline.cli.import_desk import ImportDesk, Progress
from pipeline.cli.import_outcome import Imported, Outcome
from pipeline.cli.import_plan import Bars, Order, Planned, plan_import, say_start
from pipeline.cli.progress import Report
from pipeline.client import Client
from pipeline.config import Settings
from pipeline.data_folder import DataFolder
from pipeline.demo.footage import Clip
from pipeline.demo.judging import Verdict
from pipeline.demo.matching import people_of_tracks
from pipeline.errors import ConfigError, ServiceUnavailable, SourceUnreadable
from pipeline.instants import format_instant
from pipeline.shutdown import Stop
from pipeline.street.footage.mot import read_mot
from pipeline.wiring.sessions import Session, open_session
from pipeline.wiring.settings import read_settings
from pipeline.wiring.stores import open_folder, open_stores

COLLECTION = "street"
# The most that may be asked for: an expected track that ranks lower counts as not found.
HITS = 500
# From the last shot embedded until it can be found: a moment, unless the machine is overloaded and
# the query worker is still loading its model.
FINDABLE_WITHIN_S = 180.0


@dataclass(frozen=True, slots=True)
class ImportedStreet:
    """A street that can be searched.

    Attributes:
        client: of the query worker.
        tracks: the names of the tracks of each person, by person; those of nobody are left out.
        footage_s: how much was imported.
    """

    client: Client
    tracks: Mapping[str, tuple[str, ...]]
    footage_s: float

    def tracks_of(self, people: Iterable[str]) -> tuple[str, ...]:
        """The tracks of these people."""
        return tuple(track for person in people for track in self.tracks.get(person, ()))

    def judge(self, text: str, people: Collection[str] | None) -> Verdict:
        """Search `text`, and lay the truth beside the answer.

        Args:
            text: the description.
            people: whom it truly fits; None if nobody knows.
        """
        answer = self.client.search(SearchRequest(text=text, limit=HITS))
        known = None if people is None else tuple(people)
        return Verdict(answer, known, self.tracks_of(known or ()))


def installed_models() -> Path | None:
    """The folder of weights that the user has installed; None where there is none.

    Raises:
        ConfigError: the user's settings do not make sense.
    """
    folder = read_settings(None).data_dir / "models"
    return folder if folder.is_dir() else None


@contextmanager
def settings_apart(
    prefix: str,
    *,
    detector: str | None,
    model: str | None,
    models: Path | None = None,
    keep: Path | None = None,
) -> Iterator[Settings]:
    """Settings with a data folder of their own, which is removed at the end.

    Neither the data nor the settings of the user are touched, or heard: no file, no variable.

    Args:
        prefix: what the folder's name begins with.
        detector: instead of the default one.
        model: the encoder, instead of the default one.
        models: a folder of installed weights to use; the bundled ones alone if None.
        keep: the data folder, which stays, in place of what an earlier call left there.

    Raises:
        ConfigError: `keep` is in use, or holds something else.
    """
    if keep is not None:
        _clear(keep)
    with tempfile.TemporaryDirectory(prefix=prefix) as folder, _environment_apart() as environ:
        data = keep or Path(folder) / "data"
        environ.update(DESCRY_DATA_DIR=str(data), DESCRY_CONFIG=os.devnull)
        environ["TMPDIR"] = folder  # what workers and their libraries leave there goes, too
        if models is not None:
            data.mkdir(mode=0o700)
            (data / "models").symlink_to(models.resolve(), target_is_directory=True)
        settings = read_settings(None, model=model, detector=detector)
        try:
            yield settings
        finally:
            shutil.rmtree(open_folder(settings).runtime_dir)


def _clear(data: Path) -> None:
    """Remove what an earlier call left, and nothing that is somebody else's."""
    if not data.exists():
        return
    if not (data / "version.json").is_file():
        raise ConfigError(f"{data} is no data folder of a demo: choose another --out")
    owner = DataFolder(data, data).read_owner()
    if owner is not None:
        raise ConfigError(
            f"{data} is used by '{owner.command}' (process {owner.pid}): stop it, or choose --out"
        )
    shutil.rmtree(data)


@contextmanager
def _environment_apart() -> Iterator[MutableMapping[str, str]]:
    """The variables without ours; as they were, at the end."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("DESCRY_")]:
        del os.environ[name]
    try:
        yield os.environ
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ |= before


@contextmanager
def imported_street(
    clips: Collection[Clip], settings: Settings, bars: Bars, stop: Stop
) -> Iterator[ImportedStreet]:
    """Import every clip, wait until all of it can be found, and see whose each track is.

    Raises:
        SourceUnreadable: a clip is missing or damaged.
        KeyboardInterrupt: `stop` was set.
    """
    plans = [plan_import(_order(clip), settings, bars, stop) for clip in clips]
    for planned in plans:
        if planned.start is not None:
            say_start(planned.recording.path, planned.start)
    need = frozenset({"embed", "query"})
    with open_session(settings, need=need, stopped=stop.is_set) as session:
        desk = ImportDesk(session, open_stores(settings, session.redis_url), bars, stop)
        progress = Progress(read=_Reading(bars).read)
        done = [_told(outcome) for outcome in desk.import_all(plans, progress)]
        desk.wait_until_embedded()
        with session.quick_client() as client:
            _wait_until_findable(session, client, stop, bars("index shots"))
            footage_s = sum(planned.info.duration_s for planned in plans if planned.info)
            yield ImportedStreet(client, _tracks(clips, done, client), footage_s)


class _Reading:
    """A progress bar for each clip, from its first frame on."""

    def __init__(self, bars: Bars) -> None:
        self._bars, self._reports = bars, dict[Path, Report]()

    def read(self, planned: Planned, done: int, frames: int | None) -> None:
        """So many frames of a clip are read."""
        path = planned.recording.path
        if path not in self._reports:
            self._reports[path] = self._bars(f"read   {path.name}")
        self._reports[path](done, frames)


def _order(clip: Clip) -> Order:
    start = format_instant(clip.about.starts_at)
    return Order([clip.video], clip.camera, collection=COLLECTION, start=start, keep_boxes=True)


def _told(outcome: Outcome) -> Imported:
    if outcome.trouble is not None:
        raise outcome.trouble
    done = outcome.imported
    if done is None or done.state == "broken":
        raise SourceUnreadable(done.reason if done else f"{outcome.planned.recording.path}: unread")
    sys.stderr.write(
        f"{done.camera}: {done.frames} frames, {done.boxes_seen} boxes, {done.tracks} tracks, "
        f"{done.shots_encoded} shots\n"
    )
    return done


def _wait_until_findable(session: Session, client: Client, stop: Stop, report: Report) -> None:
    """Wait until the query worker has read all that was embedded before this call."""
    embedded_at = format_instant(time.time())
    deadline = time.monotonic() + FINDABLE_WITHIN_S
    while not (client.is_ready() and (_indexed_until(client) or "") >= embedded_at):
        if stop.wait(0.2):
            raise KeyboardInterrupt
        session.tend()
        if time.monotonic() > deadline:
            raise ServiceUnavailable(
                f"the query worker had not read what was embedded within {FINDABLE_WITHIN_S:g} s: "
                "is the machine overloaded? Try again"
            )
    report(1, 1)


def _indexed_until(client: Client) -> str | None:
    answer: SearchAnswer = client.search(SearchRequest(text="somebody in a coat", limit=1))
    return answer.coverage.indexed_until


def _tracks(
    clips: Collection[Clip], imported: Collection[Imported], client: Client
) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for clip, done in zip(clips, imported, strict=True):
        if not done.tracks:
            continue
        tracked = read_mot(client.boxes(clip.camera, done.run))
        for number, owner in people_of_tracks(tracked, clip.rows()).items():
            found[clip.person(owner)].append(str(TrackKey(clip.camera, done.run, number)))
    return {person: tuple(tracks) for person, tracks in found.items()}
