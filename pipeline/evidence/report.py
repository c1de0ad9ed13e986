"""The report of an evidence pack: one HTML page that prints, with its pictures, without scripts."""

import base64
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from pipeline.evidence.dossier import Dossier
from pipeline.evidence.manifest import PackedFile
from pipeline.logs import printable

MARKS: Final = {"yes": "✓", "no": "✗"}


def render_report(
    dossier: Dossier, *, files: Mapping[str, PackedFile], pictures: Mapping[str, bytes], key: str
) -> bytes:
    """The page, UTF-8.

    Whatever people or cameras wrote is text in it, and nothing of it is followed.

    Args:
        dossier: what it tells.
        files: what the pack holds so far, by name: their digests are listed.
        pictures: JPEGs that it shows, by the same names.
        key: the public key of the installation.
    """
    return (
        _template()
        .render(
            dossier=dossier,
            files=files,
            pictures={name: _data_url(jpeg) for name, jpeg in pictures.items()},
            key=key,
        )
        .encode("utf-8", "replace")
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("pipeline.evidence", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "instant": _instant, "percent": _percent, "size": _size, "mark": _mark, "line": printable,
    }  # fmt: skip
    return environment.get_template("report.html.j2")


def _data_url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def _instant(text: str | None) -> str:
    """For people, with its tenths.

    >>> _instant("2026-11-23T10:00:00.250Z")
    '2026-11-23 10:00:00.2 UTC'
    """
    if text is None:
        return "–"
    at = datetime.fromisoformat(text)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 100_000} UTC"


def _percent(value: float | None) -> str:
    if value is None:
        return "not judged"
    rounded = round(100 * value)
    if rounded < 1:
        return "< 1 %"
    return f"{rounded} %" if rounded < 100 else "> 99 %"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(count / 1e3, 0.1):.1f} kB"


def _mark(verdict: Any) -> str:
    return MARKS.get(str(verdict), "?")
