"""pipeline.api: cases, evidence packs, clips in pieces, retention."""

import json

import pytest

from pipeline.callers import Caller, Role
from pipeline.case_answers import CaseChange, CaseRequest, EvidenceRequest, ItemRequest
from pipeline.cursors import read_place
from pipeline.errors import ConfigError, NotFound
from tests.unit.pipeline.api.casework import VIDEO

ITEM = {"hit": "lobby/r/1", "text": "red coat", "score": 0.4, "probability": 0.9}
ANNA = Caller("anna", Role.OPERATOR, frozenset({"yard"}))
BOB = Caller("bob", Role.ADMINISTRATOR)


def test_a_case_is_opened_filled_noted_and_closed(ask, theft):
    item = ask("POST", f"{theft}/items", 201, json=ITEM | {"note": "<b>"}).json()
    assert (item["item"], item["added_by"], item["zones"]) == (1, "data-folder", ["door"])
    assert ask("PATCH", f"{theft}/items/1", json={"note": "left"}).json()["note"] == "left"
    assert ask("GET", theft).json()["items"][0]["shown"]["text"] == "red coat"
    assert ask("PATCH", theft, json={"status": "closed"}).json()["closed_by"] == "data-folder"
    refused = ask("POST", f"{theft}/items", 422, json=ITEM).json()
    assert refused["code"] == "impossible"
    assert "closed" in refused["detail"]
    ask("PATCH", theft, json={"status": "open"})
    ask("DELETE", f"{theft}/items/1")
    assert ask("GET", theft).json()["items"] == []
    ask("DELETE", theft, 204)
    assert ask("GET", theft, 404).json()["code"] == "not-found"


def test_cases_come_in_pages(ask, theft):
    ask("POST", "/cases", 201, json={"title": "no name"})
    page = ask("GET", "/cases", params={"count": 1}).json()
    rest = ask("GET", "/cases", params={"count": 1, "after": page["next"]}).json()
    assert {case["title"] for case in page["cases"] + rest["cases"]} == {"no name", "At the till"}
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"hit": "lobby/r/9"}, 404), ({"hit": "lobby/r/1/7"}, 404), ({"hit": "lobby"}, 422),
        ({"hit": "lobby/r/1", "text": "x" * 3000}, 422), ({"hit": "lobby/r/1", "more": 1}, 422),
        ({"hit": "lobby/r/1", "probability": 2}, 422), ({"hit": "../../etc/1"}, 422),
    ],
)  # fmt: skip
def test_what_is_no_hit_is_refused(ask, theft, body, status):
    ask("POST", f"{theft}/items", status, json=body)


def test_names_of_cases_are_plain(ask):
    for name in ("../x", "A", "a b", "", "a" * 65, "x\r\nSet-Cookie: y"):
        ask("POST", "/cases", 422, json={"id": name, "title": "t"})
    ask("POST", "/cases", 422, json={"title": ""})
    ask("GET", "/cases/%2e%2e%2fetc", 404)


def test_whoever_may_not_see_a_camera_sees_and_adds_nothing_of_it(ask, theft, accountable):
    ask("POST", f"{theft}/items", 201, json=ITEM)
    ask("POST", f"{theft}/items", 201, json=ITEM | {"hit": "yard/r/2"})
    desk = accountable.cases
    assert [each.camera for each in desk.show("theft", ANNA).items] == ["yard"]
    assert desk.show("theft", BOB).count == 2
    for number in (1, 7):
        with pytest.raises(NotFound, match="no item"):
            desk.note("theft", number, "mine", ANNA)
        with pytest.raises(NotFound, match="no item"):
            desk.take_out("theft", number, ANNA)
    assert desk.note("theft", 2, "mine", ANNA).note == "mine"


def test_of_a_case_that_they_may_not_see_nobody_learns_even_the_name(ask, theft, accountable):
    desk, packs = accountable.cases, accountable.packs
    ask("POST", "/cases", 201, json={"id": "theft-vault", "title": "of the vault"})
    ask("POST", "/cases/theft-vault/items", 201, json=ITEM)
    ask("POST", f"{theft}/items", 201, json=ITEM | {"hit": "yard/r/2"})
    mine = ItemRequest(hit="yard/r/3")

    def said(touch):
        with pytest.raises(NotFound) as refused:
            touch()
        return str(refused.value)

    for touch in (
        lambda name: desk.show(name, ANNA), lambda name: desk.add(name, mine, ANNA),
        lambda name: desk.note(name, 1, "x", ANNA), lambda name: desk.take_out(name, 1, ANNA),
        lambda name: desk.change(name, CaseChange(title="x"), ANNA),
        lambda name: desk.remove(name, ANNA), lambda name: desk.hold(name, ANNA),
        lambda name: desk.release(name, ANNA),
        lambda name: packs.begin(name, EvidenceRequest(), ANNA),
    ):  # fmt: skip
        hidden = said(lambda touch=touch: touch("theft-vault"))
        assert hidden.replace("theft-vault", "none") == said(lambda touch=touch: touch("none"))
    opened = desk.open(CaseRequest(id="theft-vault", title="t"), ANNA)
    assert opened.id.startswith("theft-vault-")
    assert desk.open(CaseRequest(id="v" * 64, title="t"), ANNA).id[:57] == "v" * 57
    assert desk.show("theft-vault", BOB).count == 1


