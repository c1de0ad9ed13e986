"""What administration asks of the API: sessions, disabled users, one track, the audit checked."""

import threading
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from pipeline.api.app import build_app
from pipeline.api.identity import CSRF_HEADER
from pipeline.clock import ManualClock
from pipeline.store.audit_files import files_in
from pipeline.workers.audit_checking import REST_S, AuditChecking
from tests.account_house import PASSWORD
from tests.unit.pipeline.api.conftest import AUTHORISED

SESSION, SESSIONS, CHECK = "/api/v1/session", "/api/v1/sessions", "/api/v1/audit/check"


def sign_in(client, name="admin"):
    answer = client.post(SESSION, json={"name": name, "password": PASSWORD})
    return answer.status_code, {CSRF_HEADER: answer.json().get("csrf", "")}


def test_somebody_sees_where_they_are_signed_in_and_ends_all_others(client, backing, house):
    house.user("anna", "viewer")
    elsewhere, anna = TestClient(build_app(backing)), TestClient(build_app(backing))
    sign_in(elsewhere)
    sign_in(anna, "anna")
    house.clock.sleep(60)
    _, csrf = sign_in(client)
    seats = client.get(SESSIONS).json()
    assert [seat["is_this"] for seat in seats] == [True, False]
    assert seats[0]["begun_at"] > seats[1]["begun_at"]
    assert client.delete(SESSIONS).status_code == 403
    assert client.delete(SESSIONS, headers=csrf).json() == {"ended": 1}
    assert elsewhere.get(SESSION).status_code == 401
    assert [client.get(SESSION).status_code, anna.get(SESSION).status_code] == [200, 200]


def test_a_token_has_no_sessions_to_end(client):
    assert client.get(SESSIONS, headers=AUTHORISED).json() == []
    assert client.delete(SESSIONS, headers=AUTHORISED).json() == {"ended": 0}


def change(client, name, **to):
    return client.patch(f"/api/v1/users/{name}", json=to, headers=AUTHORISED)


def test_a_disabled_user_is_out_at_once_and_in_again_when_enabled(client, backing, house, audit):
    house.user("anna", "viewer")
    anna = TestClient(build_app(backing))
    sign_in(anna, "anna")
    assert change(client, "anna", state="disabled").json()["state"] == "disabled"
    assert anna.get(SESSION).status_code == 401
    assert sign_in(anna, "anna")[0] == 401
    assert change(client, "anna", state="active").json()["state"] == "active"
    assert anna.get(SESSION).status_code == 401, "the session that was ended stays so"
    assert sign_in(anna, "anna")[0] == 200
    noted = client.get("/api/v1/audit", params={"what": "user-change"}, headers=AUTHORISED).json()
    assert [entry["asked"]["state"] for entry in noted["entries"]] == [
        "active", "active", "disabled", "disabled",
    ]  # fmt: skip


def test_the_last_administrator_who_can_sign_in_is_not_disabled(client, house):
    house.user("anna", "administrator")
    assert change(client, "anna", state="disabled").status_code == 200
    refused = change(client, "admin", state="disabled")
    assert refused.status_code == 422
    assert "only administrator who can sign in" in refused.json()["detail"]
    assert sign_in(client)[0] == 200


def test_one_track_is_told_to_whoever_may_see_its_camera(client, house):
    path = "/api/v1/tracks/lobby/r/1"
    assert client.get(path, headers=AUTHORISED).json()["thumbnail"].endswith("lobby/day/1.jpg")
    assert client.get("/api/v1/tracks/lobby/r/2", headers=AUTHORISED).status_code == 404
    elsewhere = {"Authorization": f"Bearer {house.token('desk', 'viewer', ['gate'])}"}
    assert client.get(path, headers=elsewhere).status_code == 404


def said(client, **filters):
    asked = {"what": "search", **filters}
    page = client.post("/api/v1/audit/search", json=asked, headers=AUTHORISED)
    return [entry["text"] for entry in page.json()["entries"]]


