"""Two processes move the log into files and delete from it, and are killed at any instant."""

import random
import signal
import subprocess
import sys
import time

import pytest

from pipeline.store.log_archive import LogArchive
from pipeline.store.positions import START
from pipeline.store.sighting_log import SightingLog
from pipeline.store.whole_log import WholeLog
from pipeline.store.wire import encode_sighting
from tests.conftest import ROOT
from tests.filed_log import has_all
from tests.store_messages import logged, published

pytestmark = [
    pytest.mark.slow,
    pytest.mark.redis,
    pytest.mark.parametrize("redis_binary", ["found"], indirect=True),
]

KILLS, AT_ONCE = 8, 2
#: A process that moves, a few messages at a time, and deletes every third message it meets.
WORK = """
import sys
from pathlib import Path
from pipeline.store.connection import connect
from pipeline.store.keys import Keys
from pipeline.store.log_archive import LogArchive
from pipeline.store.log_mover import LogMover
from pipeline.store.whole_log import WholeLog

socket, namespace, root = sys.argv[1:]
url = f"unix://{socket}"
client = connect(url=url, unix_socket=None, username=None, password=None, timeout_s=9)
keys = Keys(namespace)
archive = LogArchive(client, keys, Path(root))
whole = WholeLog(client, keys, archive)
print("begins", flush=True)
while True:
    LogMover(client, keys, archive, keep=2, chunk=3).move()
    for batch in whole.messages(2):
        gone = [m.entry_id for m in batch if m.shot.number % 3 == 0]
        if gone:
            whole.delete(gone)
"""


def begun(neighbour, root):
    """Such a process, once it is at work."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(neighbour.socket), neighbour.keys.namespace, str(root)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"begins\n"
    process.stdout.close()
    return process


def test_nothing_is_lost_or_doubled_or_brought_back(private_redis, tmp_path):
    client, keys, root = private_redis.client, private_redis.keys, tmp_path / "log"
    draw, number = random.Random(6), 0
    whole = WholeLog(client, keys, LogArchive(client, keys, root))
    log = SightingLog(client, keys, whole)
    never_back: set[int] = set()

    def look():
        seen = [s.shot.number for _, s in log.read(START, count=10_000)]
        assert seen == sorted(set(seen))
        assert not never_back & set(seen)
        assert [n for n in seen if n % 3] == [n for n in range(1, number + 1) if n % 3]
        never_back.update(set(range(3, number, 3)) - set(seen))

    for _ in range(KILLS):
        processes = [begun(private_redis, root) for _ in range(AT_ONCE)]
        until = time.monotonic() + draw.uniform(0.1, 0.6)
        while time.monotonic() < until:
            number += 1
            client.xadd(keys.sightings, encode_sighting(logged(published(number))))
            has_all(client, keys)
            look()
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        look()
    assert whole.in_files() > 0
    assert whole.lost() == []
    whole.delete([position for position, s in log.read(START, count=10_000) if s.shot.number == 1])
    assert whole.archive is not None
    counted = {chunk.name for chunk in whole.archive.catalogue.now().chunks}
    assert {path.name for path in root.glob("*/*")} == counted  # no leftover of the killed
