"""`descry reindex`: every kept shot embedded by another model, while the old one is searched."""

import json
import os
import signal

import pytest

from tests.e2e.conftest import MODEL, Descry, processes_of, wait_for

pytestmark = pytest.mark.slow

START = ("--start", "2026-03-01T10:00:00Z", "--every-frame")
SENTENCE = "a man in a blue jacket"
OTHER = "untrained-small"


def answer_of(descry: Descry):
    return descry.run("search", SENTENCE, "--json", "--limit", "50").json()


def shots_of(answer):
    """Every shot that is found, doubled or not."""
    return sorted(
        (hit["track"], shot["shot"]) for hit in answer["hits"] for shot in hit["best_shots"]
    )


def stats_of(descry: Descry):
    return descry.run("index", "stats", "--json").lines()


def name_of(answer):
    return answer["model"]["name"]


def told(running):
    """What a running `reindex --json` has said so far."""
    return [json.loads(line) for line in running.out.read_text().splitlines() if line[-1:] == "}"]


def other_models(answer):
    return [note for note in answer["notes"] if "another model" in note]


def test_a_change_of_model_finds_the_same_shots_and_leaves_nothing_of_the_old(descry, clip):
    descry.replay(clip, *START)
    before = answer_of(descry)
    said = descry.run("reindex", "--model", OTHER)
    assert f"{OTHER}@" in said.out
    assert f"{before['coverage']['shots_searched']} shots embedded, 0 without" in said.out
    after = answer_of(descry)  # the settings name the old model still
    assert (name_of(before), name_of(after)) == (MODEL, OTHER)
    assert shots_of(after) == shots_of(before)
    assert after["coverage"]["shots_searched"] == before["coverage"]["shots_searched"]
    assert other_models(after) == []
    assert [each["model"] for each in stats_of(descry)] == [after["model"]["id"]]

    # What comes later is of the new model, and the index can be made again from the log.
    descry.replay(clip, "--start", "2026-03-02T10:00:00Z", "--every-frame")
    more = answer_of(descry)
    assert more["coverage"]["shots_searched"] == 2 * before["coverage"]["shots_searched"]
    assert other_models(more) == []
    descry.run("index", "rebuild")
    assert answer_of(descry)["hits"] == more["hits"]


def test_what_has_no_picture_is_counted_and_named(descry, clip):
    descry.replay(clip, *START)
    before = answer_of(descry)
    shots = before["coverage"]["shots_searched"]
    gone, broken = (descry.data / "media" / hit["thumbnail"] for hit in before["hits"][:2])
    gone.unlink()
    broken.write_bytes(b"no picture")
    said = descry.run("reindex", "--model", OTHER, "--json")
    last = said.lines()[-1]
    assert (last["state"], last["missing"], last["done"]) == ("done", 2, shots)
    names = {path.stem.rpartition("-")[2] for path in (gone, broken)}
    assert {name.rpartition("/")[2] for name in last["without_picture"]} == names
    assert "2 without a picture that can be read" in said.err
    after = answer_of(descry)
    assert after["coverage"]["shots_searched"] == shots - 2
    assert f"2 of {last['from']} shots" in other_models(after)[0]
    assert "descry reindex" in other_models(after)[0]


def test_what_makes_no_sense_is_one_line_and_changes_nothing(descry, clip):
    said = descry.run("reindex", "--model", OTHER, code=2)
    assert "there is no shot to embed anew" in said.err
    descry.replay(clip, *START)
    before = answer_of(descry)
    for arguments, words in [
        (("--model", "no-such-model"), "no model 'no-such-model'"),
        (("--model", "street-yolo"), "is a detector"),
        (("--model", MODEL), f"{MODEL} is the model in use already"),
        (("--cancel",), "no change of model is under way"),
        ((), "name a model with --model"),
        (("--model", OTHER, "--cancel"), "name a model with --model"),
    ]:
        said = descry.run("reindex", *arguments, code=2)
        assert words in said.err
        assert said.err.count("descry: ") == 1
    assert answer_of(descry)["hits"] == before["hits"]
    said = descry.run("search", SENTENCE, "--model", OTHER, code=2)
    assert f"'descry reindex --model {OTHER}'" in said.err


