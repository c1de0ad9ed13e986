"""`descry watch` on a live camera: an alert comes while the person is in view, and ends once."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import processes_of, wait_for
from tests.e2e.test_live import settings
from tests.rtsp_server import server_process

pytestmark = [pytest.mark.slow, pytest.mark.rtsp, pytest.mark.timeout(900)]

# Nothing tells what unrelated people score for untrained weights: with such a budget all may come.
EVERYBODY = ("--false-alarms", "100000", "--cooldown", "0s")


@pytest.fixture
def stroller(tmp_path):
    """A script that finds one person in every frame of a long stream, walking to and fro."""
    frames = {}
    for number in range(1, 8001):
        x = 100 + 3 * abs(number % 100 - 50)
        frames[str(number)] = [[x, 90, x + 70, 300, 0.9]]
    script = tmp_path / "stroller.json"
    script.write_text(json.dumps({"frames": frames}))
    return script


def told(running, kind):
    words = [json.loads(line) for line in running.out.read_text().splitlines()]
    return [word for word in words if word["type"] == kind]


def in_view(descry, words):
    """Those of `words` whose person a search finds in view right now."""
    hits = descry.run("search", "a person walking", "--live", "--json").json()["hits"]
    live = {hit["track"] for hit in hits}
    return [word for word in words if word["track"] in live]


def test_an_alert_comes_while_the_person_is_in_view_and_ends_once(descry, clip, stroller):
    with server_process(clip) as (_, url):
        settings(descry, url, stroller)
        running = descry.watch()
        following = descry.start("alerts", "--follow", "--after", "0-0", "--json")
        asked = ("watch", "add", "walker", "a person walking", *EVERYBODY, "--json")
        added = descry.run(*asked, timeout_s=300)
        assert added.json()["name"] == "walker"
        wait_for(lambda: told(following, "new"), within_s=120, what="an alert")
        words = wait_for(
            lambda: in_view(descry, told(following, "new")), within_s=120, what="one in view"
        )
        assert {word["watch"] for word in words} == {"walker"}
        refuses_what_makes_no_sense(descry)
        tried = descry.run("watch", "test", "a person walking", *EVERYBODY, "--json").json()
        assert tried["alerts"] >= 1
        assert Path(tried["best"][0]["thumbnail"]).is_file()
        # Whoever tells is killed: the next tells nothing twice, and the follower does not notice.
        (pid,) = processes_of(descry.folder, "worker query")
        os.kill(pid, signal.SIGKILL)
    alerts = {word["alert"] for word in words}
    wait_for(
        lambda: alerts <= {word["alert"] for word in told(following, "end")},
        within_s=240,
        what="the end of the alert",
    )
    following.stop(signal.SIGINT)
    assert following.process.returncode == 130
    assert "Traceback" not in following.err.read_text()
    each_is_told_once([json.loads(line) for line in following.out.read_text().splitlines()])
    each_is_told_once(descry.run("alerts", "--json").lines())
    assert "removed" in descry.run("watch", "remove", "walker").out
    assert descry.run("watch", "list").out == ""
    said = running.stop(within_s=30)
    assert "Traceback" not in said.err, said.err


def each_is_told_once(words):
    alerts = {}
    for word in words:
        alerts.setdefault(word["alert"], []).append(word)
    for theirs in alerts.values():
        assert [word["number"] for word in theirs] == list(range(1, len(theirs) + 1))
        kinds = [word["type"] for word in theirs]
        assert kinds.count("new") == 1
        assert kinds[0] == "new"
        assert kinds.count("end") <= 1


def refuses_what_makes_no_sense(descry):
    for arguments, code, line in (
        (("walker", "another sentence"), 2, "there is a watch named 'walker'"),
        (("other", "   "), 2, "nobody to watch for"),
        (("other", "a red coat", "--camera", "attic"), 2, "no camera 'attic'; known: door"),
        (("other", "a red coat", "--zone", "moat"), 2, "no zone 'moat'"),
        (("other", "a red coat", "--hours", "25:00-99:99"), 2, "are no part of a day"),
        (("other", "a red coat", "--timezone", "Mars/Base"), 2, "the time zone 'Mars/Base'"),
        (("other", "a red coat", "--false-alarms", "0"), 2, "false-alarms"),
        (("other", "a red coat", "--cooldown", "soon"), 2, "--cooldown 'soon'"),
    ):
        said = descry.run("watch", "add", *arguments, code=code)
        assert line in said.err
        assert said.err.count("\n") == 1, said.err
    for arguments, line in (
        ((" ",), "nobody to watch for"),
        (("a red coat", "--camera", "attic"), "no camera 'attic'; known: door"),
        (("a red coat", "--since", "soon"), "'soon' is not an instant"),
        (("a red coat", "--since", "2100-01-01"), "is in the future"),
        (("a red coat", "--hours", "24"), "are no part of a day"),
        (("a red coat", "--false-alarms", "-1"), "false-alarms"),
    ):
        said = descry.run("watch", "test", *arguments, code=2)
        assert line in said.err
        assert said.err.count("\n") == 1, said.err
    assert "no watch is named 'x'" in descry.run("watch", "remove", "x", code=2).err
