"""A rolling index killed at any instant, and on a full disk."""

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from detectors.types import TrackKey
from retrieval.index.manifest import Manifest
from retrieval.index.rolling import RollingIndex
from tests.data.make_sightings import crowd, shot_of
from tests.data.rolling_indexes import BOB, DAY, begun, everything_in
from tests.disk_changes import die_at_change
from tests.fork_servers import fork_server
from tests.index_log import apply, contents, judge, opened, operations

CRASH = Path(__file__).resolve().parents[1] / "benchmarks" / "index_crash.py"


def change_everything(index):
    """A checkpoint, a removal, and a merge; what was there is said by `states`."""
    index.add(crowd(3, 5, 4, cameras=("yard",)))
    index.checkpoint("2")
    index.remove([TrackKey("yard", "r1", 1), TrackKey("gate", "r1", 1)])
    index.compact()
    index.add([shot_of(BOB, 9, at=DAY)])
    index.checkpoint("3")


def change_and_die(folder, at_event):
    """Be killed at the given change of the disk."""
    index = RollingIndex(folder, "m@1", 4)
    die_at_change(at_event)
    change_everything(index)


@pytest.fixture
def processes():
    return fork_server()


def states(folder):
    """What may be found behind a kill: position and contents, after each thing that was done."""
    index = begun(folder)
    found = [(index.position, everything_in(index))]
    index.add(crowd(3, 5, 4, cameras=("yard",)))
    found.append(("2", everything_in(index)))
    index.remove([TrackKey("yard", "r1", 1), TrackKey("gate", "r1", 1)])
    found.append(("2", everything_in(index)))
    index.add([shot_of(BOB, 9, at=DAY)])
    found.append(("3", everything_in(index)))
    return found


def test_a_kill_at_any_change_of_the_disk_leaves_the_old_or_the_new(tmp_path, processes):
    expected = states(tmp_path / "expected")
    seen = []
    for at_event in range(1, 500):
        folder = tmp_path / f"index{at_event:03}"
        begun(folder)
        process = processes.Process(target=change_and_die, args=(folder, at_event))
        process.start()
        process.join()
        index = RollingIndex(folder, "m@1", 4)
        assert index.problems == [], at_event
        seen.append(expected.index((index.position, everything_in(index))))
        index.checkpoint("4")
        named = {entry.name for entry in Manifest.read(folder).segments}
        assert {f"segments/{path.name}" for path in (folder / "segments").iterdir()} == named
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
    assert seen == sorted(seen)
    assert set(seen) == set(range(len(expected)))
    assert len(seen) > 20


def run_crash(kills):
    ran = subprocess.run(
        [sys.executable, CRASH, "--kills", str(kills), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def test_a_reader_killed_again_and_again_loses_nothing_and_doubles_nothing():
    figures = run_crash(25)
    assert (figures["kills"], figures["lost"], figures["doubled"]) == (25, 0, 0)


@pytest.mark.slow
def test_a_reader_killed_hundreds_of_times_loses_nothing_and_doubles_nothing():
    figures = run_crash(200)
    assert (figures["kills"], figures["lost"], figures["doubled"]) == (200, 0, 0)
    assert figures["logs_read_to_the_end"] >= 1


def checkpoint_with_a_small_disk(folder, bytes_left, told_back):
    """As on a full disk: no file may grow beyond so many bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    index = opened(folder)
    log = operations(5, 60)
    for operation in log:
        apply(index, operation)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, resource.RLIM_INFINITY))
    try:
        index.checkpoint("60")
        told_back.send("written")
    except OSError:
        told_back.send("full")
    told_back.send((index.position, index.unsaved, contents(index) == contents(judge(log))))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    index.checkpoint("60")
    told_back.send(contents(index) == contents(judge(log)))


@pytest.mark.parametrize("bytes_left", [0, 1000, 4000, 10_000])
def test_a_full_disk_stops_sealing_and_not_searching(tmp_path, processes, bytes_left):
    heard, said = processes.Pipe(duplex=False)
    arguments = (tmp_path / "index", bytes_left, said)
    process = processes.Process(target=checkpoint_with_a_small_disk, args=arguments)
    process.start()
    said.close()
    assert heard.recv() == "full"
    position, unsaved, agrees = heard.recv()
    assert (position, agrees) == (None, True)
    assert unsaved > 0
    assert heard.recv()
    process.join()
    assert process.exitcode == 0
    assert opened(tmp_path / "index").position == "60"
    assert contents(opened(tmp_path / "index")) == contents(judge(operations(5, 60)))


def open_with_few_descriptors(folder, left, told_back):
    open_now = len(list(Path("/proc/self/fd").iterdir()))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_now + left, most))
    try:
        RollingIndex(folder, "m@1", 4)
        told_back.send("opened")
    except OSError as error:
        told_back.send(error.strerror)


def test_what_cannot_be_opened_for_want_of_descriptors_is_not_taken_for_damaged(
    tmp_path, processes
):
    index = RollingIndex(tmp_path, "m@1", 4)
    index.add([shot_of(TrackKey("lobby", "r1", day), 1, at=day * DAY) for day in range(40)])
    index.checkpoint("1")
    heard, said = processes.Pipe(duplex=False)
    process = processes.Process(target=open_with_few_descriptors, args=(tmp_path, 20, said))
    process.start()
    said.close()
    assert heard.recv() == "Too many open files"
    process.join()
    again = RollingIndex(tmp_path, "m@1", 4)
    assert (again.problems, again.is_incomplete, len(again)) == ([], False, 40)
