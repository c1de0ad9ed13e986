"""Reads the settings once a process, and keeps their secrets out of the log."""

import os
from collections.abc import Mapping
from pathlib import Path

from pipeline.config import Settings, load_settings
from pipeline.config_sources import CONFIG_VARIABLE, find_config
from pipeline.errors import ConfigError
from pipeline.logs import register_secret


def read_settings(
    config: Path | None, *, model: str | None = None, detector: str | None = None
) -> Settings:
    """The settings, with what flags said on top.

    Raises:
        ConfigError: they do not make sense.
    """
    file = find_config(config, os.environ)
    if file is not None:
        # The workers we start must read the same file, wherever it was named.
        os.environ[CONFIG_VARIABLE] = str(file.absolute())
    overrides = {"encoder.model": model, "detector.model": detector}
    settings = load_settings(file, os.environ, overrides)
    for secret in settings.secrets():
        register_secret(secret)
    return settings


def worker_environment(settings: Settings, redis_url: str | None) -> Mapping[str, str]:
    """The environment in which a worker reads the same settings as we did.

    What a flag or the private Redis decided goes along as a variable, since a worker has no flags.
    """
    environment = dict(os.environ)
    # A worker must not find other settings because it runs elsewhere or later.
    environment["DESCRY_DATA_DIR"] = str(settings.data_dir)
    environment["DESCRY_DETECTOR__MODEL"] = settings.detector.model
    if settings.encoder.model is not None:
        environment["DESCRY_ENCODER__MODEL"] = settings.encoder.model
    if redis_url is not None:
        environment["DESCRY_REDIS__URL"] = redis_url
    return environment


def token_file(settings: Settings) -> Path:
    """Where the bearer token lies."""
    return settings.api.token_file or settings.data_dir / "token"


def read_token(settings: Settings) -> str:
    """What we show to a query worker; a unix socket of our own asks for nothing.

    Raises:
        ConfigError: there is no token.
    """
    path = token_file(settings)
    try:
        return path.read_text().strip()
    except OSError as error:
        if (settings.api.url or "").startswith("unix:"):
            return ""
        raise ConfigError(
            f"cannot read the token {path} ({error.strerror}): set api.token_file"
        ) from error
