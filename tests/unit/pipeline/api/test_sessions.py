"""Signing in over HTTP: cookies, CSRF, fixation, and how often somebody may fail."""

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from pipeline.api.app import build_app
from pipeline.api.identity import COOKIE, CSRF_HEADER
from tests.account_house import PASSWORD

SESSION, OWN = "/api/v1/session", "/api/v1/session/password"
ADMIN = {"name": "admin", "password": PASSWORD}


def sign_in(client, name="admin", password=PASSWORD, **headers):
    return client.post(SESSION, json={"name": name, "password": password}, headers=headers)


def test_a_session_says_who_is_signed_in(client):
    answer = sign_in(client)
    assert answer.status_code == 200
    told = answer.json()
    assert told == {
        "name": "admin",
        "role": "administrator",
        "cameras": None,
        "csrf": told["csrf"],
        "must_change_password": False,
        "reason_required": False,
    }
    assert client.get(SESSION).json() == told
    assert client.get("/api/v1/cameras").status_code == 200


def test_the_cookie_is_for_our_own_pages_and_no_script(client):
    cookie = sign_in(client).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "; secure" not in cookie


@pytest.mark.parametrize("base", ["https://testserver", "http://testserver"])
def test_the_cookie_travels_by_tls_alone_where_there_is_tls(backing, house, base):
    door = house.door(public_url=None if base.startswith("https") else "https://descry.example")
    app = build_app(_with(backing, door=door))
    cookie = sign_in(TestClient(app, base_url=base)).headers["set-cookie"].lower()
    assert "; secure" in cookie


def _with(backing, **changed):
    from dataclasses import replace

    return replace(backing, **changed)


def test_a_write_with_a_cookie_shows_the_csrf_of_its_session(client):
    csrf = sign_in(client).json()["csrf"]
    path = "/api/v1/search"
    for wrong in ({}, {CSRF_HEADER: ""}, {CSRF_HEADER: csrf[:-1]}, {CSRF_HEADER: "ü" * 64}):
        sent = {name: value.encode() for name, value in wrong.items()}
        answer = client.post(path, json={"text": "red coat"}, headers=sent)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    right = client.post(path, json={"text": "red coat"}, headers={CSRF_HEADER: csrf})
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": "http://testserver:8080"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://testserver"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 200),
    ],
)
def test_pages_of_other_sites_can_neither_write_nor_sign_in(client, headers, status):
    assert sign_in(client, **headers).status_code == status
    csrf = sign_in(client).json()["csrf"]
    answer = client.post(
        "/api/v1/search", json={"text": "a"}, headers={CSRF_HEADER: csrf, **headers}
    )
    assert answer.status_code == status


def test_a_session_that_was_planted_is_not_taken_over(client, house):
    client.cookies.set(COOKIE, "planted-by-somebody")
    answer = sign_in(client)
    fresh = answer.cookies[COOKIE]
    assert fresh != "planted-by-somebody"
    assert house.sessions.find("planted-by-somebody", house.clock.now()) is None
    again = sign_in(client).cookies[COOKIE]
    assert again != fresh
    assert house.sessions.find(fresh, house.clock.now()) is None


def test_signing_out_ends_the_session(client, house):
    answer = sign_in(client)
    csrf, secret = answer.json()["csrf"], answer.cookies[COOKIE]
    assert client.delete(SESSION).status_code == 403
    assert client.delete(SESSION, headers={CSRF_HEADER: csrf}).status_code == 204
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, secret)
    assert client.get(SESSION).status_code == 401


def test_a_new_password_ends_every_session_and_begins_another(client, backing):
    elsewhere = TestClient(build_app(backing))
    sign_in(elsewhere)
    csrf = sign_in(client).json()["csrf"]
    body = {"old": PASSWORD, "new": "another fine phrase"}
    answer = client.post(OWN, json=body, headers={CSRF_HEADER: csrf})
    assert answer.status_code == 200
    assert answer.json()["csrf"] != csrf
    assert elsewhere.get(SESSION).status_code == 401
    assert client.get(SESSION).status_code == 200
    assert sign_in(elsewhere).status_code == 401
    assert sign_in(elsewhere, password="another fine phrase").status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("wrong horse battery", "another fine phrase", 401),
        (PASSWORD, "short", 422),
        (PASSWORD, PASSWORD, 422),
        (PASSWORD, "aaaaaaaaaaaaaaaa", 422),
        (PASSWORD, "x" * 257, 422),
    ],
)
def test_a_password_that_cannot_be_one_changes_nothing(client, old, new, status):
    csrf = sign_in(client).json()["csrf"]
    answer = client.post(OWN, json={"old": old, "new": new}, headers={CSRF_HEADER: csrf})
    assert answer.status_code == status
    assert new not in answer.text
    assert sign_in(client).status_code == 200


def test_a_session_ends_by_itself(client, house):
    sign_in(client)
    house.clock.sleep(3599)
    assert client.get(SESSION).status_code == 200
    house.clock.sleep(3601)
    assert client.get(SESSION).status_code == 401


def test_a_session_ends_however_it_is_used(client, house):
    sign_in(client)
    for _ in range(24):
        assert client.get(SESSION).status_code == 200
        house.clock.sleep(1800)
    assert client.get(SESSION).status_code == 401


def test_an_unknown_name_is_answered_as_a_wrong_password(client):
    wrong = sign_in(client, password="wrong horse battery")
    unknown = sign_in(client, name="nobody", password="wrong horse battery")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert "set-cookie" not in wrong.headers


def test_wrong_passwords_make_the_next_wait_longer(client, house):
    waits = []
    while len(waits) < 8:
        answer = sign_in(client, password="wrong horse battery")
        if answer.status_code == 429:
            assert answer.json()["code"] == "too-many-attempts"
            waits.append(int(answer.headers["retry-after"]))
            assert sign_in(client).status_code == 429, "the right one has to wait as well"
            house.clock.sleep(waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128]
    assert sign_in(client).status_code == 200
    assert sign_in(client, password="wrong horse battery").status_code == 401


def test_who_must_change_the_password_can_do_nothing_else(client, house):
    house.accounts.add("anna", house.passwords.hash(PASSWORD), "administrator", None, 0.0)
    told = sign_in(client, "anna").json()
    assert told["must_change_password"] is True
    answer = client.get("/api/v1/cameras")
    assert (answer.status_code, answer.json()["code"]) == (403, "password-change-needed")
    assert client.get(SESSION).status_code == 200
    body = {"old": PASSWORD, "new": "another fine phrase"}
    assert client.post(OWN, json=body, headers={CSRF_HEADER: told["csrf"]}).status_code == 200
    assert client.get("/api/v1/cameras").status_code == 200


@pytest.mark.parametrize("name", ["admin\r\nX-Evil: 1", "admin\x00", "ADMIN", "a" * 1024, "'--"])
def test_an_odd_name_is_nobody(client, name):
    answer = sign_in(client, name=name)
    assert answer.status_code == 401
    assert "x-evil" not in answer.headers


def test_a_header_decides_alone_whatever_cookie_comes_along(client):
    sign_in(client)
    answer = client.get(SESSION, headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


def test_a_session_says_that_a_reason_is_needed(backing):
    rules = replace(backing.audit, reason_required=True)
    strict = TestClient(build_app(replace(backing, audit=rules)))
    assert sign_in(strict).json()["reason_required"] is True
    assert strict.get(SESSION).json()["reason_required"] is True
