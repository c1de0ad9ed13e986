"""Addresses: which are taken, and that none may carry credentials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipeline.config_api import Api
from pipeline.config_types import ApiUrl, CameraUrl, ModelName, RedisUrl

CAMERA = TypeAdapter[str](CameraUrl)
REDIS = TypeAdapter[str](RedisUrl)
WORDS = st.text("abcXYZ019._~!$*+;:=/?#-", min_size=1, max_size=12)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://10.0.0.7/stream1",
        "rtsp://cam.local:8554/live?channel=1&subtype=0",
        "rtsps://[fe80::1]:322/s",
        "rtsp://h/user=&password=&channel=1",
    ],
)
def test_a_plain_camera_address_is_taken(url: str) -> None:
    assert CAMERA.validate_python(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://h/1",
        "rtsp://",
        "rtsp:///x",
        "h/1",
        "rtsp://h:port/1",
        "rtsp://h:99999/",
        "rtsp://h /1",
        "",
    ],
)
def test_what_is_no_camera_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="must"):
        CAMERA.validate_python(url)


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://admin:pw@h/1",
        "rtsp://admin@h/1",
        "rtsp://h/user=admin&password=pw&channel=1",
        "rtsp://h/1?pwd=pw",
        "rtsp://h/1?x=1;Password=pw",
    ],
)
def test_credentials_in_a_camera_address_are_sent_to_their_own_settings(url: str) -> None:
    with pytest.raises(ValidationError, match="`username` and `password`"):
        CAMERA.validate_python(url)


@given(WORDS, WORDS, st.sampled_from(["rtsp", "rtsps"]))
def test_no_password_gets_through_in_an_address(user: str, password: str, scheme: str) -> None:
    with pytest.raises(ValidationError):
        CAMERA.validate_python(f"{scheme}://{user}:{password}@host/1")


@pytest.mark.parametrize(
    "url",
    ["redis://h", "redis://h:6380/2", "rediss://h/0", "unix:///run/redis.sock", "unix:///r.s?db=1"],
)
def test_a_plain_redis_address_is_taken(url: str) -> None:
    assert REDIS.validate_python(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "redis://:pw@h",
        "redis://h?password=pw",
        "redis://",
        "redis://h/zero",
        "unix://",
        "unix://run/redis.sock",
        "http://h",
        "localhost:6379",
    ],
)
def test_what_is_no_plain_redis_address_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        REDIS.validate_python(url)


def test_a_model_is_a_name_or_a_file(tmp_path: str) -> None:
    model = TypeAdapter[str](ModelName)
    assert model.validate_python("yolo11n") == "yolo11n"
    assert model.validate_python("/weights/own.pt") == "/weights/own.pt"
    assert model.validate_python("own.pt").endswith("/own.pt")
    with pytest.raises(ValidationError, match="cannot name a model"):
        model.validate_python("YOLO 11")


def test_the_address_of_another_machine_loses_its_last_slash() -> None:
    assert TypeAdapter[str](ApiUrl).validate_python("http://h:8000/") == "http://h:8000"


def test_proxies_are_addresses_and_networks_and_never_everybody():
    assert Api(trusted_proxies="10.0.0.5, 10.1.0.0/24").trusted_proxies == [
        "10.0.0.5/32",
        "10.1.0.0/24",
    ]
    for wrong in ("*", "proxy", "10.0.0.1/24", "0.0.0.0/0", "::/0", ""):
        with pytest.raises(ValidationError):
            Api(trusted_proxies=[wrong])
