"""`descry user` and `descry token` on a data folder that nobody runs."""

import io
import json
import sys

import pytest

from pipeline.callers import Role
from pipeline.cli import app as command
from pipeline.config import Settings
from pipeline.store.account_file import FILE, AccountFile
from pipeline.store.accounts import Accounts
from pipeline.store.api_tokens import ApiTokens
from pipeline.store.passwords import Passwords
from pipeline.wiring.accounts import where_to_look

OWN = "a phrase of my own"


@pytest.fixture
def descry(tmp_path, monkeypatch, capsys):
    """Runs the command in this process; what it wrote, and its exit code."""
    monkeypatch.setenv("DESCRY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DESCRY_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("DESCRY_CONFIG", "/dev/null")

    def run(*arguments, given="", code=0):
        monkeypatch.setattr(sys, "argv", ["descry", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as ended:
            command.main()
        said = capsys.readouterr()
        assert ended.value.code == code, said.err
        return said

    return run


@pytest.fixture
def kept(tmp_path):
    return lambda: AccountFile(tmp_path / "data" / FILE)


def test_the_administrator_is_set_up_without_anything_running(descry, kept):
    assert descry("user", "password", "admin", given=f"{OWN}\n").out == "admin has a new password\n"
    accounts = Accounts(kept())
    assert accounts.is_set_up()
    assert Passwords().fits(accounts.kept("admin"), OWN)


def test_users_come_and_go(descry, kept):
    said = descry("user", "add", "anna", "--role", "operator", "--camera", "gate").out
    assert said.startswith("anna  operator  gate  never signed in  has to choose a password\n")
    assert "shown this once: " in said
    listed = [json.loads(line) for line in descry("user", "list", "--json").out.splitlines()]
    assert [(each["name"], each["cameras"]) for each in listed] == [
        ("admin", None),
        ("anna", ["gate"]),
    ]
    assert all(each["password"] is None for each in listed)
    assert "one-time" not in descry("user", "password", "anna", given=f"{OWN}\n").out
    ApiTokens(kept()).create("hers", Role.VIEWER, None, created_by="anna", now=0.0, expires_at=None)
    assert "  of anna" in descry("token", "list").out
    gone = descry("user", "remove", "anna").out
    assert gone == "anna is removed; API tokens of theirs that ended: 1\n"
    assert "no user 'anna'" in descry("user", "remove", "anna", code=2).err


def test_a_user_is_disabled_and_enabled(descry, kept):
    descry("user", "add", "anna")
    assert "  disabled" in descry("user", "disable", "anna").out
    assert Accounts(kept()).get("anna").is_disabled
    assert "  disabled" not in descry("user", "enable", "anna").out
    descry("user", "password", "admin", given=f"{OWN}\n")
    assert "the only administrator" in descry("user", "disable", "admin", code=2).err


def test_tokens_come_and_go(descry, kept):
    text = descry("token", "create", "desk", "--camera", "gate", "--expires", "1h").out.strip()
    found = ApiTokens(kept()).find(text, 0.0)
    assert (found.name, found.role, found.cameras) == ("desk", "viewer", frozenset({"gate"}))
    assert found.expires_at - found.created_at == 3600
    assert found.created_by.startswith("local:")
    listed = descry("token", "list").out
    assert text not in listed
    descry("token", "revoke", found.id)
    assert ApiTokens(kept()).find(text, 0.0) is None


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (["user", "add", "Anna"], "", "cannot name a user"),
        (["user", "add", "local"], "", "stands for other callers"),
        (["user", "add", "a" * 2000], "", "name: String should have at most 1024"),
        (["user", "add", "eve", "--role", "administrator", "--camera", "gate"], "", "every camera"),
        (["user", "password", "admin"], "", "no password came in"),
        (["user", "password", "admin"], "short\n", "12 to 256 letters"),
        (["user", "password", "admin"], "x" * 2000 + "\n", "at most 1024"),
        (["user", "password", "nobody"], f"{OWN}\n", "no user 'nobody'"),
        (["token", "create", "desk", "--expires", "soon"], "", "--expires must be seconds"),
        (["token", "create", "desk", "--expires", "0"], "", "greater than 0"),
        (["token", "revoke", "nothing"], "", "no token has the id"),
    ],
)
def test_what_cannot_be_is_one_line(descry, arguments, given, said):
    told = descry(*arguments, given=given, code=2)
    assert said in told.err
    assert told.err.count("\n") == 1
    assert "Traceback" not in told.err
    assert not given.strip() or given.strip() not in told.err


@pytest.mark.parametrize(
    ("api", "said"),
    [
        ({}, "no console: set api.port"),
        ({"port": 8000}, "the console is at http://127.0.0.1:8000/"),
        ({"port": 8000, "public_url": "https://descry.example"}, "at https://descry.example"),
        ({"port": 0}, "its log names it"),
    ],
)
def test_whoever_runs_it_is_told_where_to_look(api, said):
    assert said in where_to_look(Settings.model_validate({"api": api}))
