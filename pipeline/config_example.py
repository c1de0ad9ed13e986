"""The example settings file: every setting at its default, with its sentence."""

import json
import textwrap
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pipeline.config import Settings
from pipeline.config_cameras import Camera
from pipeline.durations import format_duration

_HEAD = """\
# Every setting of Descry at its default; keep the lines that you change. Flags and DESCRY_…
# variables win over this file (DESCRY_RETENTION__LIVE_S=12h); a password may also come from
# a file (DESCRY_CAMERAS__LOBBY__PASSWORD_FILE=/run/secrets/lobby). A span of time is a number
# of seconds, or 500ms, 10m, 12h, 30d. `descry config check` says whether all is well.
"""
_CAMERA = {"url": "rtsp://192.168.1.20:554/stream1", "username": "viewer", "password": "secret"}


def example_yaml() -> str:
    """The text of `deploy/descry.example.yaml`."""
    lines: list[str] = []
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if name == "cameras":
            lines += ["", f"# {field.description}.", "cameras: {}", *_camera()]
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            doc = " ".join((kind.__doc__ or "").split())
            lines += ["", f"# {doc}", f"{name}:", *(f"  {line}" for line in section_lines(kind))]
        else:
            lines += setting_lines(name, field)
    return _HEAD + "\n" + "\n".join(lines) + "\n"


def section_lines(model: type[BaseModel]) -> Iterator[str]:
    """Every setting of one concern, each with its sentence above it."""
    for name, field in model.model_fields.items():
        yield from setting_lines(name, field)


def _camera() -> Iterator[str]:
    """One camera, as a comment: an example that runs must not look for it."""
    yield "# cameras:"
    yield "#   lobby:"
    for name, field in Camera.model_fields.items():
        for line in setting_lines(name, field, _CAMERA.get(name)):
            yield f"#     {line}"


def setting_lines(name: str, field: FieldInfo, value: object = None) -> Iterator[str]:
    """What a setting is, and its value: the default unless another is given."""
    default = None if field.is_required() else field.default
    yield from textwrap.wrap(
        field.description or "", 94, initial_indent="# ", subsequent_indent="# "
    )
    yield f"{name}: {_scalar(name, default if value is None else value)}"


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, float) and name.endswith("_s"):
        value = format_duration(value)
    plain = value if isinstance(value, (bool, int, float, dict, type(None))) else str(value)
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    if plain is None or isinstance(plain, dict):
        return json.dumps(plain)
    if isinstance(value, list):
        return json.dumps([str(item) for item in value])
    return yaml.safe_dump(plain, width=1000).removesuffix("\n").removesuffix("\n...")
