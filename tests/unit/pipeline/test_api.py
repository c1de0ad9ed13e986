"""pipeline.api: who may ask, what is answered, how it fails."""

import json

import pytest
from fastapi.testclient import TestClient

from pipeline.answers import (
    CameraAnswer,
    CollectionAnswer,
    CoverageAnswer,
    ModelAnswer,
    RemovedAnswer,
    SearchAnswer,
    SearchRequest,
    TracksAnswer,
)
from pipeline.api.app import Backing, build_app
from pipeline.errors import NotFound, StoreUnavailable
from retrieval.errors import QueryRefused

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


class Lists:
    """Knows no camera called attic."""

    def tracks(self, camera, *, after, count):
        return TracksAnswer(tracks=[], next=None)

    def cameras(self, camera):
        if camera == "attic":
            raise NotFound("no camera 'attic'; known: lobby")
        return []

    def boxes(self, camera, run):
        self.cameras(camera)
        return "1,1,2,3,4,5,0.9,-1,-1,-1\n"


class Switches:
    """Knows one camera, lobby."""

    def _answer(self, camera, state):
        if camera != "lobby":
            raise NotFound(f"no camera {camera!r}; known: lobby")
        return CameraAnswer(
            camera=camera, kind="rtsp", state=state, detail="", since=None, figures={}, runs=[]
        )

    def pause(self, camera):
        return self._answer(camera, "paused")

    def resume(self, camera):
        return self._answer(camera, "live")


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


@pytest.fixture
def client(service: Service, away: list[bool]) -> TestClient:
    def ping() -> None:
        if away:
            raise StoreUnavailable("Redis is away")

    backing = Backing(
        service=service,
        lists=Lists(),
        switches=Switches(),
        collections=Shelf(),
        picture=lambda key: b"jpeg" if key == "lobby/day/1.jpg" else None,
        ping=ping,
        metrics=lambda: b"descry_index_shots 1\n",
        token=TOKEN,
    )
    return TestClient(build_app(backing), raise_server_exceptions=False)


AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
ASK = {"text": "red coat"}


def test_a_search_is_a_post_with_a_token(client, service):
    answer = client.post("/api/v1/search", json=ASK, headers=AUTHORISED)
    assert answer.status_code == 200
    assert answer.json() == json.loads(ANSWER.model_dump_json())
    assert service.asked[0].text == "red coat"
    assert client.get("/api/v1/search", headers=AUTHORISED).status_code == 405


@pytest.mark.parametrize("offered", [None, "", "Bearer", "Bearer wrong", TOKEN, f"bearer {TOKEN} "])
@pytest.mark.parametrize(
    "path", ["/api/v1/cameras", "/api/v1/pictures/lobby/day/1.jpg", "/metrics"]
)
def test_without_the_token_nothing_is_told(client, offered, path):
    headers = {} if offered is None else {"Authorization": offered}
    answer = client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthorized"


def test_anybody_may_ask_whether_it_lives_and_is_ready(client, service, away):
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").status_code == 200
    service.is_ready = False
    assert client.get("/readyz").status_code == 503
    service.is_ready = True
    away.append(True)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["store"] is False


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (QueryRefused("the description is empty"), 422, "query-refused"),
        (NotFound("no camera 'attic'"), 404, "not-found"),
        (StoreUnavailable("Redis did not answer"), 503, "store-unavailable"),
    ],
)
def test_expected_failures_are_problems_with_a_code_and_a_line(
    client, service, failure, status, code
):
    service.failure = failure
    answer = client.post("/api/v1/search", json=ASK, headers=AUTHORISED)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert answer.json()["detail"] == str(failure)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "red coat", "limit": 0},
        {"text": "red coat", "limit": 501},
        {"text": "red coat", "colour": "red"},
        {"text": ["secret woman"]},
        {"text": "secret woman", "since": "soon"},
    ],
)
def test_a_malformed_request_is_refused_without_repeating_it(client, body):
    answer = client.post("/api/v1/search", json=body, headers=AUTHORISED)
    assert answer.status_code == 422
    assert answer.json()["code"] == "malformed"
    assert "secret woman" not in answer.text


def test_a_picture_is_served_and_a_missing_one_is_404(client):
    found = client.get("/api/v1/pictures/lobby/day/1.jpg", headers=AUTHORISED)
    assert found.content == b"jpeg"
    assert found.headers["content-type"] == "image/jpeg"
    gone = client.get("/api/v1/pictures/lobby/day/2.jpg", headers=AUTHORISED)
    assert gone.status_code == 404
    assert gone.json()["code"] == "not-found"


def test_boxes_are_rows_and_an_unknown_camera_is_404(client):
    rows = client.get("/api/v1/cameras/lobby/boxes", headers=AUTHORISED)
    assert rows.text == "1,1,2,3,4,5,0.9,-1,-1,-1\n"
    assert client.get("/api/v1/cameras/attic/boxes", headers=AUTHORISED).status_code == 404


def test_the_api_describes_itself(client):
    assert client.get("/api/v1/openapi.json").status_code == 401
    paths = client.get("/api/v1/openapi.json", headers=AUTHORISED).json()["paths"]
    assert {"/api/v1/search", "/api/v1/tracks", "/api/v1/cameras", "/healthz"} <= set(paths)


def test_a_body_that_is_too_large_is_not_read_to_its_end(client):
    huge = {"text": "x" * 200_000}
    assert client.post("/api/v1/search", json=huge).status_code == 401
    answer = client.post("/api/v1/search", json=huge, headers=AUTHORISED)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too-large"


@pytest.mark.parametrize(("verb", "state"), [("pause", "paused"), ("resume", "live")])
def test_a_camera_is_paused_and_resumed_by_a_post_with_a_token(client, verb, state):
    path = f"/api/v1/cameras/lobby/{verb}"
    assert client.post(path).status_code == 401
    assert client.get(path, headers=AUTHORISED).status_code == 405
    assert client.post(path, headers=AUTHORISED).json()["state"] == state
    answer = client.post(f"/api/v1/cameras/attic/{verb}", headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_collections_are_listed_and_removed_by_the_tokens_holder(client):
    path = "/api/v1/collections"
    assert client.get(path).status_code == client.delete(f"{path}/case-7").status_code == 401
    (found,) = client.get(path, headers=AUTHORISED).json()
    assert (found["collection"], found["shots"], found["kept_s"]) == ("case-7", 3, None)
    assert client.delete(f"{path}/case-8", headers=AUTHORISED).status_code == 404
    gone = client.delete(f"{path}/case-7", headers=AUTHORISED)
    assert (gone.status_code, gone.json()["tracks"]) == (200, 2)
    assert client.get(path, headers=AUTHORISED).json() == []
