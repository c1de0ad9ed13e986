"""pipeline.api.imports: recordings sent in pieces, or taken from the server's folders alone."""

import time

import pytest

from pipeline.store.uploads import PIECE_BYTES
from tests.unit.pipeline.api.conftest import AUTHORISED

PIECE = "/api/v1/imports/uploads/piece"


def send(client, content: bytes, name: str = "hall.mp4") -> str:
    told = {"name": name, "bytes": len(content)}
    begun = client.post("/api/v1/imports/uploads", json=told, headers=AUTHORISED)
    assert begun.status_code == 201, begun.text
    return begun.json()["id"]


def piece(client, upload: str, offset: int, content: bytes):
    headers = AUTHORISED | {"Content-Type": "application/octet-stream"}
    asked = {"upload": upload, "offset": offset}
    return client.put(PIECE, params=asked, content=content, headers=headers)


def ended(client, answer: str) -> dict:
    deadline = time.monotonic() + 10
    while True:
        jobs = client.get("/api/v1/imports", headers=AUTHORISED).json()
        job = next(one for one in jobs if one["id"] == answer)
        if job["state"] in {"done", "failed"}:
            return job
        assert time.monotonic() < deadline, job


def test_a_recording_that_was_sent_in_pieces_is_imported(client):
    upload = send(client, b"0123456789")
    assert piece(client, upload, 0, b"01234").json() == {"id": upload, "received": 5}
    # A piece that was lost on the way back is sent again, and changes nothing.
    assert piece(client, upload, 0, b"01234").json()["received"] == 5
    assert piece(client, upload, 5, b"56789").json()["received"] == 10
    asked = {"upload": upload, "camera": "hall"}
    begun = client.post("/api/v1/imports", json=asked, headers=AUTHORISED)
    assert begun.status_code == 202
    job = ended(client, begun.json()["id"])
    assert (job["state"], job["tracks"], job["source"]) == ("done", 2, "hall.mp4")


@pytest.mark.parametrize(("offset", "content"), [(3, b"x"), (0, b"0" * 11)])
def test_a_piece_that_does_not_fit_is_refused(client, offset, content):
    upload = send(client, b"0123456789")
    assert piece(client, upload, offset, content).status_code == 422


def test_half_a_recording_is_not_imported(client):
    upload = send(client, b"0123456789")
    piece(client, upload, 0, b"01234")
    asked = {"upload": upload, "camera": "hall"}
    answer = client.post("/api/v1/imports", json=asked, headers=AUTHORISED)
    assert answer.status_code == 422
    assert "5 of 10 bytes" in answer.json()["detail"]


def test_what_is_too_large_is_refused_before_it_is_sent(client):
    told = {"name": "hall.mp4", "bytes": 1001}
    answer = client.post("/api/v1/imports/uploads", json=told, headers=AUTHORISED)
    assert answer.status_code == 422
    assert "upload_megabytes" in answer.json()["detail"]
    headers = AUTHORISED | {"Content-Type": "application/octet-stream"}
    large = b"0" * (PIECE_BYTES + 1)
    answer = client.put(PIECE, params={"upload": "x", "offset": 0}, content=large, headers=headers)
    assert answer.status_code == 413


def test_a_recording_of_the_server_is_listed_and_imported(client):
    files = client.get("/api/v1/imports/files", headers=AUTHORISED).json()
    assert files == [{"path": "0/hall.mp4", "bytes": 4}]
    asked = {"path": "0/hall.mp4", "camera": "hall", "collection": "case-7"}
    begun = client.post("/api/v1/imports", json=asked, headers=AUTHORISED).json()
    assert ended(client, begun["id"])["collection"] == "case-7"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "0/../../etc/passwd", "0//etc/passwd", "1/hall.mp4", "-1/hall.mp4",
        "hall.mp4", "0/..", "0/", "", "0/link.mp4", "0/hall.mp4\x00", "²/hall.mp4",
        "0/out/secret.mp4",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_servers_folders(client, recordings, tmp_path, path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "secret.mp4").write_bytes(b"film")
    (recordings / "link.mp4").symlink_to(secret / "secret.mp4")
    (recordings / "out").symlink_to(secret, target_is_directory=True)
    asked = {"path": path, "camera": "hall"}
    answer = client.post("/api/v1/imports", json=asked, headers=AUTHORISED)
    assert answer.status_code == 404
    assert len(client.get("/api/v1/imports/files", headers=AUTHORISED).json()) == 1


@pytest.mark.parametrize("upload", ["../recordings", "0" * 16, "", "..", "g" * 16])
def test_no_upload_is_made_up(client, upload):
    asked = {"upload": upload, "camera": "hall"}
    answer = client.post("/api/v1/imports", json=asked, headers=AUTHORISED)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ({"camera": "hall"}, "one of them"),
        ({"camera": "hall", "path": "0/hall.mp4", "upload": "0"}, "one of them"),
        ({"camera": "../hall", "path": "0/hall.mp4"}, "camera"),
        ({"camera": "hall", "collection": "live", "path": "0/hall.mp4"}, "live"),
    ],
)
def test_an_import_that_makes_no_sense_is_refused_in_a_line(client, asked, word):
    answer = client.post("/api/v1/imports", json=asked, headers=AUTHORISED)
    assert answer.status_code == 422
    assert word in answer.json()["detail"]
