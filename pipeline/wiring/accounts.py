"""Builds what knows users, sessions and tokens, and what lets callers in by them."""

import logging
from dataclasses import dataclass
from pathlib import Path

from pipeline.api.door import Door
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.store.account_file import FILE, AccountFile
from pipeline.store.accounts import Accounts
from pipeline.store.api_tokens import ApiTokens
from pipeline.store.login_sessions import LoginSessions
from pipeline.store.passwords import LOCKED, Passwords
from pipeline.workers.listening import TlsFiles
from pipeline.workers.signing_in import SigningIn

log = logging.getLogger(__name__)


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
    )


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
