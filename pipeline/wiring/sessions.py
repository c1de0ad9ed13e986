"""One owner of a data folder; everybody else is its client.

The owner runs the private Redis and the workers, and serves a local socket. A command that finds
no owner becomes one for as long as it runs.
"""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.case_client import CaseClient
from pipeline.client import Client
from pipeline.config import Settings
from pipeline.data_folder import DataFolder
from pipeline.errors import ConfigError, FolderInUse, ServiceUnavailable, StoreUnavailable
from pipeline.owner import Owner, command_of
from pipeline.reason_fields import NO_GROUNDS, Grounds
from pipeline.store.server import PrivateRedis
from pipeline.watch_client import WatchClient
from pipeline.wiring.auditing import build_noting
from pipeline.wiring.local_ways import LocalWays
from pipeline.wiring.processes import fresh_log, start_redis, worker_spec
from pipeline.wiring.reindexing import ReindexKeeper, check_asked, model_in_use
from pipeline.wiring.settings import read_token, worker_environment
from pipeline.wiring.stores import open_folder, open_stores
from pipeline.wiring.weights import encoder_name
from pipeline.workers import noted
from pipeline.workers.supervisor import Supervisor

log = logging.getLogger(__name__)

# A query worker loads torch and a model before it answers: seconds, tens of them on a slow disk.
READY_WITHIN_S = 180.0
# A short command (a search, say) that owns the folder is soon done.
OWNER_GONE_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Session:
    """A way to the workers of a data folder, ours or somebody else's.

    Attributes:
        settings: all of them.
        supervisor: the workers that we own, and the jobs that we start.
        folder: the data folder; None where only `api.url` is known.
        redis_url: where Redis is; None where only the API can be reached.
        redis: the private Redis, if it is ours.
        api_socket: the query worker's socket; None if it is reached by `api.url`.
        leftovers: what to remove at the end.
        owner_pid: the process that owns the folder; None if that is us, or nobody.
        reindexing: runs the worker of a change of model; the owner's.
        grounds: why this is done, for the audit.
    """

    settings: Settings
    supervisor: Supervisor
    folder: DataFolder | None = None
    redis_url: str | None = None
    redis: PrivateRedis | None = None
    api_socket: Path | None = None
    leftovers: ExitStack = field(default_factory=ExitStack)
    owner_pid: int | None = None
    reindexing: ReindexKeeper | None = None
    grounds: Grounds = NO_GROUNDS

    @property
    def media(self) -> Path | None:
        """Where pictures lie on this machine, if they do."""
        return self.folder.media if self.folder is not None else None

    def tend(self) -> None:
        """Keep alive what we own, see that the owner still is; call it a few times a second.

        Raises:
            ServiceUnavailable: the owner whose client we are has ended.
            WorkerFailed: a worker of ours gave up.
        """
        if self.owner_pid is not None and not Path(f"/proc/{self.owner_pid}").exists():
            raise ServiceUnavailable(
                "the Descry that this command was using has ended: give the same command again"
            )
        if self.redis is not None and not self.redis.is_alive():
            log.warning("the private Redis ended: starting it again")
            try:
                self.redis.restart()
            except StoreUnavailable as error:
                log.warning("%s; trying again", error)
        if self.reindexing is not None:
            self.reindexing.look()
        self.supervisor.tend()

    def quick_client(self) -> WatchClient:
        """Ask the query worker, ready or not."""
        return WatchClient(
            token=read_token(self.settings),
            socket=self.api_socket,
            url=self.settings.api.url,
            ca_file=self.settings.api.ca_file,
            grounds=self.grounds,
        )

    def case_client(self) -> CaseClient:
        """Ask the query worker of `api.url` about cases."""
        api, token = self.settings.api, read_token(self.settings)
        return CaseClient(token=token, url=api.url, ca_file=api.ca_file, grounds=self.grounds)

    def client(self) -> WatchClient:
        """Ask the query worker, once it is ready.

        Raises:
            ServiceUnavailable: it did not get ready.
        """
        client = self.quick_client()
        deadline = time.monotonic() + READY_WITHIN_S
        while self.api_socket is not None and not client.is_ready():
            self.tend()
            if time.monotonic() > deadline:
                raise ServiceUnavailable(
                    f"the query worker was not ready within {READY_WITHIN_S:g} s: "
                    f"see {self.settings.data_dir / 'logs'}"
                )
            time.sleep(0.05)
        return client

    def lists(self) -> Client | noted.NotedCatalogue:
        """What lists tracks and cameras: a query worker if there is one, or else the stores."""
        return self.client() if self._has_api else self._local().lists()

    def enrolment(self) -> Client | noted.NotedEnrolment:
        """What adds and removes cameras: likewise."""
        return self.client() if self._has_api else self._local().enrolment()

    def collections(self) -> Client | noted.NotedCollections:
        """What lists and removes collections: likewise."""
        return self.client() if self._has_api else self._local().collections()

    def holds(self) -> Client | noted.NotedHolding:
        """What holds tracks: likewise."""
        return self.client() if self._has_api else self._local().holds()

    def erasing(self) -> Client | noted.NotedErasing:
        """What erases tracks: likewise."""
        return self.client() if self._has_api else self._local().erasing()

    def noting(self) -> noted.Noting:
        """What notes what this command does by itself, whether there is a query worker or not."""
        return build_noting(self.settings, self.folder or open_folder(self.settings), self.grounds)

    @property
    def _has_api(self) -> bool:
        return self.redis_url is None or self.api_socket is not None

    def _local(self) -> LocalWays:
        return LocalWays(self.settings, self.redis_url, self.noting())


