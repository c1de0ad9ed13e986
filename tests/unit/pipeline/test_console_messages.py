"""pipeline.console: both languages say the same things, and no page asks for what neither says."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from pipeline.api.audited import ROUTES, Audited
from pipeline.console.pages import ALONE, LANGUAGES, PAGES, Pages

CONSOLE = Path(str(files("pipeline.console")))
SOURCES = [*CONSOLE.rglob("*.js"), *CONSOLE.rglob("*.html")]
KEY = re.compile(r"[a-z_-]+\.[a-z0-9_.-]+")
#: Keys that are put together from a word of the API or of a state.
MADE = re.compile(
    r"(camera|case|erasing|example|filter|import|may|models|noted|role|stream|verdict)\.[\w-]+"
    r"|audit\.by_\w+"
)


def messages(language: str) -> dict[str, str]:
    return json.loads((CONSOLE / "assets" / "messages" / f"{language}.json").read_text("utf-8"))


def asked_for() -> set[str]:
    keys = set()
    for source in SOURCES:
        text = source.read_text("utf-8")
        keys |= set(re.findall(r"""\bt\(\s*["']([\w.-]+)["']\s*[,)]""", text))
        for key in re.findall(r"""\btn\(\s*["']([\w.-]+)["']""", text):
            keys |= {f"{key}.one", f"{key}.other"}
    return keys


def test_both_languages_have_the_same_messages_with_the_same_places_to_fill_in():
    english, korean = map(messages, LANGUAGES)
    assert english.keys() == korean.keys()
    places = re.compile(r"\{\w+\}")
    different = {
        key: (english[key], korean[key])
        for key in english
        if set(places.findall(english[key])) != set(places.findall(korean[key]))
    }
    assert different == {}
    assert [key for key in english if not english[key].strip() or not korean[key].strip()] == []


def test_every_message_that_is_asked_for_is_there():
    assert asked_for() - messages("en").keys() == set()


def test_no_message_is_left_that_nothing_asks_for():
    named = asked_for()
    for source in SOURCES:  # keys in tables, and in `a ? "x.y" : "x.z"`
        named |= set(re.findall(r"""["']([a-z_-]+\.[a-z0-9_.-]+)["']""", source.read_text("utf-8")))
    named |= {f"page.{name}" for name in (*PAGES.values(), *ALONE.values())}
    assert [key for key in messages("en") if key not in named and not MADE.fullmatch(key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", [*PAGES, *ALONE])
def test_no_page_shows_the_key_of_a_message(path, language):
    html = Pages().draw(path, language=language, theme=None, hidden=frozenset())
    shown = re.sub(r"<[^>]*>", " ", html)
    keys = messages("en").keys()
    assert [word for word in shown.split() if KEY.fullmatch(word) and word in keys] == []


def test_no_module_makes_elements_of_text():
    for source in CONSOLE.rglob("*.js"):
        text = source.read_text("utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


def test_the_page_of_the_audit_can_name_and_filter_whatever_is_noted():
    script = (CONSOLE / "assets" / "js" / "audit" / "entry.js").read_text("utf-8")
    kinds = re.findall(r'"([a-z-]+)"', script[script.index("KINDS = [") : script.index("];")])
    by_routes = {row.what for row in ROUTES.values() if isinstance(row, Audited)}
    by_workers = {"alert-sent", "audit-aged", "audit-settings", "evidence-made", "refused"}
    assert by_routes | by_workers <= set(kinds)
    assert {f"noted.{kind}" for kind in kinds} <= messages("en").keys()
