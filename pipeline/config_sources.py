"""Where settings come from: one file and the environment, each read into a plain tree.

    DESCRY_RETENTION__LIVE_S=12h              the setting retention.live_s
    DESCRY_CAMERAS__LOBBY__PASSWORD=…         that of camera `lobby`, merged with the file's
    DESCRY_CAMERAS__LOBBY__PASSWORD_FILE=F    the same, read from the file F
    DESCRY_CONFIG=F                           the settings file
    DESCRY_TEST_…                             belongs to the tests

An empty variable counts as absent; `null` stands for null. Any other DESCRY_ variable is
refused, since a misspelt one would be ignored in silence.
"""

import os
import re
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.config_names import ANY, PREFIX, Key, Setting, choose, nearest, to_variable
from pipeline.config_types import looks_like_path
from pipeline.config_yaml import read_yaml
from pipeline.errors import ConfigError

CONFIG_VARIABLE = "DESCRY_CONFIG"
_TESTS = "DESCRY_TEST_"
_FILE = "_FILE"
_MAX_SECRET_BYTES = 64 << 10
# Kubernetes and Docker links describe a service called descry-… to every container beside it.
_SERVICE = re.compile(r"DESCRY_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP)(_\w+)?)")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp)://\S+:\d+")


@dataclass(slots=True)
class Environment:
    """What the variables say."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[Key, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def find_config(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The settings file: the one asked for, else the first that exists of the usual ones."""
    asked = path or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if asked:
        return asked
    home = environ.get("HOME")
    folder = environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else None)
    here = Path("descry.yaml")
    if here.is_file():
        if not _is_ours(here):
            raise ConfigError(
                "descry.yaml in this folder could have been put there by somebody else, and says "
                "where passwords go: name it with --config if it is yours"
            )
        return here
    usual = Path(folder, "descry", "descry.yaml") if folder else None
    return usual if usual is not None and usual.is_file() else None


def _is_ours(file: Path) -> bool:
    """Whether nobody but us (or root) can have written `file`."""
    found, folder = file.stat(), file.absolute().parent.stat()
    trusted = {os.geteuid(), 0}
    return (
        {found.st_uid, folder.st_uid} <= trusted
        and not (found.st_mode & stat.S_IWOTH)
        and not (folder.st_mode & stat.S_IWOTH)
    )


def default_data_dir(environ: Mapping[str, str]) -> dict[str, Any]:
    """The data folder of a desktop that has its own idea of where data belong."""
    folder = environ.get("XDG_DATA_HOME", "")
    return {"data_dir": f"{folder}/descry"} if Path(folder).is_absolute() else {}


def read_file(path: Path, settings: Sequence[Setting]) -> dict[str, Any]:
    """The tree in the settings file.

    A relative path in it starts at the file's own folder: the data folder must be the same
    one from wherever a command is started. A section left empty is a section of defaults.
    """
    folder = path.absolute().parent
    return {
        name: _settle(value, (name,), folder, settings) for name, value in read_yaml(path).items()
    }


def read_camera(path: Path, settings: Sequence[Setting]) -> dict[str, Any]:
    """The tree of one camera in a file of its own, read as `read_file` reads the settings.

    Raises:
        ConfigError: the file cannot be read.
    """
    folder = path.absolute().parent
    return {
        name: _settle(value, ("cameras", ANY, name), folder, settings)
        for name, value in read_yaml(path).items()
    }


def _settle(value: Any, key: Key, folder: Path, settings: Sequence[Setting]) -> Any:
    setting = next((s for s in settings if s.fits(key)), None)
    if setting and setting.is_branch and value is None:
        return {}
    if isinstance(value, dict):
        return {name: _settle(v, (*key, name), folder, settings) for name, v in value.items()}
    is_path = setting and setting.is_file and isinstance(value, str)
    if is_path and (key[-1] != "model" or looks_like_path(value)) and not value.startswith("~"):
        return str(folder / value)
    return value


def read_environment(
    environ: Mapping[str, str], settings: Sequence[Setting], file: Mapping[str, Any]
) -> Environment:
    """The tree in the DESCRY_ variables.

    Args:
        environ: all variables.
        settings: every setting there is.
        file: the tree of the file, for the names of its cameras.
    """
    found = Environment()
    leaves = [setting for setting in settings if not setting.is_branch]
    for variable in sorted(environ):
        if variable.startswith(PREFIX) and not _is_foreign(variable, environ[variable]):
            try:
                _take(variable, environ[variable], leaves, file, found)
            except ConfigError as error:
                found.problems.append(str(error))
    _refuse_strange_cameras(file, found)
    return found


