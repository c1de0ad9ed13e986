"""pipeline.evidence.report: what others wrote is text in it, and it needs nothing but itself."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.case_answers import CaseAnswer, ItemAnswer, ModelFact, Shown
from pipeline.evidence.dossier import Dossier, PackedItem, ShotFile
from pipeline.evidence.manifest import PackedFile
from pipeline.evidence.report import render_report
from pipeline.evidence.times import time_facts
from pipeline.evidence_answers import EvidenceAnswer
from pipeline.store.runs import RunRecord

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "p", "h1", "h2", "h3", "table", "tr", "th",
    "td", "span", "code", "br", "div", "section", "ul", "li", "strong", "img", "footer",
}  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</style><script>x</script>",
    "javascript:alert(1)",
    "\x1b[31mred\x00",
    "\u202eevil",
]


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.odd: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            is_link = name in {"href", "src", "action", "srcdoc"} or name.startswith("on")
            if is_link and not (name == "src" and (value or "").startswith("data:image/jpeg;")):
                self.odd.append((name, value))

    def handle_data(self, data):
        self.text += data


def dossier(text: str) -> Dossier:
    run = RunRecord(
        camera_id="c", run_id="r", kind="file", source=text, digest="ab" * 32, started_at=1e9,
        collection=text, imported_at=1e9,
    )  # fmt: skip
    item = ItemAnswer(
        item=1, track=f"{text}/r/1", shot=2, camera=text, collection=text,
        first_seen_at="2026-03-01T10:00:00.000Z", last_seen_at="2026-03-01T10:00:04.250Z",
        time_from="flag", zones=[text], shots=[2], note=text, added_by=text,
        added_at="2026-03-02T10:00:00.000Z",
        shown=Shown(
            text=text, score=0.4, probability=0.93, model=text[:200],
            evidence=[EvidenceAnswer(phrase=text, verdict="yes", strength=0.8, shot=2)],
        ),
    )  # fmt: skip
    shot = ShotFile(
        shot=2, captured_at="2026-03-01T10:00:00.000Z", time_from="flag", box=(1, 2, 3, 4),
        frame=(640, 480), quality=0.5, model=text, file="items/001/shot-02.jpg",
    )  # fmt: skip
    return Dossier(
        case=CaseAnswer(
            id="theft", title=text, notes=text, status="open", count=1, closed_by=None,
            created_at="2026-03-01T10:00:00.000Z", created_by=text, closed_at=None,
        ),
        made_at="2026-03-02T10:00:00.000Z", made_by=text, software="Descry 1", blur="heads",
        models=[ModelFact(kind="encoder", name=text, sha256="", licence=text)],
        items=[
            PackedItem(
                item=item, times=time_facts("flag", run), clip=None, clip_file=None,
                scene_file=None, shots=[shot], missing=[text],
            )
        ],
    )  # fmt: skip


def page(text: str) -> str:
    files = {"case.json": PackedFile(name="case.json", bytes=9, sha256="0" * 64)}
    pictures = {"items/001/shot-02.jpg": b"\xff\xd8 jpeg \xff\xd9"}
    return render_report(dossier(text), files=files, pictures=pictures, key="ab" * 32).decode()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_others_wrote_is_shown_and_not_obeyed(text):
    seen = Seen()
    seen.feed(page(text))
    assert seen.tags <= ALLOWED
    assert seen.odd == []
    if text.isprintable():
        assert text in seen.text


@given(st.text(max_size=60))
def test_no_text_at_all_becomes_a_tag(text):
    seen = Seen()
    seen.feed(page(text))
    assert seen.tags <= ALLOWED
    assert seen.odd == []


def test_the_page_needs_nothing_from_elsewhere():
    text = page("plain")
    assert "default-src 'none'" in text
    assert re.findall(r"https?://|url\(|@import|<script|<link", text) == []
    assert "data:image/jpeg;base64," in text
    for said in ("93 %", "0.4000", "imported file", "sha256", "plain", "could not be had"):
        assert said in text


def test_how_times_came_about_is_said_in_words():
    assert "nobody noted" in time_facts(None, None).words
    live = RunRecord(
        camera_id="c", run_id="r", kind="live", source="rtsp://x", started_at=1e9,
        collection="live", clock_ahead_s=1.5,
    )  # fmt: skip
    told = time_facts("sender report", live)
    assert "the camera's own clock" in told.words
    assert "+1.500 s off" in told.words
    assert (told.kind, told.file) == ("live camera", "")


def test_a_score_that_nobody_checked_is_said_to_be_stated():
    told = dossier("anna")
    (one,) = told.items
    checked = one.model_copy(update={"item": one.item.model_copy(update={"checked": True})})

    def said(item):
        with_it = told.model_copy(update={"items": [item]})
        return render_report(with_it, files={}, pictures={}, key="ab" * 32).decode()

    assert "Stated by anna, not checked" in said(one)
    assert "93 % (stated)" in said(one)
    assert "not checked" not in said(checked)
    assert "(stated)" not in said(checked)
    assert "What a search of this installation answered" in said(checked)
