"""Hands the doctor what it asks: settings as plain values, and questions to the heavy parts."""

from dataclasses import replace
from pathlib import Path

from detectors.gpus import find_gpus
from pipeline.config import Settings
from pipeline.doctor import Questions, Subject, examine
from pipeline.doctor_machine import Check, nvidia_driver
from pipeline.errors import ConfigError
from pipeline.wiring.settings import read_settings
from pipeline.wiring.weights import detector_file, detector_name, encoder_name, open_library
from retrieval.errors import WeightsUnknown


def examine_machine(config: Path | None) -> list[Check]:
    """Look over this machine as the settings would use it."""
    try:
        settings = read_settings(config)
    except ConfigError as error:
        # The folder is never looked at; its default may be what could not be worked out.
        return examine(error, _questions(Settings(data_dir=Path("/"))), driver=nvidia_driver)
    subject = Subject(
        data_dir=settings.data_dir,
        has_own_redis=settings.redis.url is None,
        cameras=[name for name, camera in settings.cameras.items() if camera.enabled],
    )
    return examine(subject, _questions(settings), driver=nvidia_driver)


def _questions(settings: Settings) -> Questions:
    return Questions(
        gpus=find_gpus,
        redis=lambda: _greet_redis(settings),
        broker=None if settings.mqtt.url is None else lambda: _greet_broker(settings),
        detector=lambda: _find_detector(settings),
        encoder=lambda: _find_encoder(settings),
    )


def _greet_redis(settings: Settings) -> str:
    from pipeline.store.connection import connect, store_errors

    redis = settings.redis
    password = redis.password.get_secret_value() if redis.password else None
    client = connect(
        url=redis.url,
        unix_socket=None,
        username=redis.username,
        password=password,
        timeout_s=redis.timeout_s,
        ca_file=redis.ca_file,
    )
    try:
        with store_errors():
            client.ping()
            said = client.info("server")
    finally:
        client.close()
    return f"Redis {said['redis_version']} at {redis.url}"


def _greet_broker(settings: Settings) -> str:
    from pipeline.wiring.delivering import broker_account
    from pipeline.workers.broker_connection import BrokerConnection
    from pipeline.workers.webhook import DeliveryFailed

    # Under another name: the broker would close the connection of whoever delivers.
    account = replace(broker_account(settings.mqtt), client_id=f"{settings.mqtt.client_id}-doctor")
    try:
        BrokerConnection(account, says_so=False).close()
    except DeliveryFailed as error:
        raise DeliveryFailed(f"{settings.mqtt.url} {error}") from error
    return f"lets us in at {settings.mqtt.url}"


def _find_detector(settings: Settings) -> str:
    return f"{detector_name(settings)} ({detector_file(settings)})"


def _find_encoder(settings: Settings) -> str:
    try:
        name = encoder_name(settings)
    except ConfigError as error:
        raise WeightsUnknown(str(error)) from error
    library = open_library(settings)
    if not library.is_installed(name):
        library.path_of(name)  # raises, with the command that installs it
    return name
