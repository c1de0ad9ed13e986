"""Cases and evidence packs through the command line and the API, with the bundled weights."""

import json
import shutil
import tempfile
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.case_answers import EvidenceRequest, ItemRequest
from pipeline.case_client import CaseClient
from pipeline.data_folder import DataFolder
from tests.e2e.conftest import Descry, end_processes_of, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SENTENCE = "a man in a blue jacket"
START = ("--start", "2026-03-01T10:00:00Z", "--every-frame")


@pytest.fixture(scope="module")
def descry():
    folder = Path(tempfile.mkdtemp(prefix="descry-e2e-"))
    yield Descry(folder)
    end_processes_of(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def filmed(descry, clip):
    """The drawn street, imported and searched; whoever erases comes last."""
    descry.environment["DESCRY_ENCODER__MODEL"] = "street-gadms"
    # Nobody else looks for people here: whoever is hidden is found by the same script.
    descry.environment["DESCRY_DETECTOR__MODEL"] = str(clip.with_suffix(".boxes.json"))
    descry.replay(clip, *START)
    found = descry.folder / "found.json"
    found.write_text(descry.run("search", SENTENCE, "--limit", "3", "--json").out)
    return found


def files_of(path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pictures_of(path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_case_becomes_a_signed_pack_that_shows_any_change(descry, filmed):
    hits = json.loads(filmed.read_text())["hits"]
    title = "Bag <script>alert(1)</script>"
    said = descry.run("case", "add", "theft", "--search", str(filmed), "--title", title)
    assert f"case theft: {len(hits)} items" in said.out
    pack, told = descry.folder / "pack.zip", descry.folder / "told.json"
    export = ["case", "export", "theft", "--out", str(pack), "--json"]
    answer = descry.run(*export, DESCRY_EXPORT__BLUR="heads").json()
    assert (answer["blur"], answer["missing"], answer["items"]) == ("heads", [], len(hits))
    files = files_of(pack)
    dossier = json.loads(files["case.json"])
    item = dossier["items"][0]
    assert item["item"]["shown"]["score"] == hits[0]["score"]
    assert item["item"]["shown"]["evidence"] == hits[0]["evidence"]
    assert item["times"]["source"] == "flag"
    assert len(item["times"]["file_sha256"]) == 64
    assert {model["kind"] for model in dossier["models"]} == {"detector", "encoder"}
    assert all(len(model["sha256"]) == 64 for model in dossier["models"])
    assert b"<script" not in files["report.html"]

    key = descry.run("evidence", "key").out.strip()
    assert key == answer["public_key"]
    verify = ["evidence", "verify", str(pack)]
    elsewhere = {"DESCRY_DATA_DIR": str(descry.folder / "nowhere")}
    assert "as it was signed" in descry.run(*verify, "--key", key, **elsewhere).out
    assert not (descry.folder / "nowhere").exists()
    changed = bytearray(pack.read_bytes())
    at = changed.find(files["items/001/shot-01.jpg"])
    changed[at + 100] ^= 1
    told.write_bytes(changed)
    refused = descry.run("evidence", "verify", str(told), "--json", code=5)
    assert refused.json()["intact"] is False
    assert "items/001/shot-01.jpg: changed" in refused.err
    other = descry.run("evidence", "verify", str(pack), "--key", "0" * 64, code=5)
    assert "another key" in other.err


def test_a_clip_without_others_has_all_its_frames_and_says_so(descry, filmed):
    track = json.loads(filmed.read_text())["hits"][0]["track"]
    plain, hidden = descry.folder / "plain.mp4", descry.folder / "hidden.mp4"
    descry.run("clip", track, "--out", str(plain))
    told = descry.run("clip", track, "--out", str(hidden), "--blur", "heads", "--json").json()
    assert (told["blur"], told["copied"]) == ("heads", False)
    assert "heads of others are hidden" in " ".join(told["notes"])
    assert len(pictures_of(plain)) == len(pictures_of(hidden)) > 0


def test_the_api_makes_a_pack_while_the_worker_serves(descry, filmed, tmp_path):
    hit = json.loads(filmed.read_text())["hits"][0]["track"]
    running = descry.watch()
    folder = DataFolder.open(descry.data, runtime_dir=descry.folder / "run")
    socket = folder.runtime_dir / "api.sock"
    wait_for(socket.exists, within_s=120, what="the query worker")
    with CaseClient(token=folder.token(), socket=socket) as client:
        wait_for(client.is_ready, within_s=180, what="the query worker to be ready")
        client._ask("POST", "/api/v1/cases", json={"id": "fire", "title": "t"})
        client.put("fire", ItemRequest(hit=hit, text=SENTENCE, score=0.5))
        out = tmp_path / "pack.zip"
        request = EvidenceRequest(blur="figures")
        pack = client.export("fire", request, out=out, progress=lambda _done, _total: None)
        assert (pack.items, pack.blur) == (1, "figures")
        made = client._ask("POST", "/api/v1/clips", json={"hit": hit}).json()
        piece = client._ask("GET", made["url"], headers={"Range": "bytes=4-7"})
        assert (piece.status_code, piece.content) == (206, b"ftyp")
        told = client._ask("GET", "/api/v1/retention").json()
        (kept,) = told["collections"]
        assert kept["tracks"] > 0
        assert kept["next_at"] is None  # imports stay until they are removed
    descry.run("evidence", "verify", str(out), "--key", pack.public_key)
    running.stop(within_s=60)
    descry.run("case", "remove", "fire", "--yes")


def test_a_case_of_erased_and_lost_tracks_says_what_is_missing(descry, filmed, clip):
    tracks = [hit["track"] for hit in json.loads(filmed.read_text())["hits"]]
    descry.run("case", "add", "lost", "--search", str(filmed))
    proof = descry.folder / "proof.json"
    gone = descry.run("erase", tracks[0], "--yes", "--json", "--certificate", str(proof)).json()
    assert (gone["items"], gone["left"]) == (2, [])  # of the case before, too
    left = descry.run("case", "show", "lost", "--json").json()["items"]
    assert [item["track"] for item in left] == tracks[1:]
    assert "as it was signed: 1 tracks erased" in descry.run("evidence", "verify", str(proof)).out
    forged = json.loads(proof.read_text())
    forged["certificate"]["tracks"] = [tracks[1]]
    proof.write_text(json.dumps(forged))
    assert "the signature does not fit" in descry.run("evidence", "verify", str(proof), code=5).err

    descry.run("case", "hold", "lost")
    refused = descry.run("erase", tracks[1], "--yes", code=2)
    assert f"track {tracks[1]} is held" in refused.err
    assert "no item 9" in descry.run("case", "remove", "lost", "9", code=2).err
    descry.run("case", "close", "lost")
    assert "is closed" in descry.run("case", "add", "lost", tracks[1], code=2).err
    descry.environment["DESCRY_CLIPS__LOOK_IN"] = str(descry.folder)
    original = clip.rename(clip.with_name("elsewhere.mp4"))
    try:
        out = descry.folder / "lost.zip"
        kept = descry.run("case", "export", "lost", "--out", str(out), "--json").json()
        assert kept["missing"] == []  # a hold keeps the clips, too
        assert "items/002/clip.mp4" in files_of(out)
        descry.run("case", "hold", "lost", "--release")
        out.unlink()
        answer = descry.run("case", "export", "lost", "--out", str(out), "--json").json()
    finally:
        original.rename(clip)
    assert len(answer["missing"]) == len(tracks) - 1
    assert all("clip:" in why and "is not there any more" in why for why in answer["missing"])
    assert "items/002/shot-01.jpg" in files_of(out)
    descry.run("evidence", "verify", str(out))
