"""pipeline.heap: what was freed does not stay with the process."""

import subprocess
import sys

import pytest

from pipeline import heap

IN_PIECES = """
import time
from pathlib import Path

def resident_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1000

from pipeline.heap import give_back, giving_back
pieces = [bytearray(100_000) for _ in range(4_000)]
full = resident_mb()
last = pieces[-1]
del pieces
kept = resident_mb()
{how}
print(full, kept, resident_mb())
"""


@pytest.mark.parametrize(
    "how",
    [
        "assert give_back()",
        "with giving_back(every_s=0.01):\n    deadline = time.monotonic() + 60\n"
        "    while resident_mb() > full - 300 and time.monotonic() < deadline:\n"
        "        time.sleep(0.01)",
    ],
    ids=["once", "again and again"],
)
def test_what_was_freed_in_pieces_goes_back_to_the_machine(how):
    script = IN_PIECES.format(how=how)
    told = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    full, kept, left = map(float, told.split())
    assert kept > full - 20, "the C library gave it back by itself"
    assert left < full - 300


def test_it_ends_with_the_block_and_where_nothing_can_be_given_back(monkeypatch):
    asked = []

    def cannot():
        asked.append(1)
        return False

    monkeypatch.setattr(heap, "give_back", cannot)
    with heap.giving_back(every_s=0.0):
        pass
    assert len(asked) <= 1


def test_a_library_without_it_is_no_error(monkeypatch):
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda name: object())
    assert heap.give_back() is False
