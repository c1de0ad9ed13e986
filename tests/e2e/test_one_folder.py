"""Several commands on one data folder, and the same file asked for in different ways."""

import os
import shutil
import signal

import pytest

from tests.e2e.conftest import Descry, processes_of, wait_for

pytestmark = pytest.mark.slow

START = ("--start", "2026-03-01T10:00:00Z")


def begin(descry: Descry, clip, *more: str):
    script = str(clip.with_suffix(".boxes.json"))
    return descry.start(
        "replay", str(clip), "--camera", "street", "--detector", script, "--json", *START, *more
    )


def first_picture(descry: Descry):
    media = descry.data / "media"
    return wait_for(lambda: list(media.rglob("*.jpg")), what="the first picture")


def test_a_replay_that_uses_anothers_redis_is_not_left_alone(descry, clip):
    first = begin(descry, clip, "--every-frame")
    wait_for((descry.data / "owner.json").exists, what="an owner")
    other = clip.with_name("other.mp4")
    shutil.copy(clip, other)
    shutil.copy(clip.with_suffix(".boxes.json"), other.with_suffix(".boxes.json"))
    second = begin(descry, other, "--speed", "realtime", "--every-frame", "--camera", "lane")
    assert first.end(120).files()[0]["state"] == "done"
    said = second.end(120)
    assert second.process.returncode == 0, said.err
    assert said.files()[0]["state"] == "done"
    cameras = {track["camera"] for track in descry.tracks()}
    assert cameras == {"street", "lane"}
    assert processes_of(descry.folder) == []


def test_a_search_during_a_replay_is_answered(descry, clip):
    running = begin(descry, clip, "--speed", "realtime", "--every-frame")
    first_picture(descry)
    found = descry.run("search", "a woman in red", "--json").json()
    assert found["hits"]
    assert running.end(120).files()[0]["state"] == "done"


@pytest.mark.slow
def test_a_reading_worker_that_is_told_to_stop_is_replaced(descry, clip):
    running = begin(descry, clip, "--speed", "realtime", "--every-frame")
    first_picture(descry)
    (pid,) = processes_of(descry.folder, "worker camera")
    os.kill(pid, signal.SIGTERM)
    (told,) = running.end(120).files()
    assert (told["state"], told["frames"]) == ("done", 100)


@pytest.mark.slow
def test_boxes_that_were_not_kept_are_read_again_and_only_whole_ones_exported(descry, clip):
    out = descry.folder / "boxes.txt"
    export = ("tracks", "export", "--camera", "street", "--out", str(out))
    (told,) = descry.replay(clip, "--every-frame", *START).files()
    descry.run(*export, code=2)
    running = begin(descry, clip, "--every-frame", "--keep-boxes", "--speed", "realtime")
    boxes = descry.data / "boxes"
    wait_for(lambda: list(boxes.rglob("*.sqlite")), what="the first boxes")
    running.stop(signal.SIGINT)
    descry.run(*export, code=2)
    (again,) = descry.replay(clip, "--every-frame", "--keep-boxes", *START).files()
    assert again["frames"] == told["frames"] == 100
    descry.run(*export)
    assert len(out.read_text().splitlines()) == told["boxes_seen"] == again["boxes_seen"]
    assert len(descry.tracks()) == told["tracks"]


@pytest.mark.slow
def test_a_file_is_not_silently_imported_elsewhere_or_with_another_model(descry, clip):
    descry.replay(clip, *START)
    said = descry.replay(clip, *START, "--collection", "case-7", code=2)
    assert "imports" in said.err
    said = descry.replay(clip, *START, "--model", "untrained-small", code=2)
    assert "untrained-tiny" in said.err


def test_another_model_than_the_running_one_is_refused(descry, clip):
    running = descry.watch()
    said = descry.run("search", "a woman in red", "--model", "untrained-small", code=2)
    assert "untrained-tiny" in said.err
    running.stop()


def test_workers_read_the_settings_file_that_was_named(descry, clip):
    file = descry.folder / "named.yaml"
    file.write_text("shots: {keep: 1, publish_at_most: 1}\n")
    descry.environment.pop("DESCRY_CONFIG")
    descry.replay(clip, "--every-frame", *START, "--config", str(file))
    assert {track["published"] for track in descry.tracks()} == {1}
