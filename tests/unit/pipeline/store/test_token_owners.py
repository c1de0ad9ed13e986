"""Tokens of users: never more than their owner may now, and nothing without them."""

import sqlite3
from itertools import product

import pytest

from pipeline.account_answers import TokenRequest
from pipeline.callers import Role
from pipeline.errors import ConfigError
from pipeline.store.account_file import AccountFile
from pipeline.store.api_tokens import ApiTokens
from tests.account_house import House

SCOPES = (None, ["gate"], ["gate", "hall"], ["lobby"])
HOLDERS = [
    (role, cameras)
    for role, cameras in product(Role, SCOPES)
    if cameras is None or role is not Role.ADMINISTRATOR
]


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.user("anna", "administrator")
    return house


def found(house, text):
    return house.tokens.find(text, house.clock.now())


@pytest.mark.parametrize(("role", "cameras"), HOLDERS)
def test_a_token_may_what_both_it_and_its_owner_may_now(house, role, cameras):
    for n, (theirs, seen) in enumerate(HOLDERS):
        text = house.token(f"desk{n}", role, cameras, by="anna")
        house.accounts.change("anna", theirs, seen)
        token = found(house, text)
        both = set(cameras or seen or ()) & set(seen or cameras or ())
        if (cameras or seen) and not both:
            assert token is None
            continue
        assert token.cameras == (both or None)
        for needed in Role:
            assert token.role.includes(needed) == (role.includes(needed) & theirs.includes(needed))


def test_a_token_opens_nothing_while_its_owner_may_not_sign_in(house):
    text, nobodys = house.token("desk", "viewer", by="anna"), house.token("cron", "viewer")
    house.accounts.disable("anna")
    assert found(house, text) is None
    house.accounts.disable("anna", is_disabled=False)
    assert found(house, text).owner == "anna"
    house.accounts.set_password("anna", "drawn", must_change=True)
    assert found(house, text) is None
    house.choose("anna")
    assert found(house, text) is not None
    assert found(house, nobodys).owner is None


def test_tokens_end_with_their_owner_also_those_that_their_tokens_made(house):
    desk = house.door().desk
    made = desk.create_token(TokenRequest(name="desk", role="administrator"), by="anna")
    more = desk.create_token(TokenRequest(name="more", role="viewer"), by="token:desk")
    cron = desk.create_token(TokenRequest(name="cron", role="viewer"), by="local:1000")
    job = desk.create_token(TokenRequest(name="job", role="viewer"), by="token:cron")
    assert [each.owner for each in (made, more, cron, job)] == ["anna", "anna", None, None]
    assert desk.remove_user("anna", by="admin").tokens_ended == 2
    house.user("anna", "administrator")  # another Anna
    assert [found(house, each.token) is None for each in (made, more, cron, job)] == [
        *(True, True),
        *(False, False),
    ]
    with pytest.raises(ConfigError, match="gone"):
        desk.create_token(TokenRequest(name="late", role="viewer"), by="token:desk")


def test_tokens_of_the_second_layout_go_on_and_are_nobodys(tmp_path):
    house = House(tmp_path)
    text = house.token("desk", "viewer")
    house.file.close()
    with sqlite3.connect(tmp_path / "accounts.sqlite") as database:
        database.execute("ALTER TABLE tokens DROP COLUMN owner")
        database.execute("PRAGMA user_version = 2")
    database.close()
    tokens = ApiTokens(AccountFile(tmp_path / "accounts.sqlite"))
    assert (tokens.find(text, 0.0).name, tokens.find(text, 0.0).owner) == ("desk", None)
