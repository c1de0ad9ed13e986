"""The way to the accounts: through the Descry that runs, or in its data folder where none does."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.account_client import AccountClient
from pipeline.config import Settings
from pipeline.reason_fields import NO_GROUNDS
from pipeline.wiring.accounts import build_account_desk, open_accounts
from pipeline.wiring.auditing import build_noting
from pipeline.wiring.settings import read_token
from pipeline.wiring.stores import open_folder
from pipeline.workers.noted_accounts import NotedAccounts


@contextmanager
def reach_accounts(settings: Settings) -> Iterator[tuple[AccountClient | NotedAccounts, str]]:
    """What keeps the accounts, and as whom we ask it.

    Whoever runs Descry on this data folder is asked over its socket; then the worker of
    `api.url`; where there is neither, the folder is ours to change.

    Raises:
        ServiceUnavailable: nobody answers who should.
        ConfigError: there is no token for `api.url`.
    """
    me = f"local:{os.geteuid()}"
    if settings.api.url is None:
        folder = open_folder(settings)
        owner = folder.read_owner()
        if owner is not None and owner.api_socket is not None:
            with AccountClient(token=folder.token(), socket=owner.api_socket) as client:
                if client.is_alive():
                    yield client, me
                    return
        # Nobody runs, or the worker that would answer is still loading its model.
        stores = open_accounts(folder.path)
        try:
            noting = build_noting(settings, folder, NO_GROUNDS)
            yield NotedAccounts(build_account_desk(stores), noting), me
        finally:
            stores.file.close()
        return
    with AccountClient(
        token=read_token(settings), url=settings.api.url, ca_file=settings.api.ca_file
    ) as client:
        yield client, me
