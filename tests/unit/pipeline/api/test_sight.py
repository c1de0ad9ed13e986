"""What a caller who may see some cameras is told: nothing of another, by any route."""

import json

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from pipeline.answers import SearchRequest
from pipeline.api.app import build_app
from pipeline.api.sight import hidden, narrowed, refuse_unseen, sees_watch
from pipeline.callers import Caller, Role
from pipeline.errors import NotFound
from pipeline.journey_answers import ThenLeg
from tests.unit.pipeline.api.conftest import ANSWER, ASK, AUTHORISED

CAMERAS = ["lobby", "gate", "hall"]  # as `Lists` of the conftest knows them
NAMES = st.sampled_from([*CAMERAS, "attic"])


@pytest.fixture
def limited(backing, house):
    """A client that may see the gate; everything in these tests was seen by the lobby."""
    text = house.token("gate-desk", "operator", ["gate"])
    headers = {"Authorization": f"Bearer {text}"}
    return TestClient(build_app(backing), headers=headers, raise_server_exceptions=False)


@given(
    st.frozensets(NAMES, min_size=1),
    st.lists(NAMES, max_size=3),
    st.lists(NAMES, max_size=2),
    st.one_of(st.none(), NAMES),
    st.lists(NAMES, max_size=2),
)
def test_a_narrowed_search_asks_of_seen_cameras_alone(allowed, cameras, legs, like, judged):
    caller = Caller("anna", Role.VIEWER, allowed)
    request = SearchRequest(
        text="red",
        cameras=cameras,
        then=[ThenLeg(camera=each) for each in legs],
        like=None if like is None else f"{like}/r/1",
        more_like=[f"{each}/r/2" for each in judged],
        less_like=[f"{each}/r/3" for each in judged],
    )
    named = {*cameras, *legs, *judged, *([like] if like else [])}
    try:
        asked = narrowed(caller, request, lambda: CAMERAS)
    except NotFound as error:
        assert not named <= allowed & set(CAMERAS) or not allowed & set(CAMERAS)
        for other in set(CAMERAS) - allowed - named:
            assert other not in str(error)
        return
    assert asked.cameras
    assert set(asked.cameras) <= allowed
    assert named <= allowed


def test_who_may_see_all_is_asked_what_they_ask():
    request = SearchRequest(text="red", cameras=["attic"])
    assert narrowed(Caller("anna", Role.VIEWER), request, list) is request


def test_a_search_is_of_their_cameras_though_it_names_none(limited, service):
    assert limited.post("/api/v1/search", json=ASK).status_code == 200
    assert service.asked[-1].cameras == ["gate"]


@pytest.mark.parametrize(
    "more",
    [
        {"cameras": ["lobby"]},
        {"cameras": ["gate", "lobby"]},
        {"then": [{"camera": "lobby"}]},
        {"like": "lobby/r/1"},
        {"like": "lobby/r/1/2"},
        {"more_like": ["gate/r/1", "lobby/r/1"]},
        {"less_like": ["lobby/r/1"]},
    ],
)
def test_a_search_that_names_another_camera_is_answered_as_if_there_were_none(
    limited, service, more
):
    answer = limited.post("/api/v1/search", json={**ASK, **more})
    assert answer.status_code == 404
    assert "hall" not in answer.text
    assert service.asked == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/pictures/lobby/day/1.jpg"),
        ("GET", "/api/v1/tracks/lobby/r/1/clip"),
        ("GET", "/api/v1/tracks/lobby/r/1/boxes"),
        ("POST", "/api/v1/shots/lobby/r/1/1/why"),
        ("GET", "/api/v1/cameras/lobby/boxes"),
        ("GET", "/api/v1/cameras?camera=lobby"),
        ("GET", "/api/v1/tracks?camera=lobby"),
        ("POST", "/api/v1/cameras/lobby/pause"),
        ("POST", "/api/v1/cameras/lobby/resume"),
        ("DELETE", "/api/v1/watches/red"),
    ],
)
def test_what_another_camera_saw_is_not_there(limited, client, method, path):
    body = {"text": "red coat"} if path.endswith("why") else None
    answer = limited.request(method, path, json=body)
    assert answer.status_code == 404
    assert client.request(method, path, json=body, headers=AUTHORISED).status_code < 300


