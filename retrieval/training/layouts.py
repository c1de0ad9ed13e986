"""What an entry of each published layout says, and where its pictures lie."""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeGuard

Split = Literal["train", "val", "test"]

# Control characters, which no message could show on its one line, and halves of surrogate pairs.
_NOT_IN_A_PATH = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")


class EntryFault(ValueError):
    """What is wrong with one entry; whoever reads the file adds its name and the place."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture as an annotation file lists it."""

    picture: str  # below the folder of pictures, with slashes
    captions: tuple[str, ...]  # at least one, none empty
    identity: int | str | None  # None: nobody says who it is
    split: Split
    tags: frozenset[str] = frozenset()  # what is true of who is shown, said or not


@dataclass(frozen=True, slots=True)
class Layout:
    """How a data set lies on disk."""

    title: str  # as its authors write it; the folder's name too
    annotations: tuple[str, ...]  # names that the file may have, below the folder
    pictures: str  # the folder of pictures, below the folder
    parse: Callable[[object], Entry]
    #: Each caption is an identity of its own, and pictures are put in the order of their paths.
    by_caption: bool = False
    #: Test identities may be counted from 0 again, so a number in two splits is no fault.
    restarts: bool = False


def parse_cuhk(entry: object) -> Entry:
    """One object of CUHK-PEDES or ICFG-PEDES.

    Raises:
        EntryFault: a field is missing or of a wrong type.
    """
    return _parse_benchmark(entry, "file_path")


def parse_rstp(entry: object) -> Entry:
    """One object of RSTPReid.

    Raises:
        EntryFault: a field is missing or of a wrong type.
    """
    return _parse_benchmark(entry, "img_path")


def parse_webperson(entry: object) -> Entry:
    """One object of WebPerson: a path with two captions.

    The captions hold stray pairs of characters, `/n`, which are taken out as the authors do. Of
    millions that a machine wrote, one that is blank is left out: the other is enough.

    Raises:
        EntryFault: there is more than one path, a caption is missing, or both are blank.
    """
    if not isinstance(entry, dict) or len(entry) != 1:
        raise EntryFault('is not {"PATH": {"caption1": "...", "caption2": "..."}}')
    ((path, described),) = entry.items()
    if not isinstance(described, dict):
        raise EntryFault(f"{path!r} has no object of captions")
    captions = [_text(described, name).replace("/n", "") for name in ("caption1", "caption2")]
    captions = [caption for caption in captions if caption.strip("\0 \t\r\n")] or captions
    return Entry(_picture(path), _clean(captions), None, "train")


def parse_ours(entry: object) -> Entry:
    """One object of our own layout: `image`, `caption` or `captions`, `identity`, `split`, `tags`.

    `split` is "test" where it is not said, `identity` None, and `tags`, a list of texts, empty.

    Raises:
        EntryFault: a field is missing or of a wrong type.
    """
    fields = _object(entry)
    if "caption" in fields and "captions" in fields:
        raise EntryFault("has both 'caption' and 'captions'")
    captions = [_text(fields, "caption")] if "caption" in fields else _texts(fields, "captions")
    identity = fields.get("identity")
    if not (identity is None or isinstance(identity, str) or _is_whole(identity)):
        raise EntryFault("'identity' is neither a whole number nor text")
    split = _our_split(fields.get("split", "test"))
    listed = [] if fields.get("tags", []) == [] else _texts(fields, "tags")
    picture, tags = _picture(_text(fields, "image")), _clean(listed, "tag")
    return Entry(picture, _clean(captions), identity, split, frozenset(tags))


#: The published layouts, by our name for each; files and folders are called as the authors do.
LAYOUTS: Mapping[str, Layout] = {
    "cuhk-pedes": Layout("CUHK-PEDES", ("reid_raw.json",), "imgs", parse_cuhk),
    "icfg-pedes": Layout(
        "ICFG-PEDES", ("ICFG-PEDES.json", "ICFG_PEDES.json"), "imgs", parse_cuhk, restarts=True
    ),
    "rstpreid": Layout("RSTPReid", ("data_captions.json",), "imgs", parse_rstp),
    "webperson": Layout("WebPerson", ("100w.json",), "images", parse_webperson, by_caption=True),
}


def _parse_benchmark(entry: object, path_field: str) -> Entry:
    fields = _object(entry)
    identity = fields.get("id")
    if not _is_whole(identity):
        raise EntryFault(_absent(fields, "id", "a whole number"))
    split = _text(fields, "split")
    return Entry(
        _picture(_text(fields, path_field)),
        _clean(_texts(fields, "captions")),
        identity,
        "train" if split == "train" else "test" if split == "test" else "val",
    )


def _is_whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number that 64 bits hold; JSON has no bounds, and `true` is none."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63


def _object(entry: object) -> Mapping[str, object]:
    if not isinstance(entry, dict):
        raise EntryFault("is not an object with named fields")
    return entry


def _text(fields: Mapping[str, object], name: str) -> str:
    text = fields.get(name)
    if not isinstance(text, str):
        raise EntryFault(_absent(fields, name, "text"))
    return text


def _texts(fields: Mapping[str, object], name: str) -> list[str]:
    texts = fields.get(name)
    if not isinstance(texts, list):
        raise EntryFault(_absent(fields, name, "a list of texts"))
    if not texts:
        raise EntryFault(f"{name!r} is empty")
    if not all(isinstance(text, str) for text in texts):
        raise EntryFault(f"{name!r} holds what is not text")
    return texts


def _absent(fields: Mapping[str, object], name: str, kind: str) -> str:
    return f"{name!r} is not {kind}" if name in fields else f"no field {name!r}"


def _clean(captions: list[str], what: str = "caption") -> tuple[str, ...]:
    """Captions, or tags, as UTF-8 can hold them; a NUL counts as a blank."""
    cleaned = tuple(
        caption if caption.isascii() and "\0" not in caption else _storable(caption)
        for caption in captions
    )
    if not all(caption.strip() for caption in cleaned):
        raise EntryFault(f"a {what} is empty")
    return cleaned


def _storable(caption: str) -> str:
    # Half a surrogate pair, as from a caption cut inside an emoji, has no UTF-8.
    return caption.replace("\0", " ").encode("utf-8", "replace").decode()


def _picture(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise EntryFault(f"the path {path!r} leaves the folder of pictures")
    bare = posixpath.normpath(path)
    if bare == "." or _NOT_IN_A_PATH.search(bare):
        raise EntryFault(f"{path!r} is no path of a picture")
    return bare


def _our_split(split: object) -> Split:
    match split:
        case "train" | "val" | "test":
            return split
        case _:
            raise EntryFault(f"'split' is {split!r}; expected 'train', 'val' or 'test'")
