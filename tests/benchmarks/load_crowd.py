"""People at a running Descry: many who search over and over, many who follow its alerts."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx

STREAM = "/api/v1/alerts/stream"
PATIENCE_S = 60.0


@dataclass
class Heard:
    """What one listener was told.

    Attributes:
        words: how often each word came, by its id.
        delays_s: from when each new alert was told by the watch until it was here.
        drops: connections that ended, or were refused, before the end.
    """

    words: Counter = field(default_factory=Counter)
    delays_s: list = field(default_factory=list)
    drops: Counter = field(default_factory=Counter)
    is_on: bool = False


async def listen(port: int, token: str, heard: Heard, over: asyncio.Event) -> None:
    """Follow the alerts until `over`, again behind the last one where a connection is lost."""
    last = None
    while not over.is_set():
        reason = "ended"
        try:
            async for position, event, data in stream(port, token, last):
                heard.is_on, last = True, position
                if event != "begin":
                    heard.words[position] += 1
                if event == "new":
                    told_at = datetime.fromisoformat(json.loads(data)["told_at"]).timestamp()
                    heard.delays_s.append(time.time() - told_at)
        except (OSError, asyncio.IncompleteReadError, ConnectionError) as error:
            reason = str(error) or type(error).__name__
        heard.is_on = False
        if not over.is_set():
            heard.drops[reason] += 1
            await asyncio.sleep(1)


async def stream(port: int, token: str, last: str | None):
    """Ids, kinds and data of one connection; 200 of a general client would be most of the load."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        resume = f"Last-Event-ID: {last}\r\n" if last else ""
        head = f"GET {STREAM} HTTP/1.1\r\nHost: load\r\nAuthorization: Bearer {token}\r\n{resume}"
        writer.write(f"{head}\r\n".encode())
        status = (await reader.readline()).decode()
        if " 200 " not in status:
            raise OSError(status.strip() or "no answer")
        fields: dict[str, str] = {}
        while line := await asyncio.wait_for(reader.readline(), PATIENCE_S):
            name, _, value = line.decode().rstrip("\r\n").partition(": ")
            if name in {"id", "event", "data"}:
                fields[name] = value
            if name == "data":
                yield fields["id"], fields["event"], value
    finally:
        writer.close()


@dataclass
class Asked:
    """What all who search were answered.

    Attributes:
        delays_s: of the searches that were answered.
        statuses: how often each status came; 0 where nobody answered.
        without_wait: refusals (429, 503) that do not say when to come again.
    """

    delays_s: list = field(default_factory=list)
    statuses: Counter = field(default_factory=Counter)
    without_wait: int = 0


def bodies(texts: Sequence[str], cameras: Sequence[str], drawn: random.Random) -> Iterator[dict]:
    """Searches of one person: a sentence, now and then with a camera, a time or only live."""
    while True:
        body: dict[str, object] = {"text": drawn.choice(texts)}
        match drawn.randrange(5):
            case 0:
                body["cameras"] = [drawn.choice(cameras)]
            case 1:
                body["since"] = time.time() - 30
            case 2:
                body["live"] = True
        yield body


async def search(
    port: int,
    token: str,
    asked: Asked,
    searches: Iterator[dict],
    over: asyncio.Event,
    think_s: float,
) -> None:
    """Search, look at it for `think_s`, and search again, until `over`."""
    drawn = random.Random(token)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=PATIENCE_S, trust_env=False
    ) as client:
        while not over.is_set():
            await asyncio.sleep(drawn.uniform(0, 2 * think_s))
            began = time.perf_counter()
            try:
                answer = await client.post("/api/v1/search", json=next(searches))
            except httpx.HTTPError:
                asked.statuses[0] += 1
                continue
            asked.statuses[answer.status_code] += 1
            if answer.status_code == 200:
                asked.delays_s.append(time.perf_counter() - began)
            elif answer.status_code in {429, 503}:
                asked.without_wait += "retry-after" not in answer.headers
                await asyncio.sleep(float(answer.headers.get("retry-after", 1)))


async def probe(port: int, delays_s: list, over: asyncio.Event) -> None:
    """Ask every second whether it lives and is ready, as whoever restarts it does."""
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, trust_env=False
    ) as client:
        while not over.is_set():
            began = time.perf_counter()
            await client.get("/healthz")
            await client.get("/readyz")
            delays_s.append(time.perf_counter() - began)
            await asyncio.sleep(1)
