"""What the API answers from in these tests, and a client of it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from fastapi.testclient import TestClient

from pipeline.answers import (
    CameraAnswer,
    ClipAnswer,
    CollectionAnswer,
    CoverageAnswer,
    ErasedAnswer,
    ErasingAnswer,
    HoldAnswer,
    ModelAnswer,
    RemovedAnswer,
    SearchAnswer,
    SearchRequest,
    TracksAnswer,
)
from pipeline.api.app import Backing, build_app
from pipeline.api.auditing import AuditRules
from pipeline.errors import ConfigError, NotFound, StoreFull, StoreUnavailable, VideoGone
from pipeline.store.audit_log import AuditLog
from pipeline.store.audit_reading import AuditReader
from pipeline.why_answers import WhyAnswer, WordAnswer
from tests.unit.pipeline.api.desk import Desk, Travelled, Undelivered

TOKEN = "s3cret-token"
COVERAGE = CoverageAnswer(cameras=[], shots_searched=0, shots_of_other_models=0, indexed_until=None)
ANSWER = SearchAnswer(
    query="red coat",
    hits=[],
    no_match=True,
    coverage=COVERAGE,
    model=ModelAnswer(name="m", id="m@1", trained=True),
    notes=[],
)


class Service:
    """Answers what a test tells it to."""

    def __init__(self) -> None:
        self.is_ready = True
        self.failure: Exception | None = None
        self.asked: list[SearchRequest] = []

    def search(self, request: SearchRequest) -> SearchAnswer:
        self.asked.append(request)
        if self.failure is not None:
            raise self.failure
        return ANSWER

    def why(self, shot: str, text: str) -> WhyAnswer:
        if self.failure is not None:
            raise self.failure
        return WhyAnswer(
            shot=shot, query=text, score=0.5, words=[WordAnswer(text="coat", relevance=1.0)],
            heat=[[0.0, 1.0]], overlay="", model="m@1", notes=[],
        )  # fmt: skip


class Lists:
    """Knows no camera called attic."""

    def tracks(self, camera, *, zone, after, count):
        return TracksAnswer(tracks=[], next=None)

    def cameras(self, camera):
        if camera == "attic":
            raise NotFound("no camera 'attic'; known: lobby")
        return []

    def boxes(self, camera, run):
        self.cameras(camera)
        return "1,1,2,3,4,5,0.9,-1,-1,-1\n"


class Eraser:
    """Erases whatever it is asked for."""

    def erase(self, names):
        return ErasedAnswer(
            tracks=names, count=len(names), messages=1, pictures=1, boxes=0, videos=0,
            searched_bytes=9, left=["note.txt: name"], notes=[],
        )  # fmt: skip

    def erasing(self):
        return ErasingAnswer(step="searching", done=1, total=9)


class Holds:
    """Holds one track, lobby/r/1."""

    def holds(self):
        return [HoldAnswer(track="lobby/r/1", since="2026-03-01T10:00:00Z", pictures=["1.jpg"])]

    def hold(self, name):
        if name != "lobby/r/1":
            raise NotFound(f"no track {name}")
        return self.holds()[0]

    release = hold


def camera_answer(name: str, state: str) -> CameraAnswer:
    facts = {"kind": "rtsp", "detail": "", "since": None, "figures": {}, "runs": []}
    return CameraAnswer(camera=name, state=state, **facts)


class Switches:
    """Knows one camera, lobby."""

    def _answer(self, camera, state):
        if camera != "lobby":
            raise NotFound(f"no camera {camera!r}; known: lobby")
        return camera_answer(camera, state)

    def pause(self, camera):
        return self._answer(camera, "paused")

    def resume(self, camera):
        return self._answer(camera, "live")


class Book:
    """Holds the cameras that were added; lobby is one of the settings file."""

    def __init__(self) -> None:
        self.cameras: dict[str, dict] = {}

    def _answer(self, camera, state):
        if camera == "lobby":
            raise ConfigError("camera 'lobby' is set in descry.yaml: change it there")
        return camera_answer(camera, state)

    def add(self, camera, settings):
        answer = self._answer(camera, "idle")
        self.cameras[camera] = dict(settings)
        return answer

    def remove(self, camera):
        answer = self._answer(camera, "removed")
        if self.cameras.pop(camera, None) is None:
            raise NotFound(f"no camera {camera!r} was added; added: none")
        return answer


class Shelf:
    """Holds one collection, case-7, until it is removed."""

    def __init__(self) -> None:
        self.names = ["case-7"]

    def collections(self):
        return [
            CollectionAnswer(
                collection=name,
                cameras=["lobby"],
                runs=1,
                tracks=2,
                shots=3,
                kept_s=None,
                first_captured_at=None,
                last_captured_at=None,
            )
            for name in self.names
        ]

    def remove_collection(self, name):
        if name not in self.names:
            raise NotFound(f"no collection {name!r}; known: {', '.join(self.names)}")
        self.names.remove(name)
        return RemovedAnswer(collection=name, tracks=2, shots=3, pictures=3, runs=1)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def away() -> list[bool]:
    return []


VIDEO = bytes(range(256)) * 4
CLIP = ClipAnswer(
    hit="lobby/r/1",
    track="lobby/r/1",
    camera="lobby",
    path=None,
    begin_at="2026-01-01T00:00:00.000Z",
    end_at="2026-01-01T00:00:10.000Z",
    seconds=10.0,
    hit_from_s=5.0,
    hit_until_s=6.0,
    source="früh.mp4",
    time_from="arrival",
    copied=True,
    notes=[],
)


@pytest.fixture
def cut_clips(tmp_path: Path) -> list[tuple[str, float, float]]:
    return []


@pytest.fixture
def book() -> Book:
    return Book()


class Slow:
    """Holds up the clip of lobby/r/7."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Semaphore(0), threading.Event()


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.go_on.set()


