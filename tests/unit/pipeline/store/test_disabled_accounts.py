"""pipeline.store: users who may not sign in, and files from before there were such."""

import sqlite3

import pytest

from pipeline.errors import NotFound
from pipeline.store.account_file import AccountFile
from pipeline.store.accounts import Accounts
from pipeline.store.login_sessions import LoginSession, LoginSessions
from tests.account_house import House

_FIRST_LAYOUT = """
CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT NOT NULL, role TEXT NOT NULL, cameras TEXT,
    must_change INTEGER NOT NULL, created_at REAL NOT NULL, signed_in_at REAL) STRICT;
CREATE TABLE sessions (digest TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    used_at REAL NOT NULL, expires_at REAL NOT NULL) STRICT;
INSERT INTO users VALUES ('anna', 'x', 'viewer', NULL, 0, 1.0, NULL);
INSERT INTO sessions VALUES ('d', 'anna', 2.0, 9.0);
PRAGMA user_version = 1;
"""


def test_a_file_of_the_first_layout_goes_on_with_its_users_and_sessions(tmp_path):
    path = tmp_path / "accounts.sqlite"
    with sqlite3.connect(path) as database:
        database.executescript(_FIRST_LAYOUT)
    for _ in range(2):  # the second finds it changed
        file = AccountFile(path)
        accounts, sessions = Accounts(file), LoginSessions(file, lasts_s=9.0, idle_s=9.0)
        anna = accounts.get("anna")
        assert not anna.is_disabled
        (seat,) = sessions.seats(LoginSession(anna, "?"), 3.0)
        assert (seat.begun_at, seat.used_at, seat.is_this) == (None, 2.0, False)
        file.close()


def test_a_password_that_was_being_compared_opens_nothing_once_its_user_is_disabled(tmp_path):
    house = House(tmp_path)
    house.user("anna", "viewer")
    kept = house.accounts.kept("anna")
    house.accounts.disable("anna")
    assert house.accounts.kept("anna") is None
    with pytest.raises(NotFound):
        house.sessions.begin("anna", kept, house.clock.now())
