"""Who follows the alerts of a real server and is shut out amid it: told no more, and let go."""

from dataclasses import replace

import httpx
import pytest

from pipeline.api import following
from pipeline.api.app import build_app
from pipeline.api.identity import CSRF_HEADER
from pipeline.callers import Role
from tests.account_house import PASSWORD
from tests.unit.pipeline.api.desk import alert_answer
from tests.unit.pipeline.api.served import served
from tests.unit.pipeline.api.test_following import STREAM, Quiet, lines_until

SESSION = "/api/v1/session"


class Follower:
    """Somebody at a server who follows its alerts."""

    def __init__(self, client, house):
        self.client, self.house, self.csrf = client, house, ""

    def by_token(self, **more):
        self.client.headers["Authorization"] = (
            f"Bearer {self.house.token('desk', 'viewer', **more)}"
        )

    def by_session(self):
        self.house.user("vera", "operator")
        told = self.client.post(SESSION, json={"name": "vera", "password": PASSWORD})
        self.csrf = told.json()["csrf"]

    def revoke(self):
        (token,) = self.house.tokens.tokens()
        self.house.tokens.revoke(token.id)

    def expire(self):
        self.house.clock.sleep(61)

    def sign_out(self):
        with httpx.Client(
            base_url=self.client.base_url, cookies=self.client.cookies, timeout=30
        ) as other:
            assert other.delete(SESSION, headers={CSRF_HEADER: self.csrf}).status_code == 204

    def remove(self):
        self.house.accounts.remove("vera")

    def change_password(self):
        self.house.choose("vera", "another fine phrase")

    def idle(self):
        self.house.clock.sleep(3601)


SHUT_OUT = {
    "a token that is revoked": (Follower.by_token, Follower.revoke),
    "a token that expires": (
        lambda f: f.by_token(expires_at=f.house.clock.now() + 60),
        Follower.expire,
    ),
    "a session that is left": (Follower.by_session, Follower.sign_out),
    "a user who is removed": (Follower.by_session, Follower.remove),
    "a user with another password": (Follower.by_session, Follower.change_password),
    "a session that nobody uses": (Follower.by_session, Follower.idle),
}


@pytest.fixture
def desk():
    return Quiet()


@pytest.fixture
def follower(backing, house, desk):
    with (
        served(build_app(replace(backing, watches=desk))) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        yield Follower(client, house)
        desk.is_closed = True


@pytest.mark.parametrize(("comes", "is_shut_out"), SHUT_OUT.values(), ids=SHUT_OUT)
@pytest.mark.parametrize("something_is_told", [True, False])
def test_whoever_is_shut_out_is_told_nothing_more(
    follower, desk, monkeypatch, comes, is_shut_out, something_is_told
):
    monkeypatch.setattr(following, "HEARTBEAT_EVERY_S", 60 if something_is_told else 0.3)
    comes(follower)
    with follower.client.stream("GET", STREAM) as answer:
        lines = answer.iter_lines()
        desk.told.append(alert_answer(1))
        lines_until(lines, "id: 1-0")
        is_shut_out(follower)
        if something_is_told:
            desk.told.append(alert_answer(2))
        assert not any("2-0" in line for line in lines), "and the stream ends"


def test_whoever_may_see_less_is_told_less_at_once(follower, desk):
    follower.by_session()
    with follower.client.stream("GET", STREAM) as answer:
        lines = answer.iter_lines()
        desk.told.append(alert_answer(1))
        lines_until(lines, "id: 1-0")
        follower.house.accounts.change("vera", Role.VIEWER, ["attic"])
        of_theirs = alert_answer(3).model_copy(update={"camera": "attic"})
        desk.told += [alert_answer(2), of_theirs]
        assert not any("2-0" in line for line in lines_until(lines, "id: 3-0"))
