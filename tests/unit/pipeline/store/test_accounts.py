"""pipeline.store.accounts and what lies beside them: users, sessions, tokens, passwords."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
import unicodedata

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.callers import Caller, Role
from pipeline.clock import ManualClock
from pipeline.errors import ConfigError, NotFound, SignInRefused, StoreUnavailable
from pipeline.store.account_file import AccountFile
from pipeline.store.accounts import Accounts
from pipeline.store.login_sessions import LoginSessions
from pipeline.store.passwords import LOCKED, Passwords, check_password, one_time_password
from tests.account_house import CHEAP, PASSWORD, House
from tests.conftest import ROOT

ROLES = list(Role)
# Each example is flushed to the disk.
QUICK = settings(max_examples=25, deadline=None)


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@given(st.sampled_from(ROLES), st.sampled_from(ROLES), st.sampled_from(ROLES))
def test_roles_are_in_one_order(one, other, third):
    assert one.includes(one)
    assert one.includes(other) or other.includes(one)
    assert not (one.includes(other) and other.includes(one)) or one is other
    if one.includes(other) and other.includes(third):
        assert one.includes(third)
    assert Role.ADMINISTRATOR.includes(one)


def test_the_file_is_for_us_alone_and_has_no_secret_in_it(house):
    token = house.token("desk", "viewer")
    session = house.signing_in.sign_in("admin", PASSWORD, address="a")
    assert stat.S_IMODE(house.file.path.stat().st_mode) == 0o600
    held = house.file.path.read_bytes()
    for secret in (token, session.secret, session.csrf, PASSWORD):
        assert secret.encode() not in held


def test_a_user_comes_changes_and_goes(house):
    house.user("anna", "operator", ["gate", "lobby"])
    user = house.accounts.get("anna")
    assert user.caller == Caller("anna", Role.OPERATOR, frozenset({"gate", "lobby"}))
    session = house.signing_in.sign_in("anna", PASSWORD, address="a")
    house.accounts.change("anna", Role.VIEWER, None)
    found = house.sessions.find(session.secret, house.clock.now())
    assert found.user.caller == Caller("anna", Role.VIEWER), "at once, where they are signed in"
    house.accounts.remove("anna")
    assert house.sessions.find(session.secret, house.clock.now()) is None
    with pytest.raises(NotFound, match="no user 'anna'"):
        house.accounts.get("anna")


@pytest.mark.parametrize(
    "name",
    ["", "Anna", "anna b", "anna\r\nX: 1", "local:0", "token:x", "a" * 65, "data-folder", "../x"],
)
def test_a_name_that_would_read_as_something_else_is_refused(house, name):
    with pytest.raises(ConfigError):
        house.accounts.add(name, "hash", Role.VIEWER, None, 0.0)


def test_somebody_is_always_left_to_administer(house):
    house.accounts.add("eve", house.passwords.hash(PASSWORD), Role.ADMINISTRATOR, None, 0.0)
    for attempt in (
        lambda: house.accounts.remove("admin"),
        lambda: house.accounts.change("admin", Role.VIEWER, None),
        lambda: house.accounts.set_password("admin", "hash", must_change=True),
    ):
        with pytest.raises(ConfigError, match="only administrator who can sign in"):
            attempt()
    house.choose("eve")
    house.accounts.remove("admin")
    assert house.accounts.is_set_up()


def test_the_first_administrator_is_made_once(tmp_path):
    accounts = Accounts(AccountFile(tmp_path / "accounts.sqlite"))
    assert accounts.begin(LOCKED, 0.0)
    assert not accounts.begin(LOCKED, 0.0)
    assert Passwords(CHEAP).fits(accounts.kept("admin"), "") is False
    assert accounts.begin("one-time", 0.0), "a worker made it before there was a terminal"
    assert not accounts.begin("another", 0.0)
    assert accounts.kept("admin") == "one-time"
    assert not accounts.is_set_up()


@QUICK
@given(
    lasts=st.floats(1, 1e6),
    idle=st.floats(1, 1e6),
    waits=st.lists(st.floats(0, 2e6), min_size=1, max_size=6),
)
def test_a_session_is_good_while_it_is_young_and_used(tmp_path_factory, lasts, idle, waits):
    house = shared_house(tmp_path_factory)
    sessions = LoginSessions(house.file, lasts_s=lasts, idle_s=idle)
    begun = used = now = house.clock.now()
    secret = sessions.begin("admin", house.accounts.kept("admin"), now).secret
    for wait in waits:
        now += wait
        # Uses are written down twice a minute at most, so that one is idle up to so much sooner.
        is_young, idle_for = now < begun + lasts, now - used
        found = sessions.find(secret, now)
        if not is_young or idle_for >= idle:
            assert found is None
            return
        if idle_for < idle - 30:
            assert found is not None
        if found is None:
            return
        used = now


@QUICK
@given(life=st.floats(0.001, 1e9), age=st.floats(0, 1e9))
def test_a_token_is_good_until_it_expires(tmp_path_factory, life, age):
    house = shared_house(tmp_path_factory)
    now = house.clock.now()
    known, text = house.tokens.create(
        "desk", Role.VIEWER, None, created_by="admin", now=now, expires_at=now + life
    )
    try:
        found = house.tokens.find(text, now + age)
        assert (found is not None) == (now + age < now + life)
    finally:
        house.tokens.revoke(known.id)


_houses = []


def shared_house(tmp_path_factory):
    """One for all examples: each would write a file to the disk otherwise."""
    if not _houses:
        _houses.append(House(tmp_path_factory.mktemp("accounts")))
    return _houses[0]


def test_sessions_and_users_outlive_the_process(house, tmp_path):
    secret = house.signing_in.sign_in("admin", PASSWORD, address="a").secret
    house.file.close()
    again = House(tmp_path, is_set_up=False, clock=ManualClock(house.clock.now() + 60))
    assert again.sessions.find(secret, again.clock.now()).user.name == "admin"


def test_a_user_has_only_so_many_sessions(house):
    secrets = []
    for _ in range(40):
        secrets.append(house.signing_in.sign_in("admin", PASSWORD, address="a").secret)
        house.clock.sleep(1)
    good = [house.sessions.find(each, house.clock.now()) is not None for each in secrets]
    assert good == [False] * 8 + [True] * 32


def test_who_signs_in_while_the_password_is_changed_does_not_get_in(house, monkeypatch):
    kept = house.accounts.kept("admin")
    house.choose("admin", "another fine phrase")
    with pytest.raises(NotFound):
        house.sessions.begin("admin", kept, house.clock.now())
    monkeypatch.setattr(house.accounts, "kept", lambda name: kept)
    with pytest.raises(SignInRefused):
        house.signing_in.sign_in("admin", PASSWORD, address="a")


def test_hashes_of_older_parameters_are_made_anew(house):
    old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    house.accounts.set_password("admin", old, must_change=False)
    house.signing_in.sign_in("admin", PASSWORD, address="a")
    kept = house.accounts.kept("admin")
    assert kept != old
    assert house.passwords.fits(kept, PASSWORD)


def test_nobody_and_a_wrong_password_cost_the_same_comparison():
    compared = []

    class Counting(PasswordHasher):
        def verify(self, *arguments):
            compared.append(arguments[0])
            return super().verify(*arguments)

    passwords = Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    kept = passwords.hash(PASSWORD)
    for known, password in ((kept, "wrong"), (None, PASSWORD), (LOCKED, PASSWORD), (kept, "x")):
        assert not passwords.fits(known, password)
    assert len(compared) == 4
    assert {each.rsplit("$", 2)[0] for each in compared} == {kept.rsplit("$", 2)[0]}


@pytest.mark.parametrize(
    "password",
    ["암호는 열두 글자 이상이어야", "e\u0301" * 12 + "abcdef", "\ud800" + "abcdefghijkl"],
)
def test_a_password_is_what_is_read_however_it_is_typed(password):
    passwords = Passwords(CHEAP)
    kept = passwords.hash(password)
    assert passwords.fits(kept, unicodedata.normalize("NFD", password))
    assert not passwords.fits(kept, password[:-1])


def test_a_drawn_password_may_be_one():
    drawn = {one_time_password() for _ in range(50)}
    assert len(drawn) == 50
    assert all(check_password("admin", each) for each in drawn)


def test_two_processes_may_make_the_file_at_once(tmp_path):
    made, errors = [], []

    def open_it():
        try:
            made.append(Accounts(AccountFile(tmp_path / "accounts.sqlite")).begin("x", 0.0))
        except Exception as error:  # noqa: BLE001  (whatever it is, the test shows it)
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    assert sorted(made) == [False] * 7 + [True]


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "accounts.sqlite").write_bytes(b"not a database, at all" * 100)
    with pytest.raises(StoreUnavailable, match=r"accounts\.sqlite is damaged"):
        AccountFile(tmp_path / "accounts.sqlite")


def test_a_file_of_a_newer_version_is_left_alone(tmp_path, house):
    with sqlite3.connect(house.file.path) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnavailable, match="newer version"):
        AccountFile(house.file.path)


CHANGE = """
import sys
from pathlib import Path
from argon2 import PasswordHasher
from pipeline.store.account_file import AccountFile
from pipeline.store.accounts import Accounts
from pipeline.store.login_sessions import LoginSessions
file = AccountFile(Path(sys.argv[1]))
accounts, sessions = Accounts(file), LoginSessions(file, lasts_s=1e9, idle_s=1e9)
hasher, turn = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), 0
while True:
    turn += 1
    kept = hasher.hash(f"phrase number {turn % 2}")
    accounts.set_password("admin", kept, must_change=False)
    print(sessions.begin("admin", kept, 0.0).secret, kept, flush=True)
"""


def test_a_change_of_password_is_whole_though_it_is_killed(house):
    """After a kill -9 the password is one of the two, and no session of another one is left."""
    for lines in (1, 3, 4, 7, 11):
        with subprocess.Popen(
            [sys.executable, "-c", CHANGE, house.file.path], stdout=subprocess.PIPE, cwd=ROOT,
            text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
        ) as process:  # fmt: skip
            said = [process.stdout.readline().split(" ") for _ in range(lines)]
            process.kill()
            said += [line.split(" ") for line in process.stdout if line.endswith("\n")]
        kept = house.accounts.kept("admin")
        fitting = [house.passwords.fits(kept, f"phrase number {turn}") for turn in (0, 1)]
        assert sorted(fitting) == [False, True]
        last_secret, last_kept = said[-1][0], said[-1][1].strip()
        good = [secret for secret, _ in said if house.sessions.find(secret, 0.0) is not None]
        assert good == ([last_secret] if kept == last_kept else [])
