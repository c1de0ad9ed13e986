"""Writers of the audit in processes of their own: two at once, killed, and on a full disk."""

import json
import os
import random
import resource
import signal
import time

import pytest

from pipeline.audit_events import Event
from pipeline.errors import AuditUnavailable
from pipeline.store.audit_check import Whole, check
from pipeline.store.audit_files import files_in
from pipeline.store.audit_log import AuditLog
from pipeline.store.signing import SigningKey


def opened(folder, *, sign_every=7):
    return AuditLog(
        folder / "audit", folder / "signing.key", sign_every=sign_every, keep_s=None, now=time.time
    )


def write_for_ever(folder, who, told):
    """Note one event after the other, and tell of each that it is noted."""
    audit, number = opened(folder), 0
    while True:
        number += 1
        audit.note(Event(who, "search", text=f"coat {number}"))
        os.write(told, f"{who} {number}\n".encode())


def entries(folder):
    files = files_in(folder / "audit")
    return [json.loads(line) for path in files for line in path.read_bytes().splitlines()]


def run_writers(folder, kills, seed):
    """Two writers at once, each killed at random instants and begun anew; what was told."""
    dice, reader_of, pids = random.Random(seed), {}, {}
    heard = {}

    def begin(slot, turn):
        reading, writing = os.pipe()
        who = f"writer-{slot}-{turn}"
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            write_for_ever(folder, who, writing)
        os.close(writing)
        pids[slot], reader_of[slot] = pid, reading

    def end(slot):
        os.kill(pids[slot], signal.SIGKILL)
        os.waitpid(pids[slot], 0)
        with os.fdopen(reader_of[slot], "rb") as told:
            # What was not told whole was not told.
            for line in told.read().split(b"\n")[:-1]:
                who, _, number = line.decode().partition(" ")
                heard.setdefault(who, []).append(int(number))

    for slot in (0, 1):
        begin(slot, 0)
    for turn in range(1, kills + 1):
        time.sleep(dice.uniform(0.0, 0.12))
        slot = dice.randrange(2)
        end(slot)
        begin(slot, turn)
    for slot in (0, 1):
        end(slot)
    return heard


def judge(folder, heard):
    """Every told entry is there once, in its writer's order, and the chain is whole."""
    told = [(entry["who"], entry["text"]) for entry in entries(folder)]
    assert len(told) == len(set(told))
    missing = [
        (who, number)
        for who, numbers in heard.items()
        for number in numbers
        if (who, f"coat {number}") not in set(told)
    ]
    assert missing == []
    see_that_it_is_whole(folder)


def see_that_it_is_whole(folder):
    found = check(folder / "audit", SigningKey.of(folder / "signing.key").public)
    assert isinstance(found, Whole), found


def test_two_writers_killed_at_any_instant_lose_nothing_that_was_told(tmp_path):
    heard = run_writers(tmp_path, kills=12, seed=1)
    judge(tmp_path, heard)
    assert opened(tmp_path).note(Event("after", "search")) == len(entries(tmp_path))


@pytest.mark.slow
def test_two_writers_killed_hundreds_of_times_lose_nothing_that_was_told(tmp_path):
    heard = run_writers(tmp_path, kills=300, seed=2)
    judge(tmp_path, heard)
    assert sum(map(len, heard.values())) > 300


@pytest.mark.parametrize("bytes_left", [0, 100, 900])
def test_a_full_disk_refuses_and_breaks_nothing(tmp_path, bytes_left):
    """As on a full disk: no file may grow beyond so many bytes more."""
    audit = opened(tmp_path)
    for _ in range(5):
        audit.note(Event("anna", "search", text="a red coat"))
    (path,) = files_in(tmp_path / "audit")
    before, limits = entries(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + bytes_left, limits[1]))
    noted, refused = 0, None
    try:
        while refused is None and noted < 100:
            try:
                audit.note(Event("ben", "search", text="a blue coat"))
                noted += 1
            except AuditUnavailable as error:
                refused = error
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "make room" in str(refused)
    assert noted * 100 <= bytes_left
    assert len(entries(tmp_path)) == len(before) + noted
    assert audit.note(Event("ben", "search")) == len(before) + noted + 1
    audit.seal()
    see_that_it_is_whole(tmp_path)


def test_a_writer_that_is_killed_at_each_step_of_a_note_leaves_a_chain_that_goes_on(tmp_path):
    """After the lock, the write, the flush: the process ends at once, as by kill -9."""
    opened(tmp_path).note(Event("anna", "search"))
    for step in ("ftruncate", "pwrite", "fsync", "close"):
        pid = os.fork()
        if pid == 0:
            audit, whole = opened(tmp_path), getattr(os, step)
            setattr(os, step, lambda *given, whole=whole: (whole(*given), os._exit(9)))
            audit.note(Event("ben", "search", case=step))
            os._exit(0)
        os.waitpid(pid, 0)
        opened(tmp_path).note(Event("carl", "search", case=step))
    assert [e["case"] for e in entries(tmp_path) if e["who"] == "carl"] == [
        "ftruncate", "pwrite", "fsync", "close",
    ]  # fmt: skip
    see_that_it_is_whole(tmp_path)