@pytest.mark.parametrize("key", ["gate/../lobby/day/1.jpg", "gate/./../lobby/day/1.jpg", "gate/.."])
def test_a_name_that_climbs_out_of_a_camera_is_of_none(key):
    with pytest.raises(NotFound):
        refuse_unseen(Caller("anna", Role.VIEWER, frozenset({"gate"})), key)


def test_lists_are_of_their_cameras(limited, client):
    for path in ("/api/v1/watches", "/api/v1/alerts/undelivered", "/api/v1/travel"):
        assert limited.get(path).json() == [], path
    assert limited.get("/api/v1/alerts").json()["alerts"] == []
    assert len(client.get("/api/v1/alerts", headers=AUTHORISED).json()["alerts"]) == 2
    stream = limited.get("/api/v1/alerts/stream", headers={"Last-Event-ID": "0-0"})
    assert "event: begin" in stream.text
    assert "lobby" not in stream.text


def test_what_is_sent_again_is_of_their_cameras(limited, client):
    path = "/api/v1/alerts/undelivered/resend"
    assert limited.post(path, json={"ids": ["5-0"]}).status_code == 404
    assert limited.post(path, json={}).json() == {"count": 0}
    assert client.post(path, json={}, headers=AUTHORISED).json() == {"count": 1}


def test_a_watch_is_over_their_cameras(limited):
    assert limited.post("/api/v1/watches", json={"name": "blue", "text": "a"}).status_code == 201
    wrong = {"name": "blue", "text": "a", "cameras": ["lobby"]}
    assert limited.post("/api/v1/watches", json=wrong).status_code == 404
    assert (
        limited.post("/api/v1/watches/test", json={"text": "a", "like": "lobby/r/1"}).status_code
        == 404
    )
    caller = Caller("anna", Role.OPERATOR, frozenset({"gate"}))
    assert not sees_watch(caller, []), "a watch without cameras is over all"
    assert sees_watch(caller, ["gate"])
    assert not sees_watch(caller, ["gate", "lobby"])


def test_what_is_measured_is_of_all_cameras_or_not_told(limited):
    answer = limited.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_refusal_does_not_list_what_else_there_is(limited, client, service):
    service.failure = NotFound("no zone 'door' in the settings; known: vault, till")
    assert "vault" not in limited.post("/api/v1/search", json=ASK).text
    told = client.post("/api/v1/search", json=ASK, headers=AUTHORISED).text
    assert "vault" in told


def test_parts_of_the_index_that_are_away_name_their_cameras_alone():
    part = "shard 2 (cameras gate, lobby)"
    coverage = ANSWER.coverage.model_copy(update={"parts_missing": [part]})
    note = f"not all is searched: of the index {part} did not answer in full"
    answer = ANSWER.model_copy(update={"coverage": coverage, "notes": [note, "another"]})
    told = hidden(Caller("anna", Role.VIEWER, frozenset({"gate"})), answer)
    assert "lobby" not in json.dumps(told.model_dump())
    assert told.coverage.parts_missing == ["shard 2 (cameras gate)"]
    assert told.notes[1:] == ["another"]
    assert hidden(Caller("anna", Role.VIEWER), answer) is answer


def test_recordings_of_the_server_are_for_who_may_see_all_cameras(limited, client):
    assert limited.get("/api/v1/imports/files").status_code == 403
    asked = {"path": "0/a.mp4", "camera": "lobby"}
    assert limited.post("/api/v1/imports", json=asked).status_code in {403, 404}
    assert client.get("/api/v1/imports/files", headers=AUTHORISED).status_code == 200
