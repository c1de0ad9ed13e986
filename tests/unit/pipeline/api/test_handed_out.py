"""What leaves is noted with whom it shows: packs when they are made and fetched, clips likewise."""

import json

import pytest

from pipeline.errors import AuditUnavailable
from pipeline.store.audit_files import files_in
from pipeline.workers.pack_jobs import NO_PACK
from tests.unit.pipeline.api.conftest import AUTHORISED

API = "/api/v1"
MANIFEST = "0" * 64


@pytest.fixture
def noted(audit):
    def noted(what):
        lines = [x for path in files_in(audit.folder) for x in path.read_bytes().splitlines()]
        return [entry for entry in map(json.loads, lines) if entry["what"] == what]

    return noted


@pytest.fixture
def theft(client):
    client.headers.update(AUTHORISED)
    client.post(f"{API}/cases", json={"id": "theft", "title": "At the till"})
    for hit in ("lobby/r/1", "yard/r/2"):
        client.post(f"{API}/cases/theft/items", json={"hit": hit})
    return f"{API}/cases/theft/evidence"


def begin(client, theft):
    return client.post(theft, json={}, headers={"X-Descry-Reason": "theft"}).json()["id"]


def test_a_pack_is_noted_with_whom_it_shows_when_it_is_made_and_when_it_is_fetched(
    client, theft, noted, audit
):
    job = begin(client, theft)
    asked, answered = noted("evidence")
    assert asked["reason"] == "theft"
    assert answered["told"] == {"job": job}
    (made,) = noted("evidence-made")
    shown = {
        camera: {audit.names().digest(camera, "r", number): []}
        for camera, number in (("lobby", 1), ("yard", 2))
    }
    assert (made["of"], made["who"], made["outcome"]) == (asked["n"], "data-folder", "done")
    assert (made["asked"], made["shown"]) == ({"case": "theft", "job": job}, shown)
    assert made["reason"] == "theft"
    assert made["told"] == {"manifest_sha256": MANIFEST}
    client.get(f"{theft}/{job}/pack")
    (fetched,) = noted("evidence-fetch")
    assert (fetched["shown"], fetched["told"]) == (shown, {"manifest_sha256": MANIFEST})


def test_a_pack_that_cannot_be_noted_is_made_for_nobody(client, theft, noted, accountable):
    class Full:
        def note(self, _event):
            raise AuditUnavailable("the audit cannot be written")

    accountable.packs.audit = Full()
    job = begin(client, theft)
    told = client.get(f"{theft}/{job}").json()
    assert (told["state"], told["detail"]) == ("failed", "the audit cannot be written")
    assert client.get(f"{theft}/{job}/pack").status_code == 404


def test_a_pack_that_fails_is_noted_as_failed(client, theft, noted, accountable):
    accountable.packs.desk.fails = True
    begin(client, theft)
    (made,) = noted("evidence-made")
    assert made["outcome"] == "failed"
    assert "shown" not in made


@pytest.mark.parametrize("error", [OSError("no room"), ValueError("a broken picture")])
def test_a_pack_that_breaks_is_told_and_noted_as_failed(client, theft, noted, accountable, error):
    def export(*_args, **_named):
        raise error

    accountable.packs.desk.export = export
    job = begin(client, theft)
    told = client.get(f"{theft}/{job}").json()
    assert (told["state"], told["detail"]) == ("failed", NO_PACK)
    (made,) = noted("evidence-made")
    assert made["outcome"] == "failed"


def test_a_clip_is_noted_by_its_id_and_by_whom_it_shows(client, theft, noted, audit):
    made = client.post(f"{API}/clips", json={"hit": "lobby/r/1"}).json()
    client.get(made["url"])
    (cut,), (fetched,) = noted("clip"), noted("clip-fetch")
    assert cut["told"] == {"clip": made["id"]}
    assert fetched["asked"] == {"clip": made["id"]}
    assert fetched["shown"] == {"lobby": {audit.names().digest("lobby", "r", 1): []}}