def _is_foreign(variable: str, value: str) -> bool:
    if variable == CONFIG_VARIABLE or variable.startswith(_TESTS):
        return True
    is_address = variable.endswith("_PORT") and _SERVICE_ADDRESS.fullmatch(value)
    return bool(is_address or _SERVICE.fullmatch(variable))


def _take(
    variable: str,
    value: str,
    leaves: Sequence[Setting],
    file: Mapping[str, Any],
    found: Environment,
) -> None:
    """Put one variable in its place."""
    written = variable.removeprefix(PREFIX).upper()
    secrets = [leaf for leaf in leaves if leaf.is_secret]
    key = _key_of(written, leaves, file)
    if key is None and written.endswith(_FILE):
        key = _key_of(written.removesuffix(_FILE), secrets, file)
        value = read_secret(variable, value) if key and value else value
    if key is None:
        raise ConfigError(_unknown(variable, written, leaves))
    if not value:
        return
    if key in found.origins:
        raise ConfigError(f"{found.origins[key]} and {variable} say the same twice: keep one")
    is_secret = any(leaf.fits(key) for leaf in secrets)
    _put(found.values, key, None if value == "null" and not is_secret else value)
    found.origins[key] = variable


def _key_of(written: str, leaves: Sequence[Setting], file: Mapping[str, Any]) -> Key | None:
    """The key that a variable (its prefix taken off) belongs to."""
    for leaf in leaves:
        pattern = "__".join("(.+)" if part == ANY else part.upper() for part in leaf.key)
        match = re.fullmatch(pattern, written)
        if match:
            chosen = iter(match.groups())
            return tuple(
                _chosen_name(next(chosen), leaf.key[:place], file) if part == ANY else part
                for place, part in enumerate(leaf.key)
            )
    return None


def _chosen_name(written: str, above: Key, file: Mapping[str, Any]) -> str:
    """The camera that a variable means: no variable can hold the - of `back-door`."""
    branch: Any = file
    for part in above:
        branch = branch.get(part, {}) if isinstance(branch, dict) else {}
    name = written.lower()
    twins = [other for other in branch or () if str(other).replace("-", "_") == name]
    return name if name in (branch or ()) or len(twins) != 1 else twins[0]


def read_secret(variable: str, path: str) -> str:
    """The secret in the file at `path`, of which `variable` told us.

    Raises:
        ConfigError: it cannot be read, or is empty.
    """
    try:
        with Path(path).open("rb") as file:
            secret = file.read(_MAX_SECRET_BYTES).decode().rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not text in UTF-8"
        raise ConfigError(f"{variable}: cannot read {path} ({reason.lower()})") from error
    if not secret:
        raise ConfigError(f"{variable}: {path} is empty")
    return secret


def _unknown(variable: str, written: str, leaves: Sequence[Setting]) -> str:
    meant = tuple(part.lower() for part in written.split("__"))
    known = choose(leaves, meant)
    known += [
        (*key[:-1], key[-1] + "_file")
        for leaf, key in zip(leaves, known, strict=True)
        if leaf.is_secret
    ]
    near = nearest(meant, known)
    return f"{variable} is no setting" + (f"; did you mean {to_variable(near)}?" if near else "")


def _refuse_strange_cameras(file: Mapping[str, Any], found: Environment) -> None:
    """A password for a camera that has no address belongs to another camera."""
    listed: Collection[str] = file.get("cameras") or ()
    named = found.values.get("cameras", {})
    known = {*listed, *(name for name, camera in named.items() if "url" in camera)}
    for key, variable in found.origins.items():
        if key[0] == "cameras" and key[1] not in known:
            near = nearest(key[:2], [("cameras", str(name)) for name in sorted(known)])
            hint = f"did you mean {to_variable((*near, *key[2:]))}?" if near else "set its url, too"
            found.problems.append(f"{variable}: there is no camera {key[1]!r}; {hint}")
            named.pop(key[1], None)


def _put(tree: dict[str, Any], key: Key, value: Any) -> None:
    for part in key[:-1]:
        tree = tree.setdefault(part, {})
    tree[key[-1]] = value


def merge(*trees: Mapping[str, Any]) -> dict[str, Any]:
    """One tree of many; what comes later wins, branch by branch."""
    merged: dict[str, Any] = {}
    for tree in trees:
        for name, value in tree.items():
            old = merged.get(name)
            if isinstance(old, dict) and isinstance(value, dict):
                merged[name] = merge(old, value)
            else:
                merged[name] = value
    return merged
