"""Builds what adds and removes cameras while Descry runs."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.added_cameras import AddedCameras
from pipeline.clock import SystemClock
from pipeline.config import SETTINGS, Settings, check_camera, listed_cameras
from pipeline.config_sources import read_camera, read_secret
from pipeline.logs import register_secret
from pipeline.wiring.stores import Stores
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.enrolment import Enrolment


def build_enrolment(settings: Settings, stores: Stores, catalogue: Catalogue) -> Enrolment:
    """What adds cameras to the data folder of the settings."""
    return Enrolment(
        added=AddedCameras(settings.data_dir),
        camera_store=stores.cameras,
        check=_check,
        listed=lambda: listed_cameras(os.environ),
        present=lambda camera: catalogue.cameras(camera)[0],
        clock=SystemClock(),
    )


def _check(camera_id: str, camera: Mapping[str, Any]) -> Mapping[str, Any]:
    password = camera.get("password")
    if isinstance(password, str) and password:
        register_secret(password)
    return check_camera(camera_id, camera)


def described_camera(
    url: str, username: str | None, password_file: Path | None, more: Path | None
) -> dict[str, Any]:
    """The settings of a camera as the flags of a command say them.

    Args:
        url: its address.
        username: who to log in as.
        password_file: holds the password.
        more: a YAML file with other settings of it; relative paths start at its folder.

    Raises:
        ConfigError: a file cannot be read.
    """
    camera: dict[str, Any] = read_camera(more, SETTINGS) if more is not None else {}
    camera["url"] = url
    if username is not None:
        camera["username"] = username
    if password_file is not None:
        camera["password"] = read_secret("--password-file", str(password_file))
    return camera
