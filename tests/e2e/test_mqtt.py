"""`descry run` with a broker: what is told arrives, though broker and deliverer are killed."""

import json
import os
import signal

import pytest

from tests.e2e.conftest import processes_of, wait_for
from tests.e2e.test_webhooks import tell
from tests.mosquitto import Mosquitto, Subscriber, mosquitto_program

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def mosquitto(tmp_path):
    import subprocess

    known = tmp_path / "known"
    made = [mosquitto_program("mosquitto_passwd"), "-b", "-c", known, "descry", "s3cret"]
    subprocess.run(made, check=True)
    broker = Mosquitto(tmp_path, conf=f"allow_anonymous false\npassword_file {known}").start()
    yield broker
    broker.kill()


def test_alerts_reach_a_broker_though_it_and_the_deliverer_are_killed(descry, mosquitto):
    said = descry.run("watch", "add", "walker", "a person walking", "--mqtt", code=2, timeout_s=300)
    assert "there is no MQTT broker to tell: set mqtt.url" in said.err
    home = Subscriber(mosquitto, username="descry", password="s3cret")
    secret = descry.folder / "secret"
    secret.write_text("s3cret")
    descry.environment |= {
        "DESCRY_MQTT__URL": f"mqtt://127.0.0.1:{mosquitto.port}",
        "DESCRY_MQTT__USERNAME": "descry",
        "DESCRY_MQTT__PASSWORD_FILE": str(secret),
        "DESCRY_MQTT__EVERY_WATCH": "false",
    }
    checks = json.loads(descry.run("doctor", "--json", timeout_s=300).out)["checks"]
    (asked,) = [check for check in checks if check["name"] == "mqtt broker"]
    assert asked["ok"]
    running = descry.watch()
    asked = ("watch", "add", "walker", "a person walking", "--mqtt", "--json")
    added = descry.run(*asked, timeout_s=300).json()
    assert added["mqtt"]
    wait_for(lambda: home.availability() == ["online"], within_s=60, what="that it is there")
    mosquitto.save()
    mosquitto.kill()
    tell(descry, added["id"])
    (pid,) = processes_of(descry.folder, "worker deliver")
    os.kill(pid, signal.SIGKILL)
    wait_for(
        lambda: processes_of(descry.folder, "worker deliver") not in ([], [pid]),
        within_s=60,
        what="another deliverer",
    )
    mosquitto.start()
    wait_for(lambda: home.words()[-1:] == [("end", 2)], within_s=120, what="the end")
    assert list(home.once().values()) == [[("new", 1), ("end", 2)]]
    assert descry.run("alerts", "--undelivered").out == ""
    said = running.stop(within_s=30).err
    assert home.availability()[-1] == "offline"
    for hidden in ("Traceback", "s3cret"):
        assert hidden not in said
    home.close()
