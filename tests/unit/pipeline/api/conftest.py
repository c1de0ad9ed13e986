"""What the API answers from in these tests, and a client of it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from fastapi.testclient import TestClient

from pipeline.answers import (
    ClipAnswer,
    CoverageAnswer,
    ModelAnswer,
    SearchAnswer,
    SearchRequest,
    TrackAnswer,
    TracksAnswer,
)
from pipeline.api.app import Accountable, Backing, build_app
from pipeline.api.auditing import AuditRules
from pipeline.box_answers import BoxAnswer, TrackBoxesAnswer
from pipeline.errors import NotFound, StoreFull, StoreUnavailable, VideoGone
from pipeline.store.audit_log import AuditLog
from pipeline.store.audit_reading import AuditReader
from pipeline.store.kept_answers import KeptAnswers
from pipeline.why_answers import WhyAnswer, WordAnswer
from pipeline.workers.audit_checking import AuditChecking
from pipeline.workers.importing import Importing
from tests.account_house import House
from tests.unit.pipeline.api.casework import an_accountable
from tests.unit.pipeline.api.desk import Desk, Undelivered
from tests.unit.pipeline.api.recordings import SYSTEM, imports_of, make_recordings
from tests.unit.pipeline.api.stock import Book, Shelf, Switches
from tests.unit.pipeline.api.travelled import Travelled
from tests.unit.pipeline.api.upkeep import Eraser, Holds

TOKEN = "s3cret-token"
PICTURES = ("lobby/day/1.jpg", "lobby/2026-11-23/09/r-1-2.jpg")
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
    """Knows no camera called attic, and one track."""

    def track(self, name):
        if name != "lobby/r/1":
            raise NotFound(f"no track {name}")
        return TrackAnswer(
            track=name, camera="lobby", collection="live", state="closed", live=False, shots=1,
            first_seen_at="2026-03-01T10:00:00Z", last_seen_at="2026-03-01T10:00:09Z", published=1,
            thumbnail="/api/v1/pictures/lobby/day/1.jpg",
        )  # fmt: skip

    def known(self):
        return ["lobby", "gate", "hall"]

    def tracks(self, camera, *, zone, after, count, among):
        return TracksAnswer(tracks=[], next=None)

    def cameras(self, camera):
        if camera == "attic":
            raise NotFound("no camera 'attic'; known: lobby")
        return []

    def boxes(self, camera, run):
        self.cameras(camera)
        return "1,1,2,3,4,5,0.9,-1,-1,-1\n"

    def track_boxes(self, name):
        return TrackBoxesAnswer(track=name, boxes=[BoxAnswer(at=1.5, box=(2, 3, 6, 8))])


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
def recordings(tmp_path_factory) -> Path:
    return make_recordings(tmp_path_factory.mktemp("imports"))


@pytest.fixture
def importing(recordings: Path) -> Importing:
    return imports_of(recordings)


@pytest.fixture
def slow() -> Iterator[Slow]:
    slow = Slow()
    yield slow
    slow.go_on.set()


@pytest.fixture
def accountable(tmp_path_factory: pytest.TempPathFactory, audit: AuditLog) -> Accountable:
    return an_accountable(tmp_path_factory.mktemp("kept"), audit)


@pytest.fixture
def house(tmp_path_factory) -> House:
    return House(tmp_path_factory.mktemp("accounts"))


@pytest.fixture
def audit(tmp_path: Path) -> AuditLog:
    key = tmp_path / "signing.key"
    return AuditLog(tmp_path / "audit", key, sign_every=9, keep_s=None, now=time.time)


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[KeptAnswers]:
    kept = KeptAnswers(tmp_path / "idempotency")
    yield kept
    kept.close()


@pytest.fixture
def client(backing: Backing) -> TestClient:
    return TestClient(build_app(backing), raise_server_exceptions=False)


@pytest.fixture
def backing(
    service: Service,
    away: list[bool],
    cut_clips,
    book,
    slow,
    importing,
    accountable,
    audit,
    answers: KeptAnswers,
    tmp_path: Path,
    house: House,
) -> Backing:
    def ping() -> None:
        if away:
            raise StoreUnavailable("Redis is away")

    return Backing(
        service=service,
        lists=Lists(),
        known=Lists(),
        switches=Switches(),
        enrolment=book,
        collections=Shelf(),
        erasing=Eraser(),
        holds=Holds(),
        watches=Desk(),
        deliveries=Undelivered(),
        travel=Travelled(),
        picture=lambda key: b"jpeg" if key in PICTURES else None,
        last_picture=lambda camera: (b"jpeg", 1_772_446_063.0) if camera == "lobby" else None,
        imports=importing,
        system=lambda: SYSTEM,
        models=list,
        clip=_cutting(tmp_path, cut_clips, slow),
        why=service.why,
        accountable=accountable,
        ping=ping,
        metrics=lambda: b"descry_index_shots 1\n",
        audit=AuditRules(audit),
        audit_pages=AuditReader(audit.folder),
        answers=answers,
        audit_checks=AuditChecking(
            audit.folder, tmp_path / "signing.key", tmp_path / "logs", house.clock
        ),
        token=TOKEN,
        door=house.door(),
    )


def _cutting(tmp_path: Path, cut_clips, slow):
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

    return clip


AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
ASK = {"text": "red coat"}


@pytest.fixture
def ask(client):
    def ask(method, path, status=200, **how):
        answer = client.request(
            method, f"/api/v1{path}", headers=AUTHORISED | how.pop("headers", {}), **how
        )
        assert answer.status_code == status, answer.text
        return answer

    return ask


@pytest.fixture
def theft(ask):
    ask("POST", "/cases", 201, json={"id": "theft", "title": "At the till"})
    return "/cases/theft"
