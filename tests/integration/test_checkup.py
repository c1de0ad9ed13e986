"""The doctor's questions, put to a real Redis with a password."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.doctor_machine import Check, find_redis_server
from pipeline.wiring.checkup import examine_machine
from pipeline.workers.broker_connection import BrokerAccount, BrokerConnection
from tests.conftest import missing
from tests.mosquitto import Mosquitto, mosquitto_program

pytestmark = pytest.mark.redis


@pytest.fixture
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = find_redis_server()
    if program is None:
        missing("no redis-server", "redis")
    # Short, as the path of a socket must be.
    folder = tmp_path_factory.mktemp("r")
    socket = folder / "r.sock"
    options = {"--port": "0", "--unixsocket": str(socket), "--save": "", "--dir": str(folder)}
    words = [word for option in options.items() for word in option]
    server = subprocess.Popen(
        [str(program), *words, "--requirepass", "correct horse"], stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "descry.yaml"
    path.write_text("data_dir: data\n")
    return path


def checked(file: Path, what: str) -> Check:
    return {check.name: check for check in examine_machine(file)}[what]


def connection(file: Path) -> Check:
    return checked(file, "redis connection")


def test_a_redis_that_answers_is_named_with_its_version(file: Path, redis_url: str) -> None:
    file.write_text(f"data_dir: data\nredis: {{url: '{redis_url}', password: correct horse}}\n")
    check = connection(file)
    assert check.ok
    assert check.detail.startswith("Redis ")
    assert redis_url in check.detail


def test_a_wrong_password_fails_and_is_not_repeated(file: Path, redis_url: str) -> None:
    file.write_text(f"data_dir: data\nredis: {{url: '{redis_url}', password: wrong horse}}\n")
    check = connection(file)
    assert check.ok is False
    assert "redis.password" in check.detail
    assert "wrong horse" not in check.detail


def test_a_redis_that_is_not_there_fails(file: Path, tmp_path: Path) -> None:
    file.write_text(f"data_dir: data\nredis: {{url: 'unix://{tmp_path}/gone.sock'}}\n")
    check = connection(file)
    assert check.ok is False
    assert check.remedy.startswith("start it")


def test_the_broker_is_asked_and_whoever_delivers_is_not_put_out(
    file: Path, short_dir: Path
) -> None:
    known = short_dir / "known"
    made = [mosquitto_program("mosquitto_passwd"), "-b", "-c", known, "descry", "correct horse"]
    subprocess.run(made, check=True)
    mosquitto = Mosquitto(short_dir, conf=f"allow_anonymous false\npassword_file {known}")
    settings = "data_dir: data\nmqtt: {{url: '{}', username: descry, password: {}}}\n"
    url = f"mqtt://127.0.0.1:{mosquitto.port}"
    file.write_text(settings.format(url, "wrong horse"))
    away = checked(file, "mqtt broker")
    assert (away.ok, away.remedy.partition(",")[0]) == (False, "start it")
    mosquitto.start()
    refused = checked(file, "mqtt broker")
    assert refused.ok is False
    assert "mqtt.password" in refused.detail
    assert "wrong horse" not in refused.detail
    file.write_text(settings.format(url, "correct horse"))
    there = BrokerAccount(
        *("127.0.0.1", mosquitto.port, "descry", "descry", "correct horse", "descry/available", 10),
        tls=None,
    )
    delivering = BrokerConnection(there)
    assert checked(file, "mqtt broker").detail == f"lets us in at {url}"
    delivering.publish("descry/matches", b"{}")
    delivering.close()
    mosquitto.kill()


def test_settings_that_make_no_sense_are_one_failed_check(file: Path) -> None:
    file.write_text("serach: {}\n")
    failed = [check for check in examine_machine(file) if check.ok is False]
    assert [check.name for check in failed] == ["settings"]


def test_a_detector_file_that_is_gone_fails(file: Path) -> None:
    file.write_text("data_dir: data\ndetector: {model: ./gone.pt}\n")
    checks = {check.name: check for check in examine_machine(file)}
    assert checks["detector"].ok is False
    assert (checks["encoder"].ok, checks["encoder"].detail) == (True, "street-gadms")
