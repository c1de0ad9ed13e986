"""`descry index`: what lies on disk to be searched, whether it is whole, and making it again."""

import sys
from typing import TYPE_CHECKING

import typer

from pipeline.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.config import Settings
    from pipeline.wiring.spread_index import Spread
    from retrieval.index.inspection import SegmentReport
    from retrieval.index.manifest import Manifest

app = typer.Typer(no_args_is_help=True)


@app.command()
def stats(json: JsonOption = False, config: ConfigOption = None) -> None:
    """Tell what the index of each model holds, by its last checkpoint."""
    from json import dumps

    from pipeline.wiring.index_care import index_folders, report
    from pipeline.wiring.settings import read_settings
    from pipeline.wiring.stores import open_folder

    settings = read_settings(config)
    if settings.index.kind == "redis":
        for spread in _spread(settings):
            line = dumps(spread._asdict()) if json else spread_sentence(spread)
            sys.stdout.write(line + "\n")
        return
    for folder in index_folders(open_folder(settings).path):
        manifest, segments = report(folder)
        line = dumps(told(manifest, segments)) if json else sentences(manifest, segments)
        sys.stdout.write(line + "\n")


def _spread(settings: "Settings") -> "Sequence[Spread]":
    """What lies on the servers.

    Raises:
        NotFound: nothing does.
    """
    from pipeline.errors import NotFound
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.spread_index import report_spread
    from pipeline.wiring.stores import open_stores

    with open_session(settings, need=frozenset()) as session:
        told = report_spread(settings, open_stores(settings, session.redis_url))
    if not told:
        raise NotFound("the servers hold no index yet: 'descry run' and 'descry search' make it")
    return told


@app.command()
def verify(config: ConfigOption = None) -> None:
    """Read every byte of the index and the log, and name each file that is not what was written."""
    from pipeline.cli.progress import progress_bar
    from pipeline.errors import DescryError
    from pipeline.wiring.index_care import index_folders, problems, report
    from pipeline.wiring.settings import read_settings
    from pipeline.wiring.spread_index import refuse_spread
    from pipeline.wiring.stores import open_folder

    settings, damaged = read_settings(config), 0
    refuse_spread(settings, "verify")
    with progress_bar() as bars:
        for folder in index_folders(open_folder(settings).path):
            manifest, segments = report(folder)
            for problem in problems(folder, bars(f"bytes of {manifest.model_id}")):
                damaged += 1
                sys.stdout.write(f"{manifest.model_id}: {problem}\n")
            sys.stdout.write(f"{manifest.model_id}: {_count(len(segments), 'segment')} read\n")
    lost = _verify_log(settings)
    if damaged:
        raise DescryError(
            f"{_count(damaged, 'file')} of the index damaged: stop 'descry run', and build it "
            "again with 'descry index rebuild'"
        )
    if lost:
        raise DescryError(
            f"{_count(lost, 'file')} of the log lost: put them back from a backup of the data "
            "folder; until then 'descry index rebuild' makes an index without their shots"
        )


def _verify_log(settings: "Settings") -> int:
    """Say of each file of the log that cannot be read that it cannot; how many there are."""
    from pipeline.wiring.index_care import log_problems
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.stores import open_folder, open_stores

    if not open_folder(settings).sightings.exists():
        return 0
    lost = 0
    with open_session(settings, need=frozenset()) as session:
        files, problems = log_problems(open_stores(settings, session.redis_url))
        for problem in problems:
            lost += 1
            sys.stdout.write(f"log: {problem}\n")
    sys.stdout.write(f"log: {_count(files, 'file')} read\n")
    return lost


@app.command()
def compact(config: ConfigOption = None) -> None:
    """Merge segments as far as they can be, and drop what is found no longer from them."""
    from pipeline.wiring.index_care import compact as compact_one
    from pipeline.wiring.index_care import index_folders, report
    from pipeline.wiring.settings import read_settings
    from pipeline.wiring.spread_index import refuse_spread
    from pipeline.wiring.stores import open_folder

    settings = read_settings(config)
    refuse_spread(settings, "compact")
    for folder in index_folders(open_folder(settings).path):
        manifest, before = report(folder)
        index = compact_one(folder)
        sys.stdout.write(
            f"{manifest.model_id}: {_count(len(index), 'shot')} in "
            f"{_count(index.segments, 'segment')}; there were {len(before)}\n"
        )


@app.command()
def rebuild(config: ConfigOption = None) -> None:
    """Forget the index of the model in use, and read all sightings into it again."""
    from pipeline.cli.progress import progress_bar
    from pipeline.wiring.index_care import rebuild as rebuild_it
    from pipeline.wiring.sessions import open_session
    from pipeline.wiring.settings import read_settings
    from pipeline.wiring.stores import open_folder, open_stores

    settings = read_settings(config)
    with open_session(settings, need=frozenset()) as session, progress_bar() as bars:
        stores = open_stores(settings, session.redis_url)
        path = open_folder(settings).path
        shots = rebuild_it(settings, stores, path, bars("sightings"))
        lost = stores.sightings.whole.lost()
    sys.stdout.write(f"the index holds {_count(shots, 'shot')}\n")
    if lost:
        sys.stdout.write(
            f"{_count(sum(chunk.messages for chunk in lost), 'message')} of the log could not be "
            "read: 'descry index verify' names the files\n"
        )


def told(manifest: "Manifest", segments: "Sequence[SegmentReport]") -> dict[str, object]:
    """An index, for programs."""
    from dataclasses import asdict

    return {
        "model": manifest.model_id,
        "dimension": manifest.dimension,
        "shots": sum(segment.shots for segment in segments),
        "dead": sum(segment.dead for segment in segments),
        "bytes": sum(segment.size for segment in segments),
        "segments": [asdict(segment) for segment in segments],
    }


def sentences(manifest: "Manifest", segments: "Sequence[SegmentReport]") -> str:
    """An index, for a person: a line for it all, and one for each collection and day."""
    from pipeline.logs import printable

    lines = [
        f"{manifest.model_id}  {_count(sum(s.shots for s in segments), 'shot')}  "
        f"{_count(len(segments), 'segment')}  {_count(sum(s.dead for s in segments), 'dead row')}  "
        f"{_size_of(segments)}"
    ]
    for collection, day in sorted({(s.collection, s.day) for s in segments}):
        some = [s for s in segments if (s.collection, s.day) == (collection, day)]
        first, last = min(s.first_at for s in some), max(s.last_at for s in some)
        lines.append(
            f"  {printable(collection)}  {day}  {_count(sum(s.shots for s in some), 'shot')}  "
            f"{_count(len(some), 'segment')}  {_size_of(some)}  "
            f"{_instant(first)} to {_instant(last)}"
        )
    return "\n".join(lines)


def spread_sentence(spread: "Spread") -> str:
    """An index on servers, for a person."""
    missing = f"  no answer in full: {', '.join(spread.missing)}" if spread.missing else ""
    role = "" if spread.in_use else "  not searched"
    return (
        f"{spread.model}  {_count(spread.shots, 'shot')}  {_count(spread.sets, 'set')}  "
        f"{_count(spread.shards, 'shard')}  {_count(spread.servers, 'server')}{role}{missing}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _size_of(segments: "Sequence[SegmentReport]") -> str:
    size = sum(segment.size for segment in segments)
    if size >= 1e9:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def _instant(seconds: float) -> str:
    """An instant, however wrong the clock was that told it."""
    from pipeline.instants import format_instant

    try:
        return format_instant(seconds)
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g} s"
