"""pipeline.api: cameras, collections and clips."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.answers import ClipAnswer
from tests.unit.pipeline.api.conftest import ASK, AUTHORISED, CLIP, VIDEO


@pytest.mark.parametrize(("verb", "state"), [("pause", "paused"), ("resume", "live")])
def test_a_camera_is_paused_and_resumed_by_a_post_with_a_token(client, verb, state):
    path = f"/api/v1/cameras/lobby/{verb}"
    assert client.post(path).status_code == 401
    assert client.get(path, headers=AUTHORISED).status_code == 405
    assert client.post(path, headers=AUTHORISED).json()["state"] == state
    answer = client.post(f"/api/v1/cameras/attic/{verb}", headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_a_camera_is_added_and_removed_by_the_tokens_holder(client, book):
    path, camera = "/api/v1/cameras/yard", {"url": "rtsp://10.0.0.9/live", "password": "s3cret"}
    assert client.put(path, json=camera).status_code == 401
    assert book.cameras == {}
    answer = client.put(path, json=camera, headers=AUTHORISED)
    assert answer.json()["state"] == "idle"
    assert book.cameras == {"yard": camera}
    assert "s3cret" not in answer.text
    assert client.delete(path).status_code == 401
    assert client.delete(path, headers=AUTHORISED).json()["state"] == "removed"
    again = client.delete(path, headers=AUTHORISED)
    assert (again.status_code, again.json()["code"]) == (404, "not-found")


def test_a_camera_of_the_settings_file_or_no_object_is_refused(client, book):
    camera = {"url": "rtsp://10.0.0.9/live"}
    answer = client.put("/api/v1/cameras/lobby", json=camera, headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (422, "impossible")
    answer = client.put("/api/v1/cameras/yard", json=["s3cret"], headers=AUTHORISED)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert "s3cret" not in answer.text
    assert book.cameras == {}


def test_collections_are_listed_and_removed_by_the_tokens_holder(client):
    path = "/api/v1/collections"
    assert client.get(path).status_code == client.delete(f"{path}/case-7").status_code == 401
    (found,) = client.get(path, headers=AUTHORISED).json()
    assert (found["collection"], found["shots"], found["kept_s"]) == ("case-7", 3, None)
    assert client.delete(f"{path}/case-8", headers=AUTHORISED).status_code == 404
    gone = client.delete(f"{path}/case-7", headers=AUTHORISED)
    assert (gone.status_code, gone.json()["tracks"]) == (200, 2)
    assert client.get(path, headers=AUTHORISED).json() == []


def test_a_clip_comes_with_what_it_shows_and_is_deleted_once_it_is_sent(
    client, cut_clips, tmp_path
):
    answer = client.get("/api/v1/tracks/lobby/r/1/clip?before_s=2", headers=AUTHORISED)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.content == VIDEO
    assert ClipAnswer.model_validate_json(answer.headers["Descry-Clip"]) == CLIP
    assert cut_clips == [("lobby/r/1", 2.0, 5.0)]
    assert not list(tmp_path.glob("*.mp4"))


def test_a_player_may_ask_for_a_part_of_a_clip(client):
    part = {**AUTHORISED, "Range": "bytes=100-199"}
    answer = client.get("/api/v1/tracks/lobby/r/1/2/clip", headers=part)
    assert answer.status_code == 206
    assert answer.content == VIDEO[100:200]


def test_a_clip_whose_video_is_gone_is_gone_and_not_unknown(client):
    answer = client.get("/api/v1/tracks/lobby/r/9/clip", headers=AUTHORISED)
    assert answer.status_code == 410
    assert answer.json()["code"] == "video-gone"
    assert "moved on" in answer.json()["detail"]


def test_clips_beyond_two_at_once_are_put_off_and_searches_are_not(client, slow):
    def cut():
        return client.get("/api/v1/tracks/lobby/r/7/clip", headers=AUTHORISED).status_code

    with ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(cut) for _ in range(2)]
        for _ in busy:
            assert slow.entered.acquire(timeout=30)
        third = client.get("/api/v1/tracks/lobby/r/1/clip", headers=AUTHORISED)
        assert (third.status_code, third.json()["code"]) == (503, "busy")
        assert int(third.headers["Retry-After"]) > 0
        assert client.post("/api/v1/search", json=ASK, headers=AUTHORISED).status_code == 200
        slow.go_on.set()
        assert [one.result() for one in busy] == [200, 200]
    assert client.get("/api/v1/tracks/lobby/r/1/clip", headers=AUTHORISED).status_code == 200


def test_a_disk_without_room_for_a_clip_is_told_and_the_place_is_free_again(client):
    for _ in range(3):
        answer = client.get("/api/v1/tracks/lobby/r/8/clip", headers=AUTHORISED)
        assert (answer.status_code, answer.json()["code"]) == (507, "store-full")


@pytest.mark.parametrize("margin", ["-1", "nan", "601", "five"])
def test_a_margin_that_makes_no_sense_is_refused(client, cut_clips, margin):
    path = f"/api/v1/tracks/lobby/r/1/clip?after_s={margin}"
    assert client.get(path, headers=AUTHORISED).status_code == 422
    assert cut_clips == []


def test_tracks_are_erased_by_the_tokens_holder_who_is_told_what_is_left(client):
    path, tracks = "/api/v1/erasures", {"tracks": ["lobby/r/1"]}
    assert client.post(path, json=tracks).status_code == client.get(path).status_code == 401
    gone = client.post(path, json=tracks, headers=AUTHORISED).json()
    assert (gone["tracks"], gone["left"]) == (["lobby/r/1"], ["note.txt: name"])
    assert client.get(path, headers=AUTHORISED).json()["step"] == "searching"
    none = client.post(path, json={"tracks": []}, headers=AUTHORISED)
    assert (none.status_code, none.json()["code"]) == (422, "malformed")


def test_tracks_are_held_listed_and_released_by_the_tokens_holder(client):
    path = "/api/v1/holds/lobby/r/1"
    assert client.put(path).status_code == client.delete(path).status_code == 401
    (held,) = client.get("/api/v1/holds", headers=AUTHORISED).json()
    assert client.put(path, headers=AUTHORISED).json() == held
    assert client.delete(path, headers=AUTHORISED).json() == held
    assert client.put("/api/v1/holds/lobby/r/2", headers=AUTHORISED).status_code == 404