@contextmanager
def open_session(
    settings: Settings,
    *,
    need: frozenset[str],
    stopped: Callable[[], bool] = lambda: False,
    asked: str | None = None,
    grounds: Grounds = NO_GROUNDS,
) -> Iterator[Session]:
    """Reach the workers that `need` names, starting them if nobody owns the data folder.

    Args:
        settings: all of them.
        need: of `embed` and `query`.
        stopped: whether the user has had enough of waiting for others.
        asked: the encoder that a flag named, if one did.
        grounds: why, for the audit.

    Raises:
        ConfigError: the shots are embedded with another model than `asked`.
        FolderInUse: an owner without these workers does not go away.
    """
    if settings.api.url is not None and "embed" not in need:
        yield Session(settings, Supervisor(), grounds=grounds)
        return
    if need:
        encoder_name(settings)  # says at once what the workers would say much later
    folder = open_folder(settings)
    folder.token()
    with ExitStack() as stack:
        session = replace(_join_or_own(settings, folder, need, stack), grounds=grounds)
        check_asked(settings, session.redis_url, asked)
        with session.leftovers:
            yield session
        # Whoever came meanwhile works with our Redis and our workers: do not pull them away.
        while session.owner_pid is None and folder.has_clients() and not stopped():
            session.tend()
            time.sleep(0.1)


def _join_or_own(
    settings: Settings, folder: DataFolder, need: frozenset[str], stack: ExitStack
) -> Session:
    deadline = time.monotonic() + OWNER_GONE_WITHIN_S
    while True:
        owner = folder.read_owner()
        try:
            if owner is None:
                return own(settings, folder, sorted(need), stack, is_brief=True)
        except FolderInUse:  # somebody was faster
            continue
        if owner.is_up and need - {"query"} <= set(owner.workers):
            return _join(settings, folder, owner, need, stack)
        if time.monotonic() > deadline:
            raise FolderInUse(
                f"{folder.path} is used by '{owner.command}' (process {owner.pid}), which runs "
                f"no {' or '.join(sorted(need - set(owner.workers)))} worker: wait, or stop it"
            )
        time.sleep(0.1)


def _join(
    settings: Settings, folder: DataFolder, owner: Owner, need: frozenset[str], stack: ExitStack
) -> Session:
    """Be the owner's client; a query worker that it lacks is started beside it.

    Raises:
        ConfigError: its workers use another model than the one asked for.
    """
    stack.enter_context(folder.be_client())
    supervisor = Supervisor(most_failures=3)
    stack.callback(supervisor.stop)
    url = f"unix://{owner.redis_socket}" if owner.redis_socket else settings.redis.url
    in_use = model_in_use(settings, url)
    if need and in_use is None and owner.model not in {None, encoder_name(settings)}:
        raise ConfigError(
            f"'{owner.command}' (process {owner.pid}) uses the model {owner.model}: leave out "
            f"--model and encoder.model, or stop it"
        )
    socket = owner.api_socket
    if "query" in need and "query" not in owner.workers:
        socket = folder.runtime_dir / f"api-{os.getpid()}.sock"
        stack.callback(socket.unlink, missing_ok=True)
        _start_query(supervisor, settings, folder, url, socket)
    return Session(settings, supervisor, folder, url, api_socket=socket, owner_pid=owner.pid)


def _start_query(
    supervisor: Supervisor, settings: Settings, folder: DataFolder, url: str | None, socket: Path
) -> None:
    log_file = fresh_log(folder.logs / "query.log")
    arguments = ["query", "--socket", str(socket)]
    supervisor.add(worker_spec("query", arguments, worker_environment(settings, url), log_file))


def own(
    settings: Settings,
    folder: DataFolder,
    kinds: Sequence[str],
    stack: ExitStack,
    *,
    is_brief: bool,
) -> Session:
    """Own the folder: its Redis and workers of these kinds, until the stack closes.

    A brief owner keeps its workers' words in log files and gives up after a few failures; one
    that runs for weeks lets them speak, and never gives up.
    """
    stack.enter_context(folder.lock())
    redis_url, private = start_redis(settings, folder, stack)
    supervisor = Supervisor(most_failures=3 if is_brief else None)
    stack.callback(supervisor.stop)
    socket = folder.runtime_dir / "api.sock" if "query" in kinds else None
    environment = worker_environment(settings, redis_url)
    if socket is not None:
        socket.unlink(missing_ok=True)
    for kind in kinds:
        arguments = {"query": ["--socket", str(socket)], "embed": ["--name", "own"]}.get(kind, [])
        log_file = fresh_log(folder.logs / f"{kind}.log") if is_brief else None
        supervisor.add(worker_spec(kind, [kind, *arguments], environment, log_file))
    folder.write_owner(
        command=command_of(sys.argv),
        redis_socket=private.socket if private else None,
        api_socket=socket,
        workers=kinds,
        is_up=True,
        model=encoder_name(settings) if kinds else None,
    )
    keeper = ReindexKeeper(
        open_stores(settings, redis_url).models,
        supervisor,
        environment,
        fresh_log(folder.logs / "reindex.log") if is_brief else None,
        wanted=folder.has_clients if is_brief else lambda: True,
    )
    return Session(settings, supervisor, folder, redis_url, private, socket, reindexing=keeper)
