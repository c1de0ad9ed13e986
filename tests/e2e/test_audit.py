"""The audit through the command line and the API: real processes, drawn street, real weights."""

import json
import os
import signal

import httpx
import pytest

from tests.e2e.conftest import wait_for

pytestmark = pytest.mark.slow

SENTENCE = "a man in a blue jacket"
WHY = ("--reason", "theft of a bike", "--case", "2026/17")


def audit(descry, *more):
    return descry.run("audit", "list", "--json", "--count", "1000", *more).lines()


def of(entries, what):
    return [entry for entry in entries if entry["what"] == what]


def test_what_is_asked_is_noted_checked_and_found_when_it_was_touched(descry, clip, tmp_path):
    descry.environment["DESCRY_ENCODER__MODEL"] = "street-gadms"
    descry.replay(clip, "--start", "2026-03-01T10:00:00Z", "--every-frame", *WHY)
    running = descry.watch()
    hits = descry.run("search", SENTENCE, "--json", *WHY).json()["hits"]
    track = hits[0]["track"]
    descry.run("clip", track, "--out", str(tmp_path / "clip.mp4"), *WHY)
    descry.run("hold", "add", track)
    noted = audit(descry)
    (search,) = of(noted, "search")
    assert (search["text"], search["reason"], search["case"]) == (SENTENCE, *WHY[1::2])
    assert sum(len(tracks) for tracks in search["shown"].values()) == len(hits)
    me = f"local:{os.getuid()}"
    assert {entry["who"] for entry in of(noted, "import") + of(noted, "clip")} == {me}
    assert [entry["phase"] for entry in of(noted, "hold")] == ["answered", "asked"]
    assert {entry["what"] for entry in audit(descry, "--track", track)} == {
        "search", "clip", "hold",
    }  # fmt: skip
    of_case = audit(descry, "--case", "2026/17", "--words", "BLUE", "--since", "1h")
    assert [entry["n"] for entry in of_case] == [search["n"]]
    assert "red coat" not in "".join(
        path.read_text(errors="replace") for path in (descry.data / "logs").iterdir()
    )
    descry.run("search", SENTENCE, "--json", *WHY)  # of which no command signs the head
    running.stop(signal.SIGTERM)
    assert "whole: entries 1 to" in descry.run("audit", "verify").out
    _touch_and_see(descry)
    said = running.err.read_text()
    assert "audit: " in said
    assert SENTENCE not in said


def _touch_and_see(descry):
    (path,) = (descry.data / "audit").glob("0*.jsonl")
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    number = 1 + next(n for n, line in enumerate(lines) if SENTENCE.encode() in line)
    path.write_bytes(whole.replace(SENTENCE.encode(), b"a man in a green jacket"))
    said = descry.run("audit", "verify", code=5).err
    assert f"entry {number} was changed" in said
    assert f"{path.name}, line {number}" in said
    path.write_bytes(b"".join(lines[:-3]))
    assert "the end is cut off" in descry.run("audit", "verify", code=5).err
    path.write_bytes(whole)
    assert descry.run("audit", "verify", "--json").json()["whole"] is True
    key = descry.run("audit", "heads").out.split()[-1]
    copy = str(descry.data / "audit")
    assert "whole" in descry.run("audit", "verify", copy, "--key", key).out
    descry.run("audit", "verify", copy, "--key", "0" * 64, code=5)


def test_an_erased_track_is_gone_from_the_audit_that_still_knows_of_it(descry, clip):
    descry.replay(clip, "--start", "2026-03-01T10:00:00Z", "--every-frame")
    hits = descry.run("search", SENTENCE, "--json").json()["hits"]
    track = hits[0]["track"]
    descry.run("search", f"like {track}, in blue", "--json", "--reason", f"see {track}/1")
    gone = descry.run("erase", track, "--yes", "--json", *WHY).json()
    assert gone["left"] == []
    names = {entry["what"] for entry in audit(descry, "--track", track)}
    assert {"search", "erasure"} <= names
    assert "whole" in descry.run("audit", "verify").out


def test_nothing_is_answered_without_the_audit_or_a_reason(descry, clip, tmp_path):
    descry.replay(clip, "--start", "2026-03-01T10:00:00Z")
    strict = {"DESCRY_AUDIT__REASON_REQUIRED": "true"}
    assert "say why" in descry.run("search", SENTENCE, code=2, **strict).err
    track = descry.tracks()[0]["track"]
    clip_to = ("clip", track, "--out", str(tmp_path / "c.mp4"))
    assert "say why" in descry.run(*clip_to, code=2, **strict).err
    descry.run("search", SENTENCE, *WHY, **strict)
    descry.run(*clip_to, *WHY, **strict)
    (descry.data / "audit").rename(descry.data / "redis" / "audit")
    (descry.data / "audit").write_text("in the way")
    refused = descry.run("tracks", "list", code=2).err
    assert "/audit" in refused
    assert "Traceback" not in refused
    (descry.data / "audit").unlink()
    (descry.data / "redis" / "audit").rename(descry.data / "audit")
    assert "whole" in descry.run("audit", "verify").out


def test_administrators_read_it_over_http(descry, clip):
    descry.replay(clip, "--start", "2026-03-01T10:00:00Z")
    running = descry.start("run", DESCRY_API__PORT="0")
    owner = descry.data / "owner.json"
    wait_for(lambda: owner.exists() and '"is_up": true' in owner.read_text(), what="the owner")
    descry.run("search", SENTENCE)
    socket = json.loads(owner.read_text())["api_socket"]
    token = {"Authorization": f"Bearer {(descry.data / 'token').read_text().strip()}"}
    with httpx.Client(transport=httpx.HTTPTransport(uds=socket), headers=token) as client:
        page = client.get("http://descry/api/v1/audit", params={"what": "search"}).json()
    assert [entry["text"] for entry in page["entries"]] == [SENTENCE]
    running.stop(signal.SIGTERM)
