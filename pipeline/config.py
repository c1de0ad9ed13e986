"""The settings: one frozen tree, and how it is read from a file, variables and flags."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.added_cameras import AddedCameras
from pipeline.config_api import Api
from pipeline.config_audit import Audit
from pipeline.config_cameras import Camera
from pipeline.config_delivery import Mqtt, Webhooks
from pipeline.config_export import Export
from pipeline.config_motion import Motion
from pipeline.config_names import Key, settings_in
from pipeline.config_problems import explain, one_line, unknown
from pipeline.config_retention import Retention
from pipeline.config_ring import Clips, Ring
from pipeline.config_sections import (
    Crops,
    Detector,
    Encoder,
    Imports,
    Search,
    Shots,
    Sources,
    Tracker,
)
from pipeline.config_servers import Index, Redis
from pipeline.config_sources import (
    default_data_dir,
    find_config,
    merge,
    read_environment,
    read_file,
)
from pipeline.config_types import SHOW_SECRETS, LogLevel, PathOnDisk, as_camera_id
from pipeline.durations import SPAN_PATTERN
from pipeline.errors import ConfigError

DATA_DIR = "~/.local/share/descry"


class Settings(BaseSettings):
    """All of them. Order: flag, environment, file, cameras that were added, default."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=True,
        env_prefix="DESCRY_",
        env_nested_delimiter="__",
    )

    data_dir: PathOnDisk = Field(
        default=Path(DATA_DIR),
        description="The data folder, mode 0700; default: descry in $XDG_DATA_HOME, else this",
    )
    runtime_dir: PathOnDisk | None = Field(
        default=None, description="Short path for the sockets; null: chosen by Descry"
    )
    log_level: LogLevel = Field(default="info", description="debug, info, warning or error")
    redis: Redis = Redis()
    cameras: dict[str, Camera] = Field(default={}, description="What to watch, by a short name")
    detector: Detector = Detector()
    motion: Motion = Motion()
    tracker: Tracker = Tracker()
    shots: Shots = Shots()
    encoder: Encoder = Encoder()
    index: Index = Index()
    search: Search = Search()
    retention: Retention = Retention()
    crops: Crops = Crops()
    ring: Ring = Ring()
    clips: Clips = Clips()
    export: Export = Export()
    sources: Sources = Sources()
    api: Api = Api()
    imports: Imports = Imports()
    audit: Audit = Audit()
    webhooks: Webhooks = Webhooks()
    mqtt: Mqtt = Mqtt()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the loader hands over, and nothing behind its back.

        The library's own environment source ignores what it does not know; ours
        (`config_sources`) refuses it, and says what was meant.
        """
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @field_validator("cameras")
    @classmethod
    def _cameras_have_names(cls, cameras: dict[str, Camera]) -> dict[str, Camera]:
        return {as_camera_id(name): camera for name, camera in cameras.items()}

    def secrets(self) -> Iterator[str]:
        """Every password, for the log to blot out."""
        passwords = [
            self.redis.password,
            self.index.password,
            self.webhooks.url,
            self.webhooks.secret,
            self.mqtt.password,
            *(c.password for c in self.cameras.values()),
        ]
        yield from (p.get_secret_value() for p in passwords if p is not None)


SETTINGS = tuple(settings_in(Settings))


def load_settings(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Read all settings: flag before environment before file before default.

    Cameras that were added while Descry ran lie in the data folder; one that the file names, too,
    is as the file says.

    Args:
        path: the settings file; without one `DESCRY_CONFIG`, else `descry.yaml` here, else
            that in the user's configuration folder, else no file.
        environ: the variables; those of this process unless given.
        overrides: what flags say, by dotted key (`detector.model`); None: not given.

    Raises:
        ConfigError: one line that names each thing that is wrong, and what was meant.
    """
    environ = os.environ if environ is None else environ
    file = find_config(path, environ)
    from_file = read_file(file, SETTINGS) if file else {}
    added, added_file = _added(environ, from_file)
    from_disk = merge(added, from_file)
    from_environ = read_environment(environ, SETTINGS, from_disk)
    flags = [_branch(key, value) for key, value in (overrides or {}).items() if value is not None]
    values = merge(default_data_dir(environ), from_disk, from_environ.values, *flags)
    origins = dict.fromkeys(_leaves(added), str(added_file))
    origins |= dict.fromkeys(_leaves(from_file), str(file)) | from_environ.origins
    for key in _leaves(merge(*flags)):
        origins.pop(key, None)
    settings, problems = _build(values, origins)
    problems = from_environ.problems + problems
    if problems or settings is None:
        raise ConfigError(one_line(problems))
    return settings