def test_settings_that_name_another_model_do_not_blind_anybody(descry, clip):
    descry.replay(clip, *START)
    before = answer_of(descry)
    descry.environment["DESCRY_ENCODER__MODEL"] = OTHER
    assert answer_of(descry)["hits"] == before["hits"]
    logs = "".join(path.read_text() for path in (descry.data / "logs").iterdir())
    assert f"the model in use is {MODEL}, not {OTHER}: 'descry reindex --model {OTHER}'" in logs


def test_the_owner_works_while_clients_come_and_go_and_searches_are_answered(descry, clip):
    descry.replay(clip, *START)
    running = descry.watch()
    before = answer_of(descry)
    watching = descry.start("reindex", "--model", OTHER, "--json")
    wait_for(lambda: told(watching), what="the first word")
    watching.stop(signal.SIGINT)
    assert watching.process.returncode == 130
    models = set()
    again = descry.start("reindex", "--model", OTHER, "--json")
    while not again.has_ended():
        now = answer_of(descry)
        models.add(name_of(now))
        assert shots_of(now) == shots_of(before)
    assert again.process.returncode in {0, 2}  # 2: it was over before we asked again
    assert name_of(answer_of(descry)) == OTHER
    assert models <= {MODEL, OTHER}
    wait_for(lambda: len(stats_of(descry)) == 1, what="the old index to go")
    descry.replay(clip, "--start", "2026-03-02T10:00:00Z", "--every-frame")
    shots = before["coverage"]["shots_searched"]
    wait_for(lambda: answer_of(descry)["coverage"]["shots_searched"] == 2 * shots)
    assert other_models(answer_of(descry)) == []
    running.stop()


@pytest.mark.parametrize("victim", ["worker reindex", "worker query", "worker embed"])
def test_a_change_survives_the_death_of_each_process(descry, clip, victim):
    descry.replay(clip, *START)
    before = answer_of(descry)
    running = descry.watch()
    wait_for(lambda: processes_of(descry.folder, "worker query"))
    changing = descry.start("reindex", "--model", OTHER, "--json")
    wait_for(lambda: told(changing), what="the first word")
    for _ in range(2):
        pids = wait_for(lambda: processes_of(descry.folder, victim) or changing.has_ended())
        if changing.has_ended():
            break
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for(
            lambda killed=pids: (
                changing.has_ended() or set(processes_of(descry.folder, victim)) - set(killed)
            )
        )
    said = changing.end(120)
    assert changing.process.returncode == 0, said.err
    after = answer_of(descry)
    assert name_of(after) == OTHER
    assert shots_of(after) == shots_of(before)
    running.stop()


def test_a_change_that_was_killed_as_a_whole_is_taken_up_or_taken_back(descry, clip):
    descry.replay(clip, *START)
    before = answer_of(descry)
    changing = descry.start("reindex", "--model", OTHER, "--json")
    wait_for(lambda: [said for said in told(changing) if said["state"] == "encoding"])
    changing.process.kill()
    changing.end(5)
    wait_for(lambda: not processes_of(descry.folder), what="the workers to follow")
    said = descry.run("reindex", "--model", "street-gadms", code=2)
    assert f"a change to {OTHER} is under way" in said.err
    assert f"taken back: {MODEL} stays in use" in descry.run("reindex", "--cancel").out
    after = answer_of(descry)
    assert (name_of(after), shots_of(after)) == (MODEL, shots_of(before))
    assert other_models(after) == []
    assert len(stats_of(descry)) == 1
    descry.run("reindex", "--model", OTHER)
    after = answer_of(descry)
    assert (name_of(after), shots_of(after)) == (OTHER, shots_of(before))