def test_pages_are_of_cases_that_may_be_seen(ask, accountable):
    desk = accountable.cases
    for number in range(6):
        name = f"case-{number}"
        ask("POST", "/cases", 201, json={"id": name, "title": "t"})
        hit = f"{'yard' if number % 3 == 0 else 'lobby'}/r/1"
        ask("POST", f"/cases/{name}/items", 201, json=ITEM | {"hit": hit})
    first = desk.list(ANNA, count=1)
    assert [case.id for case in first.cases] == ["case-3"]
    assert read_place(first.next, (float, str))[1] == "case-3"  # not one that she may not see
    second = desk.list(ANNA, count=1, after=first.next)
    assert ([case.id for case in second.cases], second.next) == (["case-0"], None)


def test_a_case_that_was_emptied_is_for_whoever_began_it(ask, theft, accountable):
    desk = accountable.cases
    assert [case.id for case in desk.list(ANNA, count=9).cases] == ["theft"]
    item = ask("POST", f"{theft}/items", 201, json=ITEM).json()
    ask("DELETE", f"{theft}/items/{item['item']}")
    assert desk.list(ANNA, count=9).cases == []
    mine = desk.open(CaseRequest(title="mine"), ANNA).id
    desk.add(mine, ItemRequest(hit="yard/r/3"), ANNA)
    desk.take_out(mine, 1, ANNA)
    assert [case.id for case in desk.list(ANNA, count=9).cases] == [mine]


def test_tracks_of_a_case_are_held_and_released_but_for_those_of_others(ask, theft, accountable):
    kept = accountable.cases.holding
    kept.hold("lobby/r/2")  # by hand
    for hit in ("lobby/r/1", "lobby/r/2", "yard/r/3"):
        ask("POST", f"{theft}/items", 201, json=ITEM | {"hit": hit})
    ask("POST", "/cases", 201, json={"id": "fire", "title": "f"})
    ask("POST", "/cases/fire/items", 201, json=ITEM | {"hit": "yard/r/3"})
    assert all(each["held"] for each in ask("PUT", f"{theft}/hold").json()["items"])
    ask("PUT", "/cases/fire/hold")
    ask("DELETE", f"{theft}/hold")
    assert kept.tracks == {"lobby/r/2", "yard/r/3"}
    ask("DELETE", "/cases/fire", 204)
    assert kept.tracks == {"lobby/r/2"}


def test_only_an_administrator_takes_out_what_is_held(ask, theft, accountable):
    operator = Caller("olga", Role.OPERATOR)
    for hit in ("lobby/r/1", "lobby/r/1", "lobby/r/2"):
        ask("POST", f"{theft}/items", 201, json=ITEM | {"hit": hit})
    ask("PUT", f"{theft}/hold")
    accountable.cases.take_out("theft", 1, operator)  # the track is there once more
    with pytest.raises(ConfigError, match="an administrator releases it first"):
        accountable.cases.take_out("theft", 2, operator)
    ask("DELETE", f"{theft}/items/2")
    assert accountable.cases.holding.tracks == {"lobby/r/2"}


def test_a_clip_is_fetched_in_pieces(ask):
    made = ask("POST", "/clips", 201, json={"hit": "lobby/r/1"}).json()
    path = made["url"].removeprefix("/api/v1")
    whole = ask("GET", path)
    assert (whole.content, whole.headers["accept-ranges"]) == (VIDEO, "bytes")
    piece = ask("GET", path, 206, headers={"Range": "bytes=100-199"})
    assert piece.content == VIDEO[100:200]
    assert piece.headers["content-range"] == f"bytes 100-199/{len(VIDEO)}"
    assert piece.headers["etag"] == whole.headers["etag"]
    assert ask("GET", path, 206, headers={"Range": "bytes=-10"}).content == VIDEO[-10:]
    other = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert ask("GET", path, headers=other).content == VIDEO
    same = {"Range": "bytes=0-9", "If-Range": whole.headers["etag"]}
    assert ask("GET", path, 206, headers=same).content == VIDEO[:10]
    too_far = ask("GET", path, 416, headers={"Range": f"bytes={len(VIDEO)}-"})
    assert too_far.headers["content-range"].endswith(f"*/{len(VIDEO)}")
    for name in ("0" * 32, "..%2f" * 3 + "x", made["id"] + ".json"):
        ask("GET", f"/clips/{name}", 404)
    ask("POST", "/clips", 404, json={"hit": "lobby/r/9"})
    ask("POST", "/clips", 422, json={"hit": "lobby/r/1", "before_s": 601})