def test_the_audit_is_filtered_by_case_and_by_words_in_letters_of_either_size(client):
    for text, reason, case in (
        ("red coat", "", "2026/17"),
        ("blue coat", "Theft of a bike", "2026/17"),
        ("green hat", "", "2026/18"),
    ):
        body = {"text": text, "reason": reason, "case": case}
        client.post("/api/v1/search", json=body, headers=AUTHORISED)
    assert said(client, of_case="2026/17") == ["blue coat", "red coat"]
    assert said(client, words="COAT") == ["blue coat", "red coat"]
    assert said(client, words="theft") == ["blue coat"]
    assert said(client, words="/18") == ["green hat"]
    assert said(client, words="nobody") == []


def check(client):
    return client.post(CHECK, headers=AUTHORISED)


def test_a_check_tells_how_far_the_audit_is_whole_and_by_whose_key(client, audit):
    for _ in range(9):
        client.get("/api/v1/users", headers=AUTHORISED)
    told = check(client).json()
    assert told["whole"] is True
    assert told["signed"] == 9
    assert told["last"] >= told["signed"]
    assert told["signed_at"]
    assert len(told["key"]) == 64
    assert told["entry"] is None


def touch(audit):
    (path,) = files_in(audit.folder)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"users", b"watch")
    path.write_bytes(b"".join(lines))


def test_a_check_names_the_entry_that_was_changed(client, audit):
    for _ in range(4):
        client.get("/api/v1/users", headers=AUTHORISED)
    touch(audit)
    told = check(client).json()
    assert (told["whole"], told["entry"]) == (False, 3)
    assert "entry 3 was changed" in told["what"]
    assert told["where"].endswith(", line 3")


def test_a_check_that_follows_soon_tells_what_the_last_one_found(client, audit, house):
    for _ in range(4):
        client.get("/api/v1/users", headers=AUTHORISED)
    first = check(client).json()
    touch(audit)
    assert check(client).json() == first
    house.clock.sleep(REST_S)
    assert check(client).json()["whole"] is False


def test_a_logged_head_that_is_not_on_the_chain_is_found(client, tmp_path):
    for _ in range(4):
        client.get("/api/v1/users", headers=AUTHORISED)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "query.log").write_text(
        f"2026-11-23T09:00:00Z INFO query: audit: 2 entries, head {'a' * 64}\n"
    )
    assert check(client).json()["whole"] is False


def test_that_a_log_cannot_be_read_is_told_and_remembered(client, tmp_path, house):
    client.get("/api/v1/users", headers=AUTHORISED)
    odd = tmp_path / "logs" / "query.log"
    odd.mkdir(parents=True)
    refused = check(client)
    assert (refused.status_code, "cannot be read" in refused.json()["detail"]) == (503, True)
    odd.rmdir()
    assert check(client).status_code == 503
    house.clock.sleep(REST_S)
    assert check(client).json()["whole"] is True


class SlowClock(ManualClock):
    """Every look at it takes a second."""

    def monotonic(self):
        self.sleep(1)
        return super().monotonic()


def test_a_check_that_takes_too_long_is_given_up(backing, audit, tmp_path):
    checks = AuditChecking(
        audit.folder, tmp_path / "signing.key", tmp_path, SlowClock(), within_s=0.5
    )
    client = TestClient(build_app(replace(backing, audit_checks=checks)))
    client.get("/api/v1/users", headers=AUTHORISED)
    refused = check(client)
    assert refused.status_code == 422
    assert "descry audit verify" in refused.json()["detail"]


class HeldClock(ManualClock):
    """Whoever asks it the time waits until a test lets them go on."""

    def __init__(self):
        super().__init__()
        self.entered, self.let_go = threading.Event(), threading.Event()

    def monotonic(self):
        self.entered.set()
        assert self.let_go.wait(30)
        return super().monotonic()


@pytest.mark.timeout(120)
def test_one_check_is_made_at_a_time(backing, audit, tmp_path):
    clock = HeldClock()
    checks = AuditChecking(audit.folder, tmp_path / "signing.key", tmp_path, clock)
    client = TestClient(build_app(replace(backing, audit_checks=checks)))
    first = threading.Thread(target=checks.check)
    first.start()
    assert clock.entered.wait(30)
    assert check(client).status_code == 503
    clock.let_go.set()
    first.join(30)
    assert check(client).json()["whole"] is True
