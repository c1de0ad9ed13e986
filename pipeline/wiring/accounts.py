"""Builds what knows users, sessions and tokens, and what lets callers in by them."""

import ipaddress
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pipeline.api.door import Door
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.store.account_file import FILE, AccountFile
from pipeline.store.accounts import FIRST, Accounts
from pipeline.store.api_tokens import ApiTokens
from pipeline.store.login_sessions import LoginSessions
from pipeline.store.passwords import LOCKED, Passwords, one_time_password
from pipeline.store.saved_searches import SavedSearches
from pipeline.workers.account_desk import AccountDesk
from pipeline.workers.listening import TlsFiles
from pipeline.workers.signing_in import SigningIn

log = logging.getLogger(__name__)

_WELCOME = """
  Open {url} and sign in as {name} with this password, which works once and is not shown again:

      {password}

  You are asked for one of your own then; until that is set, nothing else is answered over
  the network. 'descry user password {name}' sets it here as well.

"""


@dataclass(frozen=True, slots=True)
class AccountStores:
    """What is known of users and tokens."""

    file: AccountFile
    accounts: Accounts
    tokens: ApiTokens


def open_accounts(data_folder: Path) -> AccountStores:
    """The accounts of a data folder, with its first administrator.

    Raises:
        StoreUnavailable: they cannot be read.
        StoreFull: there is no room for them.
    """
    file = AccountFile(data_folder / FILE)
    stores = AccountStores(file, Accounts(file), ApiTokens(file))
    # Without a password: whoever starts Descry on a terminal was given one before this.
    stores.accounts.begin(LOCKED, SystemClock().now())
    return stores


def build_door(settings: Settings, stores: AccountStores) -> Door:
    """Who may come in, and how they show who they are."""
    clock = SystemClock()
    sessions = LoginSessions(
        stores.file, lasts_s=settings.api.session_s, idle_s=settings.api.session_idle_s
    )
    return Door(
        signing_in=SigningIn(stores.accounts, sessions, Passwords(), clock),
        sessions=sessions,
        tokens=stores.tokens,
        is_set_up=stores.accounts.is_set_up,
        now=clock.now,
        monotonic=clock.monotonic,
        public_url=settings.api.public_url,
        requests_per_minute=settings.api.requests_per_minute,
        desk=build_account_desk(stores),
        saved=SavedSearches(stores.file),
    )


def _address(settings: Settings) -> str:
    api = settings.api
    scheme = "http" if api.tls_certificate is None else "https"
    return api.public_url or f"{scheme}://{api.host}:{api.port}/"


def where_to_look(settings: Settings) -> str:
    """A line on the console of an installation: where it is, or how to have it."""
    if settings.api.port is None:
        return "no console: set api.port (DESCRY_API__PORT=8000 descry run) to open it in a browser"
    if settings.api.port == 0 and settings.api.public_url is None:
        return "the console is at the port that the query worker was given: its log names it"
    return f"the console is at {_address(settings)}"


def build_account_desk(stores: AccountStores) -> AccountDesk:
    """What adds and removes users and tokens."""
    return AccountDesk(stores.accounts, stores.tokens, Passwords(), SystemClock())


def welcome(settings: Settings, terminals: Sequence[TextIO]) -> None:
    """Give the first administrator a password for one sign-in, and show it, once.

    Only on a terminal: what is written elsewhere is a log, and stays.

    Raises:
        StoreUnavailable: the accounts cannot be read.
        StoreFull: there is no room for them.
    """
    if settings.api.port is None:
        return  # there is nowhere to sign in: whoever reaches the socket is let in by it
    stores = open_accounts(settings.data_dir)
    try:
        terminal = next((each for each in terminals if each.isatty()), None)
        if terminal is not None:
            drawn = one_time_password()
            if stores.accounts.begin(Passwords().hash(drawn), SystemClock().now()):
                terminal.write(_WELCOME.format(name=FIRST, password=drawn, url=_address(settings)))
                terminal.flush()
                return
        if not stores.accounts.is_set_up():
            log.warning(
                "nobody has set the administrator's password yet, so the network is answered "
                "nothing: run 'descry user password %s'",
                FIRST,
            )
    finally:
        stores.file.close()


def tls_files(settings: Settings) -> TlsFiles | None:
    """What TLS is served by; None for none.

    Raises:
        ConfigError: it cannot be.
    """
    certificate, key = settings.api.tls_certificate, settings.api.tls_key
    if certificate is None or key is None:
        return None
    files = TlsFiles(certificate, key)
    files.check()
    return files


def warn_of_open_doors(host: str, *, is_encrypted: bool) -> None:
    """Say what passwords travel by where others may listen."""
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback and not is_encrypted:
        log.warning(
            "api.host %s is open to the network without TLS, so that passwords can be read on "
            "their way: set api.tls_certificate and api.tls_key, or let only a proxy with TLS "
            "reach it",
            host,
        )
