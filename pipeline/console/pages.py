"""Draws the console's pages and hands out its assets, all read once at start."""

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Final

from jinja2 import DictLoader, Environment, StrictUndefined

LANGUAGES: Final = ("en", "ko")
THEMES: Final = ("light", "dark")

#: Path → template and the key of its title, in the order of the navigation.
PAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "/": "search",
        "/live": "live",
        "/watches": "watches",
        "/imports": "imports",
        "/cases": "cases",
        "/system": "system",
        "/accounts": "accounts",
    }
)
#: Pages that tabs name beside each other; the navigation leads to the first.
ADMINISTRATION: Final[Mapping[str, str]] = MappingProxyType(
    {"/accounts": "accounts", "/audit": "audit", "/erasures": "erasures"}
)
SIGN_IN: Final = "/sign-in"
ABOUT: Final = "/about"
ALONE: Final[Mapping[str, str]] = MappingProxyType(
    {
        SIGN_IN: "sign-in",
        ABOUT: "about",
        "/account": "account",
        "/audit": "audit",
        "/erasures": "erasures",
    }
)
"""Pages that the navigation does not name."""

#: What an operating system's registry of types may say otherwise.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load.

    Attributes:
        content: its bytes.
        media_type: what it is.
        tag: the same for the same content, for `ETag`.
    """

    content: bytes
    media_type: str
    tag: str


class Pages:
    """The console: what its pages are, in each language, and what they load."""

    def __init__(self) -> None:
        """Read every file of the console: a few hundred kilobytes."""
        here = files("pipeline.console")
        self.assets = {
            f"/assets/{name}": _asset(name, content)
            for name, content in _files_below(here / "assets")
        }
        self._messages = {
            language: json.loads(self.assets[f"/assets/messages/{language}.json"].content)
            for language in LANGUAGES
        }
        templates = {name: text.decode() for name, text in _files_below(here / "templates")}
        self._templates = Environment(
            loader=DictLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def draw(self, path: str, *, language: str, theme: str | None, hidden: frozenset[str]) -> str:
        """The HTML of a page.

        Args:
            path: one of `PAGES` and `ALONE`.
            language: one of `LANGUAGES`.
            theme: one of `THEMES`; None for what the browser prefers.
            hidden: pages that the navigation does not name.
        """
        name = PAGES.get(path) or ALONE[path]
        return self._templates.get_template(f"{name}.html").render(
            name=name,
            path=path,
            language=language,
            theme=theme,
            administration=ADMINISTRATION,
            pages={where: what for where, what in PAGES.items() if where not in hidden},
            t=self._messages[language].__getitem__,
        )


def language_of(wanted: str | None, accepted: str) -> str:
    """The language to speak: the one that was chosen, else the first that a browser asks for.

    >>> language_of(None, "ko-KR,ko;q=0.9,en;q=0.8"), language_of("en", "ko"), language_of("x", "")
    ('ko', 'en', 'en')
    """
    if wanted in LANGUAGES:
        return str(wanted)
    asked = (part.split(";")[0].split("-")[0].strip().lower() for part in accepted.split(","))
    return next((language for language in asked if language in LANGUAGES), LANGUAGES[0])


def _files_below(folder: Traversable, above: str = "") -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _files_below(entry, f"{above}{entry.name}/")
        else:
            found.append((f"{above}{entry.name}", entry.read_bytes()))
    return found


def _asset(name: str, content: bytes) -> Asset:
    known = next((kind for ending, kind in _TYPES.items() if name.endswith(ending)), None)
    media_type = known or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:24]}"')
