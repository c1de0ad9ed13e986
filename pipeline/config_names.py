"""Which settings there are, what their variables are called, and which one was meant."""

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

PREFIX = "DESCRY_"
# Stands in a key for a name that the operator chooses: that of a camera or a collection.
ANY = "*"

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, or one branch of the tree."""

    key: Key
    is_branch: bool = False
    is_secret: bool = False
    is_file: bool = False

    def fits(self, key: Key) -> bool:
        """Whether `key` is this setting's own, chosen names included."""
        pairs = zip(self.key, key, strict=False)
        return len(key) == len(self.key) and all(mine in (ANY, its) for mine, its in pairs)


def settings_in(model: type[BaseModel], above: Key = ()) -> Iterator[Setting]:
    """Every setting and branch below `model`, in the order in which it lists them."""
    for name, field in model.model_fields.items():
        yield from _below(field.annotation, (*above, name))


def _below(annotation: Any, key: Key) -> Iterator[Setting]:
    kinds = list(_plain(annotation))
    for kind in kinds:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield Setting(key, is_branch=True)
            yield from settings_in(kind, key)
            return
        if get_origin(kind) is dict:
            yield Setting(key, is_branch=True)
            yield from _below(get_args(kind)[1], (*key, ANY))
            return
    is_file = Path in kinds or key[-1] == "model"
    yield Setting(key, is_secret=SecretStr in kinds, is_file=is_file)


def _plain(annotation: Any) -> Iterator[Any]:
    """The types that `annotation` allows, without what it says about them."""
    if get_origin(annotation) is Annotated:
        yield from _plain(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for one in get_args(annotation):
            yield from _plain(one)
    else:
        yield annotation


def to_text(key: Key) -> str:
    """The key as people write it: retention.live_s."""
    return ".".join(key)


def to_variable(key: Key) -> str:
    """The environment variable of a key.

    >>> to_variable(("cameras", "back-door", "password"))
    'DESCRY_CAMERAS__BACK_DOOR__PASSWORD'
    """
    return PREFIX + "__".join(part.replace("-", "_").upper() for part in key)


def nearest(meant: Key, known: Sequence[Key]) -> Key | None:
    """The key of `known` that was most likely meant, if one is near.

    A slip of the pen stays in its section; a key in the wrong section keeps its name.
    """
    beside = {key[-1]: key for key in known if key[:-1] == meant[:-1]}
    for name in get_close_matches(meant[-1], list(beside), n=1, cutoff=0.6):
        return beside[name]
    elsewhere = [key for key in known if key[-1] == meant[-1] and len(meant) > 0]
    if len(elsewhere) == 1:
        return elsewhere[0]
    flat = {"_".join(key): key for key in known}
    written = "_".join(meant)
    for name in get_close_matches(written, list(flat), n=1, cutoff=0.75):
        return flat[name]
    # `live` alone, at the top, is near to nothing as a whole, and near to one last word.
    leaves = sorted(known, key=lambda key: -SequenceMatcher(None, key[-1], meant[-1]).ratio())
    best = leaves[0] if leaves else None
    is_near = best and SequenceMatcher(None, best[-1], meant[-1]).ratio() >= 0.8
    return best if is_near else None


def choose(known: Sequence[Setting], names: Key) -> list[Key]:
    """The keys of `known`, with chosen names filled in from `names` where they line up."""
    return [
        tuple(
            names[place] if part == ANY and place < len(names) else part
            for place, part in enumerate(setting.key)
        )
        for setting in known
    ]
