"""Every route, asked by everybody: the list of routes is the application's own."""

import json
import re
from dataclasses import replace

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient

from pipeline.api.access import NEEDS, Access, Open, Way, ways_of
from pipeline.api.app import build_app
from pipeline.api.identity import COOKIE, CSRF_HEADER
from pipeline.callers import Role
from pipeline.errors import ConfigError
from tests.account_house import PASSWORD
from tests.unit.pipeline.api.conftest import AUTHORISED, TOKEN

SESSION = "/api/v1/session"
ASKING = ("anonymous", "cookie", "token", "limited token")
# What a template stands for; all of it lies on the camera `lobby`.
NAMES = {"key": "lobby/r/1", "shot": "lobby/r/1/1", "track": "lobby/r/1", "camera": "lobby"}


@pytest.fixture(scope="module")
def routes():
    """`METHOD template` of everything that the table knows; a test compares it with the app."""
    return sorted(NEEDS)


def path_of(template):
    return re.sub(r"{(\w+)(:path)?}", lambda m: NAMES.get(m[1], "nobody-of-that-name"), template)


@pytest.fixture
def app(backing):
    return build_app(backing)


def test_the_table_and_the_application_have_the_same_routes(app):
    assert {row for way in ways_of(app) for row in way.rows()} == set(NEEDS)


def test_a_route_that_nobody_gave_a_role_keeps_the_application_from_starting(backing, monkeypatch):
    def with_one_more(travel):
        routes = APIRouter()
        routes.add_api_route("/forgotten", lambda: None, methods=["GET"])
        return routes

    monkeypatch.setattr("pipeline.api.app.travel_routes", with_one_more)
    with pytest.raises(LookupError, match="GET /api/v1/forgotten"):
        build_app(backing)


def test_a_row_without_a_route_keeps_it_from_starting_as_well(backing):
    with pytest.raises(LookupError, match="GET /api/v1/gone"):
        build_app(backing, {**NEEDS, "GET /api/v1/gone": Role.VIEWER})


def test_what_is_mounted_answers_for_all_below_it():
    way = Way(frozenset(), "/assets")
    access = Access([way], {"ANY /assets": Open.ANYBODY})
    assert access.need("GET", "/assets/messages/en.json") is Open.ANYBODY
    assert access.need("GET", "/assetsx") is None


class Asker:
    """Somebody who asks in one way, with one role."""

    def __init__(self, client, house, asking, role):
        self.client, self.headers = client, {}
        self.asking, self.secret = asking, ""
        if asking == "cookie":
            house.user("anna", role)
            self.sign_in()
        elif asking != "anonymous":
            cameras = ["lobby"] if asking == "limited token" else None
            self.headers = {"Authorization": f"Bearer {house.token('desk', role, cameras)}"}

    def sign_in(self):
        answer = self.client.post(SESSION, json={"name": "anna", "password": PASSWORD})
        self.secret = answer.cookies[COOKIE]
        self.headers = {CSRF_HEADER: answer.json()["csrf"]}

    def verdict(self, row):
        """What becomes of a request whose body makes no sense to any route."""
        method, template = row.split(" ")
        if self.secret:
            self.client.cookies.set(COOKIE, self.secret)
        path = path_of(template)
        answer = self.client.request(method, path, headers=self.headers, content=b"{]")
        if row == "DELETE /api/v1/session" and self.secret:
            self.sign_in()
        return verdict(answer.status_code)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("asking", ASKING)
def test_every_route_lets_in_whom_it_should_and_nobody_else(app, house, routes, role, asking):
    if asking == "limited token" and role is Role.ADMINISTRATOR:
        with pytest.raises(ConfigError, match="sees every camera"):
            Asker(None, house, asking, role)
        return
    # A stream of alerts does not end; it has a test of its own.
    rows = [row for row in routes if row != "GET /api/v1/alerts/stream"]
    with TestClient(app, raise_server_exceptions=False) as client:
        asker = Asker(client, house, asking, role)
        told = {row: asker.verdict(row) for row in rows}
    assert told == {row: wanted(row, role, asking) for row in rows}


def verdict(status):
    if status == 401:
        return "unknown"
    return "forbidden" if status == 403 else "let in"


#: What cannot be told apart by camera.
OF_ALL_CAMERAS = {"GET /metrics", "GET /api/v1/imports/files"}


def wanted(row, role, asking):
    need = NEEDS[row]
    if need is Open.ANYBODY:
        return "let in"
    if asking == "anonymous":
        return "unknown"
    if need is Open.SIGNED_IN:
        return "let in"
    if row in OF_ALL_CAMERAS and asking == "limited token":
        return "forbidden"
    return "let in" if role.includes(need) else "forbidden"


def test_a_stream_of_alerts_is_for_viewers_and_ends_when_they_may_not_look(app, house):
    client = TestClient(app)
    path = "/api/v1/alerts/stream"
    assert client.get(path).status_code == 401
    token = house.token("desk", "viewer")
    answer = client.get(path, headers={"Authorization": f"Bearer {token}", "Last-Event-ID": "0-0"})
    assert answer.status_code == 200
    assert "event: new" in answer.text