def test_a_clip_is_for_those_who_may_see_its_camera_and_for_a_while(accountable):
    clips = accountable.clips
    made = clips.make("lobby/r/1", 5, 5, BOB)
    assert clips.find(made.id, BOB)[1] == made
    with pytest.raises(NotFound):
        clips.find(made.id, ANNA)
    with pytest.raises(NotFound):
        clips.make("lobby/r/1", 5, 5, ANNA)
    clips.clock.sleep(3601)
    with pytest.raises(NotFound, match="not fetched in time"):
        clips.find(made.id, BOB)


def test_the_oldest_clip_goes_for_another(accountable, monkeypatch):
    monkeypatch.setattr("pipeline.workers.kept_clips.MOST", 2)
    made = [accountable.clips.make("lobby/r/1", 5, 5, BOB) for _ in range(3)]
    assert len(list(accountable.clips.folder.glob("*.mp4"))) == 2
    assert accountable.clips.find(made[-1].id, BOB)


def test_a_pack_is_made_and_fetched_by_whoever_asked(ask, theft, accountable):
    job = ask("POST", f"{theft}/evidence", 202, json={"blur": "heads"}).json()
    assert job["state"] == "working"
    done = ask("GET", f"{theft}/evidence/{job['id']}").json()
    assert (done["state"], done["pack"]["blur"], done["pack"]["path"]) == ("done", "heads", None)
    fetched = ask("GET", done["url"].removeprefix("/api/v1"))
    assert fetched.content == VIDEO
    assert fetched.headers["content-type"] == "application/zip"
    assert 'filename="theft.zip"' in fetched.headers["content-disposition"]
    with pytest.raises(NotFound):
        accountable.packs.look("theft", job["id"], ANNA)
    with pytest.raises(NotFound):
        accountable.packs.look("fire", job["id"], BOB)
    ask("GET", f"{theft}/evidence/{'0' * 32}", 404)
    ask("POST", "/cases/fire/evidence", 404, json={})
    ask("POST", f"{theft}/evidence", 422, json={"blur": "faces"})


def test_a_pack_is_no_more_for_whoever_was_narrowed_since(ask, theft, accountable):
    packs = accountable.packs
    for camera in ("lobby", "yard"):
        ask("POST", f"{theft}/items", 201, json=ITEM | {"hit": f"{camera}/r/1"})
    both = Caller("olga", Role.OPERATOR, frozenset({"yard", "lobby"}))
    job = packs.begin("theft", EvidenceRequest(), both)
    assert packs.fetch("theft", job.id, both).path.read_bytes() == VIDEO
    narrowed = Caller("olga", Role.OPERATOR, frozenset({"yard"}))
    for refused in (narrowed, Caller("oleg", Role.OPERATOR, both.cameras)):
        with pytest.raises(NotFound):
            packs.look("theft", job.id, refused)
    assert packs.look("theft", job.id, BOB).state == "done"
    told = packs.folder / f"{job.id}.json"
    earlier = json.loads(told.read_text())
    del earlier["cameras"]
    told.write_text(json.dumps(earlier))
    with pytest.raises(NotFound):
        packs.look("theft", job.id, both)
    assert packs.look("theft", job.id, BOB).state == "done"


def test_a_pack_that_fails_says_why_and_the_next_is_made(ask, theft, accountable):
    accountable.packs.desk.fails = True
    job = ask("POST", f"{theft}/evidence", 202, json={}).json()
    told = ask("GET", f"{theft}/evidence/{job['id']}").json()
    assert (told["state"], told["detail"]) == ("failed", "the disk is on fire")
    ask("GET", f"{theft}/evidence/{job['id']}/pack", 404)
    accountable.packs.desk.fails = False
    job = ask("POST", f"{theft}/evidence", 202, json={}).json()
    assert ask("GET", f"{theft}/evidence/{job['id']}").json()["state"] == "done"


def test_one_pack_at_a_time_and_one_whose_maker_ended_is_said_to_have_failed(
    ask, theft, accountable
):
    packs = accountable.packs
    packs.start = lambda work: None
    job = packs.begin("theft", EvidenceRequest(), BOB)
    assert ask("POST", f"{theft}/evidence", 503, json={}).json()["code"] == "busy"
    packs.clock.sleep(301)
    told = packs.look("theft", job.id, BOB)
    assert told.state == "failed"
    assert "whoever made it has ended" in told.detail


def test_retention_is_told(ask):
    assert ask("GET", "/retention").json()["video_s"] == 600
    assert json.loads(ask("GET", "/openapi.json").text)["paths"].keys() >= {
        "/api/v1/cases", "/api/v1/clips/{clip}", "/api/v1/retention",
    }  # fmt: skip