def listed_cameras(environ: Mapping[str, str]) -> dict[str, str]:
    """The cameras that the settings file or a variable names, and which of them does.

    Raises:
        ConfigError: the file makes no sense.
    """
    file = find_config(None, environ)
    from_file = read_file(file, SETTINGS) if file else {}
    named = read_environment(environ, SETTINGS, merge(_added(environ, from_file)[0], from_file))
    places = named.origins.items()
    cameras = {k[1]: origin for k, origin in places if k[0] == "cameras" and k[2:] == ("url",)}
    return cameras | dict.fromkeys(from_file.get("cameras") or (), str(file))


def check_camera(camera_id: str, camera: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of one camera, checked; passwords as they are, defaults left out.

    Raises:
        ConfigError: they make no sense; one line that names each thing that is wrong.
    """
    settings, problems = _build({"data_dir": "/", "cameras": {camera_id: dict(camera)}}, {})
    if settings is None:
        raise ConfigError(one_line(problems))
    return settings.cameras[camera_id].model_dump(
        mode="json", context={SHOW_SECRETS: True}, exclude_defaults=True
    )


def _added(
    environ: Mapping[str, str], from_file: Mapping[str, Any]
) -> tuple[dict[str, Any], Path | None]:
    """The tree of the cameras that were added and are not in the file, and where they lie."""
    in_file = merge(default_data_dir(environ), from_file).get("data_dir")
    folder = str(environ.get("DESCRY_DATA_DIR") or in_file or DATA_DIR)
    home = environ.get("HOME")
    if folder.startswith("~"):
        if not home or not folder.startswith("~/"):
            return {}, None
        folder = home + folder[1:]
    book = AddedCameras(Path(folder))
    listed = from_file.get("cameras")
    kept = {name: c for name, c in book.read().items() if name not in (listed or ())}
    return ({"cameras": kept} if kept else {}), book.file


def _build(values: dict[str, Any], origins: Mapping[Key, str]) -> tuple[Settings | None, list[str]]:
    # The library takes keyword arguments of its own, such as _env_file: no file may reach them.
    strange = [name for name in values if name not in Settings.model_fields]
    problems = []
    for name in strange:
        origin = next((o for key, o in origins.items() if key[0] == name), None)
        problems.append((f"{origin}: " if origin else "") + unknown((name,), SETTINGS))
        del values[name]
    try:
        return Settings(**values), problems
    except ValidationError as error:
        return None, problems + explain(error, SETTINGS, origins)


def _branch(dotted: str, value: Any) -> dict[str, Any]:
    """The tree that holds `value` at a dotted key, and nothing else."""
    for part in reversed(dotted.split(".")):
        value = {part: value}
    return dict(value)


def _leaves(tree: Mapping[str, Any], above: Key = ()) -> Iterator[Key]:
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, name))
        else:
            yield (*above, name)


class _Dumper(yaml.SafeDumper):
    """The safe dumper, which left alone loses odd spaces such as U+0085."""

    def quote_odd_text(self, text: str) -> yaml.ScalarNode:
        style = None if text.isprintable() else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _Dumper.quote_odd_text)


def dump_settings(settings: Settings, *, show_secrets: bool = False) -> str:
    """The settings as YAML that reads back as the same ones, but for the masked secrets."""
    shown = settings.model_dump(mode="json", context={SHOW_SECRETS: show_secrets})
    return yaml.dump(shown, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def settings_schema() -> dict[str, Any]:
    """The JSON schema of the settings file, for editors that complete and check it."""
    schema = Settings.model_json_schema()
    for section in (schema, *schema["$defs"].values()):
        for name, setting in section["properties"].items():
            if name.endswith("_s"):
                _also_takes_spans(setting)
            if name == "collections":
                _also_takes_spans(setting["additionalProperties"])
    return schema


def _also_takes_spans(setting: dict[str, Any]) -> None:
    # Where null is allowed, pydantic leaves the bounds under names that no schema knows.
    theirs = {"ge": "minimum", "le": "maximum"}
    bounds = {"type", "minimum", "maximum", "exclusiveMinimum"}
    kinds = setting.pop("anyOf", None) or [{k: setting.pop(k) for k in bounds & setting.keys()}]
    kinds = [{theirs.get(k, k): value for k, value in kind.items()} for kind in kinds]
    setting["anyOf"] = [*kinds, {"type": "string", "pattern": SPAN_PATTERN}]