def test_the_holder_of_the_data_folder_may_do_everything(app, routes):
    client = TestClient(app, raise_server_exceptions=False)
    for row in routes:
        method, template = row.split(" ")
        if row != "GET /api/v1/alerts/stream":
            answer = client.request(method, path_of(template), headers=AUTHORISED, content=b"{]")
            assert answer.status_code not in {401, 403}, row


@pytest.mark.parametrize("offered", ["descry_", "descry_" + "x" * 43, "descry_" + "x" * 9000])
def test_a_token_that_nobody_made_is_nobody(app, offered):
    answer = TestClient(app).get(SESSION, headers={"Authorization": f"Bearer {offered}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_ends_when_it_expires_or_is_revoked(app, house):
    client = TestClient(app)
    text = house.token("desk", "viewer", expires_at=house.clock.now() + 60)
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get(SESSION, headers=headers).json()["name"] == "token:desk"
    house.clock.sleep(61)
    assert client.get(SESSION, headers=headers).status_code == 401
    text = house.token("other", "viewer")
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get(SESSION, headers=headers).status_code == 200
    (known,) = [token for token in house.tokens.tokens() if token.name == "other"]
    assert known.used_at == house.clock.now()
    house.tokens.revoke(known.id)
    assert client.get(SESSION, headers=headers).status_code == 401


def test_until_an_administrator_has_a_password_the_network_is_told_what_to_do(backing, house):
    house.accounts.set_password("admin", house.passwords.hash(PASSWORD), must_change=False)
    house.accounts.change("admin", Role.ADMINISTRATOR, None)
    door = house.door(is_set_up=lambda: False)
    client = TestClient(build_app(replace(backing, door=door)), raise_server_exceptions=False)
    open_or_session = {row for row, need in NEEDS.items() if isinstance(need, Open)}
    for row in sorted(NEEDS.keys() - open_or_session):
        method, template = row.split(" ")
        for headers in ({}, AUTHORISED):
            answer = client.request(method, path_of(template), headers=headers)
            assert answer.status_code == 503, row
            if method != "HEAD":
                assert answer.json()["code"] == "setup-needed"
                assert "descry user password admin" in answer.json()["detail"]
    assert client.get("/healthz").status_code == 200
    assert client.get(SESSION).status_code == 401


def test_the_socket_of_this_machine_is_answered_before_anything_is_set_up(backing, house):
    app = build_app(replace(backing, door=house.door(is_set_up=lambda: False, owners={0, 77})))

    async def by_socket(scope, receive, send):
        scope.setdefault("state", {})["peer_uid"] = uid
        await app(scope, receive, send)

    client = TestClient(by_socket)
    for uid, status in ((77, 200), (0, 200), (78, 503), (None, 503)):
        assert client.get("/api/v1/cameras").status_code == status, uid
    uid = 77
    told = client.get(SESSION).json()
    assert (told["name"], told["role"], told["csrf"]) == ("local:77", "administrator", "")


def test_a_caller_may_ask_only_so_often(backing, house):
    door = house.door(requests_per_minute=3)
    client = TestClient(build_app(replace(backing, door=door)))
    answers = [client.get("/api/v1/cameras", headers=AUTHORISED) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "too-many-requests"
    assert int(answers[-1].headers["retry-after"]) == 20
    assert client.get("/healthz").status_code == 200, "another caller: an address"
    house.clock.sleep(20)
    assert client.get("/api/v1/cameras", headers=AUTHORISED).status_code == 200


def test_a_body_is_not_read_for_whom_the_route_is_not_for(app, house):
    token = house.token("desk", "viewer")
    read = []

    def body():
        read.append(1)
        yield b"x" * 1000

    answer = TestClient(app).post(
        "/api/v1/erasures", headers={"Authorization": f"Bearer {token}"}, content=body()
    )
    assert answer.status_code == 403
    assert "administrator" in answer.json()["detail"]


def test_nothing_that_is_answered_repeats_a_secret(app, house):
    client = TestClient(app, raise_server_exceptions=False)
    made = client.post(
        "/api/v1/tokens", json={"name": "desk", "role": "viewer"}, headers=AUTHORISED
    ).json()
    added = client.post(
        "/api/v1/users", json={"name": "anna", "role": "viewer"}, headers=AUTHORISED
    ).json()
    assert made["token"].startswith("descry_")
    listed = [
        client.get(f"/api/v1/{what}", headers=AUTHORISED).text for what in ("users", "tokens")
    ]
    for secret in (made["token"], added["password"], TOKEN):
        assert secret not in "".join(listed)
    assert json.loads(listed[0])[1]["must_change_password"] is True
    bad = client.post(SESSION, json={"name": "a", "password": ["hunter2hunter2"]})
    assert (bad.status_code, "hunter2" in bad.text) == (422, False)