@pytest.fixture
def audit(tmp_path: Path) -> AuditLog:
    key = tmp_path / "signing.key"
    return AuditLog(tmp_path / "audit", key, sign_every=9, keep_s=None, now=time.time)


@pytest.fixture
def client(
    service: Service, away: list[bool], cut_clips, book, slow, audit, tmp_path: Path
) -> TestClient:
    def clip(name: str, before_s: float, after_s: float) -> tuple[Path, ClipAnswer]:
        if name == "lobby/r/9":
            raise VideoGone("camera 'lobby': the ring has moved on")
        if name == "lobby/r/8":
            raise StoreFull("no clip can be written on the query worker's machine: …")
        if name == "lobby/r/7":
            slow.entered.release()
            assert slow.go_on.wait(30)
        cut_clips.append((name, before_s, after_s))
        # One each: whoever is answered has theirs removed, while another's is still being sent.
        with NamedTemporaryFile(dir=tmp_path, suffix=".mp4", delete=False) as file:
            file.write(VIDEO)
        return Path(file.name), CLIP

    def ping() -> None:
        if away:
            raise StoreUnavailable("Redis is away")

    backing = Backing(
        service=service,
        lists=Lists(),
        switches=Switches(),
        enrolment=book,
        collections=Shelf(),
        erasing=Eraser(),
        holds=Holds(),
        watches=Desk(),
        deliveries=Undelivered(),
        travel=Travelled(),
        picture=lambda key: b"jpeg" if key == "lobby/day/1.jpg" else None,
        clip=clip,
        why=service.why,
        ping=ping,
        metrics=lambda: b"descry_index_shots 1\n",
        audit=AuditRules(audit),
        audit_pages=AuditReader(audit.folder),
        token=TOKEN,
    )
    return TestClient(build_app(backing), raise_server_exceptions=False)


AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
ASK = {"text": "red coat"}
