"""What a wrong setting is told: which, its value, what is allowed, and never a secret."""

from pathlib import Path

import pytest

from pipeline.config import load_settings
from pipeline.errors import ConfigError


def refusal(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> str:
    file = tmp_path / "descry.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(file, environ or {}, {})
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{file}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("retention: {live: 1}", "retention.live is no setting; did you mean retention.live_s?"),
        ("log-level: info", "log-level is no setting; did you mean log_level?"),
        ("camera: {}", "camera is no setting; did you mean cameras?"),
        ("confidence: 0.3", "confidence is no setting; did you mean detector.confidence?"),
        ("detection: {}", "detection is no setting; did you mean detector?"),
        (
            "cameras: {hall: {url: 'rtsp://h/1', pass: x}}",
            "cameras.hall.pass is no setting; did you mean cameras.hall.password?",
        ),
        ("zzz: 1", "zzz is no setting"),
    ],
)
def test_an_unknown_key_is_named_in_full_with_the_nearest_right_one(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refusal(tmp_path, text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("search: {limit: 501}", "search.limit must be at most 500 (it is 501)"),
        ("search: {limit: ten}", "search.limit must be a whole number (it is 'ten')"),
        ("search: {limit: yes}", "search.limit must not be yes or no (it is true)"),
        ("search: {limit: 1.5}", "search.limit must be a whole number (it is 1.5)"),
        ("detector: {fps: .nan}", "detector.fps must be a finite number (it is nan)"),
        (
            "detector: {device: gpu}",
            "detector.device must be auto, cpu, cuda or cuda:N (it is 'gpu')",
        ),
        ("detector: {half: maybe}", "detector.half must be 'auto', true or false (it is 'maybe')"),
        (
            "detector: {image_size_px: 641}",
            "detector.image_size_px must be a multiple of 32 (it is 641)",
        ),
        ("tracker: {kind: sort}", "tracker.kind must be 'bytetrack' or 'botsort' (it is 'sort')"),
        ("redis: 5", "redis must hold `name: value` lines"),
        ("cameras: {hall: {}}", "cameras.hall.url is missing"),
        (
            "retention: {live_s: soon}",
            "retention.live_s must be seconds or a span such as 500ms, 10m, 12h or 30d"
            " (it is 'soon')",
        ),
        (
            "sources: {reconnect_min_s: 90}",
            "sources has reconnect_min_s (90) above reconnect_max_s (60)",
        ),
        ("shots: {keep: 9}", "shots has publish_at_most (8) below keep (9)"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refusal(tmp_path, text) == message


def test_a_wrong_value_of_a_variable_names_the_variable(tmp_path: Path) -> None:
    message = refusal(tmp_path, "search: {limit: 5}", {"DESCRY_SEARCH__LIMIT": "0"})
    assert message == "DESCRY_SEARCH__LIMIT: search.limit must be at least 1 (it is '0')"


@pytest.mark.parametrize("name", ["Lobby", "front door", "../x", "a:b", "x" * 65])
def test_a_camera_needs_a_plain_name(tmp_path: Path, name: str) -> None:
    message = refusal(tmp_path, f'cameras: {{"{name}": {{url: "rtsp://h/1"}}}}')
    assert "cannot name a camera" in message


@pytest.mark.parametrize(
    "text",
    [
        "redis: {password: 12345678}",
        "redis: {pasword: '12345678'}",
        "redis: {password: [12345678]}",
        "redis: redis://:12345678@h",
        "redis: {url: 'redis://:12345678@h'}",
        "redis: {url: 'redis://h?password=12345678'}",
        "redis: {url: 'ftp://h/12345678'}",
        "cameras: {hall: 'rtsp://u:12345678@h'}",
        "cameras: {hall: {url: 'rtsp://u:12345678@h'}}",
        "cameras: {hall: {url: 'rtsp://u:1234/5678@h'}}",
        "cameras: {'rtsp://u:12345678@h': {}}",
        "data_dir: ['rtsp://u:12345678@h']",
        "detector: {device: 'rtsp://u:12345678@h'}",
    ],
)
def test_no_message_repeats_a_secret(tmp_path: Path, text: str) -> None:
    message = refusal(tmp_path, text)
    assert "12345678" not in message
    assert "1234/5678" not in message


def test_a_password_of_digits_is_told_to_be_quoted(tmp_path: Path) -> None:
    message = refusal(tmp_path, "redis: {password: 0123}")
    assert message == "redis.password must be text: put it in quotes"


def test_a_password_of_nobody_is_refused_and_not_repeated(tmp_path: Path) -> None:
    camera = "cameras: {hall: {url: 'rtsp://h/1', password: s3cret"
    message = refusal(tmp_path, camera + "}}")
    assert message.startswith("cameras.hall.password needs username beside it")
    assert "s3cret" not in message
    (tmp_path / "well.yaml").write_text(camera + ", username: guard}}", encoding="utf-8")
    assert load_settings(tmp_path / "well.yaml", {}, {}).cameras["hall"].username == "guard"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("index: {kind: redis}", "has kind redis and no url: name a server, redis://host:port"),
        (
            "redis: {url: 'redis://h', ca_file: /ca.pem}",
            "has a ca_file, which only a rediss:// url",
        ),
        ("redis: {ca_file: /ca.pem}", "has a ca_file, which only a rediss:// url asks"),
        (
            "index: {kind: redis, url: 'rediss://h,redis://g', ca_file: /ca.pem}",
            "has a ca_file, which only a rediss:// url asks",
        ),
        ("index: {kind: flat, url: 'redis://h'}", "has a url, which kind flat does not ask"),
        ("index: {kind: redis, url: 'redis://u:hush@h:1'}", "holds credentials"),
        ("index: {kind: redis, url: 'redis://h:1,redis://i:2/3'}", "without a database"),
        ("index: {kind: redis, url: 'redis://h:1,'}", "must be an address that begins with"),
        ("index: {kind: rolling}", "index.kind"),
        ("mqtt: {url: 'mqtt://me:hush@h'}", "mqtt.url holds credentials"),
        ("mqtt: {url: 'h:1883'}", "begins with mqtt:// or mqtts://"),
        ("mqtt: {url: 'mqtt://h/descry'}", "mqtt.url must be a broker's host, without a path"),
        ("mqtt: {url: 'mqtt://h', password: hush}", "has a password and no username: set both"),
        ("mqtt: {url: 'mqtt://h', ca_file: /ca.pem}", "a ca_file, which only an mqtts:// url asks"),
        ("mqtt: {prefix: 'site/#'}", "mqtt.prefix must be 1 to 128 letters, digits"),
        ("mqtt: {prefix: '/site'}", "mqtt.prefix must be 1 to 128 letters, digits"),
        ("mqtt: {client_id: 'a b'}", "mqtt.client_id must be 1 to 64 letters"),
        ("mqtt: {host: h}", "mqtt.host is no setting"),
        ("index: {kind: redis, node: 'redis://h:1'}", "index.node is no setting"),
        ("index: {kind: redis, url: 'redis://h', shards: 0}", "index.shards"),
    ],
)
def test_servers_are_told_what_they_lack(tmp_path: Path, text: str, message: str) -> None:
    told = refusal(tmp_path, text)
    assert message in told
    assert told.startswith(text.partition(":")[0])
    assert "hush" not in told


@pytest.mark.parametrize("name", ["INDEX__PASSWORD", "MQTT__PASSWORD"])
def test_the_password_of_a_server_is_a_secret(name: str) -> None:
    environ = {f"DESCRY_{name}": "hush", "DESCRY_MQTT__USERNAME": "me"}
    settings = load_settings(None, environ | {"DESCRY_CONFIG": "/dev/null"}, {})
    assert list(settings.secrets()) == ["hush"]
    assert "hush" not in repr(settings)
