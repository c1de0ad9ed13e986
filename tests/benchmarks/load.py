"""Many at once: cameras run, clients search, listeners follow alerts; who waits, what is lost.

    python tests/benchmarks/load.py [--cameras 8 --clients 50 --listeners 200 --seconds 120] --json

A real `descry run` with `api.port`, the bundled weights, and looping RTSP cameras of the demo's
drawn street. Every client and every few listeners have an API token of their own. Each client
searches, looks at the answer for about `--think-s`, and searches again, another sentence each
time, now and then of one camera, of the last half minute or of who is in view. Watches that fire
often are told to all listeners. The cameras alone are measured for `--before` seconds at first.

- `search_p50_ms`, …: of searches that were answered; `searches` how many, `statuses` of all;
- `lost`, `doubled`: words of alerts, summed over the listeners, that one did not get, or got again;
- `alert_delay_…_s`: from when a watch told an alert to when a listener had it;
- `cameras`: in all, before and meanwhile: frames looked at, given up (`dropped`), tracks and shots
  a second, and how old the newest shot was when it could be found (`index_lag_s`);
- `log_without_shots`, `tracks_not_found`: at the end, with the cameras paused: published shots that
  are not in the log, and tracks of the log that a search does not find;
- `probe_max_ms`: the longest that `/healthz` and `/readyz` together took.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from pipeline.demo.footage import read_footage
from pipeline.watch_answers import WatchRequest
from tests.benchmarks.load_crowd import Asked, Heard, bodies, listen, probe, search
from tests.benchmarks.load_site import EVERYBODY, FIGURES, Site, wait_for
from tests.benchmarks.soak_rtsp import resident_mb
from tests.rtsp_server import server_process

WATCHES = 4
LISTENERS_OF_A_TOKEN = 20
SETTLED_S = 120.0
LATEST_S = 400.0


def a_second(before: tuple[float, Counter], after: tuple[float, Counter]) -> dict[str, float]:
    """Figures of all cameras together, a second."""
    spent = after[0] - before[0]
    return {name: round((after[1][name] - before[1][name]) / spent, 2) for name in FIGURES}


class Load:
    """The crowd, and what it was told."""

    def __init__(self, site: Site, options: argparse.Namespace, texts: list[str]) -> None:
        self.site, self.options, self.texts = site, options, texts
        self.heard = [Heard() for _ in range(options.listeners)]
        self.asked, self.probes_s, self.lags_s = Asked(), [], []

    async def run(self) -> None:
        """Have everybody come, stay for `--seconds`, and leave."""
        port, options = self.site.port, self.options
        desks = -(-options.listeners // LISTENERS_OF_A_TOKEN)
        names = [f"client{n}" for n in range(options.clients)] + [f"desk{n}" for n in range(desks)]
        tokens = await asyncio.to_thread(self.site.tokens, names)
        over, left = asyncio.Event(), asyncio.Event()
        tasks = [
            asyncio.create_task(
                listen(port, tokens[options.clients + n // LISTENERS_OF_A_TOKEN], heard, left)
            )
            for n, heard in enumerate(self.heard)
        ]
        await self._until(lambda: all(heard.is_on for heard in self.heard))
        await asyncio.to_thread(self._watch)
        tasks += [
            asyncio.create_task(
                search(
                    port,
                    token,
                    self.asked,
                    bodies(self.texts, self.site.cameras, random.Random(n)),
                    over,
                    options.think_s,
                )
            )
            for n, token in enumerate(tokens[: options.clients])
        ]
        tasks.append(asyncio.create_task(probe(port, self.probes_s, over)))
        self.before = await asyncio.to_thread(self.site.counts)
        ends_at = time.monotonic() + options.seconds
        while time.monotonic() < ends_at or self._is_early(ends_at):
            await asyncio.sleep(5)
            lag = await asyncio.to_thread(self.site.metric, "descry_index_lag_seconds")
            self.lags_s.append(lag)
        self.after = await asyncio.to_thread(self.site.counts)
        self.weights = await asyncio.to_thread(resident_mb, self.site.process.pid)
        over.set()
        await asyncio.to_thread(self._settle)
        await self._until(lambda: all(len(h.words) >= len(self.told) for h in self.heard))
        left.set()
        for task in tasks[: len(self.heard)]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _is_early(self, ends_at: float) -> bool:
        """Whether fewer words were heard than are waited for."""
        heard = max((len(each.words) for each in self.heard), default=self.options.words)
        return heard < self.options.words and time.monotonic() < ends_at + LATEST_S

    def _watch(self) -> None:
        for number, text in enumerate(self.texts[:WATCHES]):
            self.site.client.add_watch(
                WatchRequest(name=f"w{number}", text=text, cooldown_s=0, false_alarms=1e6)
            )

    def _settle(self) -> None:
        """Pause the cameras, wait until all that was published can be found, and all was told."""
        for name in self.site.cameras:
            self.site.client.pause(name)
        cameras = self.site.client.cameras
        wait_for(lambda: all(c.state == "paused" for c in cameras()), "cameras to pause")
        wait_for(lambda: self.site.metric("descry_crops_pending") == 0, "shots to be embedded")
        known, self.told = -1, [alert.id for alert in self.site.client.every_alert()]
        while len(self.told) != known:
            known = len(self.told)
            time.sleep(3)
            self.told = [alert.id for alert in self.site.client.every_alert()]

    async def _until(self, condition) -> None:
        ends_at = time.monotonic() + SETTLED_S
        while not condition() and time.monotonic() < ends_at:
            await asyncio.sleep(0.2)


def quantiles(name: str, values: list[float], scale: float, unit: str) -> dict[str, float | None]:
    """p50, p95 and p99."""
    found = np.percentile(values, [50, 95, 99]) if values else [None] * 3
    return {
        f"{name}_p{n}_{unit}": None if value is None else round(float(value) * scale, 3)
        for n, value in zip((50, 95, 99), found, strict=True)
    }


def left_over(site: Site) -> dict[str, int]:
    """What of that which was taken in cannot be found; the cameras are paused."""
    found = {
        hit.track
        for camera in site.cameras
        for hit in site.client.search(EVERYBODY.model_copy(update={"cameras": [camera]})).hits
    }
    tracks, after = [], None
    while (page := site.client.tracks(after=after, count=1000)) and page.tracks:
        tracks += [each.track for each in page.tracks if each.shots]
        if (after := page.next) is None:
            break
    published = site.counts()[1]["shots_published"]
    in_log = site.metric("descry_sightings") + site.metric("descry_sightings_in_files")
    return {
        "published": published,
        "log_without_shots": max(published - int(in_log), 0),
        "tracks": len(tracks),
        "tracks_not_found": len(set(tracks) - found),
    }


def measure(options: argparse.Namespace) -> dict[str, object]:
    with ExitStack() as stack:
        footage = stack.enter_context(read_footage())
        texts = [query.text for query in footage.queries]
        urls = [stack.enter_context(server_process(clip.video))[1] for clip in footage.clips]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="descry-load-")))
        site = Site(folder, [urls[n % len(urls)] for n in range(options.cameras)], options.fps)
        stack.callback(site.stop)
        quiet = site.counts()
        time.sleep(options.before)
        quiet = a_second(quiet, site.counts())
        lag = site.metric("descry_index_lag_seconds")
        load = Load(site, options, texts)
        asyncio.run(load.run())
        return told(load, quiet, lag) | left_over(site)


def told(load: Load, quiet: dict[str, float], lag: float) -> dict[str, object]:
    words = set(load.told)
    delays = [delay for heard in load.heard for delay in heard.delays_s]
    drops: Counter = sum((heard.drops for heard in load.heard), Counter())
    busy = a_second(load.before, load.after)
    asked = load.asked
    return {
        **{name: getattr(load.options, name) for name in ("cameras", "clients", "listeners")},
        "seconds": load.options.seconds,
        "searches": len(asked.delays_s),
        **quantiles("search", asked.delays_s, 1000, "ms"),
        "statuses": {str(status): count for status, count in sorted(asked.statuses.items())},
        "refused_without_retry_after": asked.without_wait,
        "probe_max_ms": round(max(load.probes_s, default=0) * 1000),
        "words": len(words),
        "heard": sum(heard.words.total() for heard in load.heard),
        "lost": sum(len(words - heard.words.keys()) for heard in load.heard),
        "doubled": sum(heard.words.total() - len(heard.words) for heard in load.heard),
        "connections_lost": dict(drops),
        **quantiles("alert_delay", delays, 1, "s"),
        "cameras_before": quiet | {"index_lag_s": round(lag, 2)},
        "cameras_meanwhile": busy | {"index_lag_s": round(max(load.lags_s, default=0.0), 2)},
        "rss_mb": {name: round(mb) for name, mb in sorted(load.weights.items())},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=8)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--words", type=int, default=0, help="stay until so many alerts are heard")
    parser.add_argument("--before", type=float, default=30, help="seconds of the cameras alone")
    parser.add_argument("--think-s", type=float, default=2, help="between two searches, on average")
    parser.add_argument("--fps", type=float, default=5, help="frames looked at a second")
    parser.add_argument("--json", action="store_true", help="one JSON object and nothing else")
    options = parser.parse_args()
    found = measure(options)
    if options.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:28} {value}")


if __name__ == "__main__":
    main()
