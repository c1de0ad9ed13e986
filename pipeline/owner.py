"""Who owns a data folder, as other processes read it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

VERBS = frozenset(
    {"run", "replay", "search", "tracks", "cameras", "collections", "demo", "encode", "index"}
    | {"erase", "hold", "reindex", "user", "token"}
)


def command_of(arguments: Sequence[str]) -> str:
    """How a process was started, in words that describe nobody: a verb of ours, or "python".

    >>> command_of(["/usr/bin/descry", "search", "a woman in red"])
    'descry search'
    >>> command_of(["mysearch.py", "a woman in red"])
    'python'
    """
    verb = next(iter(arguments[1:]), "")
    return f"descry {verb}" if verb in VERBS else "python"


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that runs Redis and the workers for a data folder.

    Attributes:
        pid: its number.
        started_at: Unix seconds.
        command: what was typed to start it.
        redis_socket: where its Redis answers; None before it does, or if it is not private.
        api_socket: where its query worker answers; None before it does.
        workers: the kinds of worker it runs.
        is_up: whether its Redis answers, so that clients may come.
        model: the encoder that its workers use; None if it runs none.
    """

    pid: int
    started_at: float
    command: str
    redis_socket: Path | None = None
    api_socket: Path | None = None
    workers: tuple[str, ...] = ()
    is_up: bool = False
    model: str | None = None

    def to_json(self) -> str:
        """What `from_json` reads."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Owner":
        """Read back what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            known = json.loads(text)
            return cls(
                pid=int(known["pid"]),
                started_at=float(known["started_at"]),
                command=str(known["command"]),
                redis_socket=Path(known["redis_socket"]) if known["redis_socket"] else None,
                api_socket=Path(known["api_socket"]) if known["api_socket"] else None,
                workers=tuple(known["workers"]),
                is_up=bool(known["is_up"]),
                model=known["model"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError("this names no owner") from error
