"""pipeline.cli: how far an import is, and what it came to."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.import_outcome import Imported, Outcome
from pipeline.cli.import_plan import Extent, Planned
from pipeline.cli.import_progress import Total
from pipeline.cli.import_summary import Summary
from pipeline.errors import ConfigError, NotVideo, SourceUnreadable
from pipeline.sources.recordings import Recording
from pipeline.sources.video_scan import VideoInfo

LENGTH_S, SIZE = 60.0, 1000
DONE = Imported(
    file="a.mp4", camera="lobby", collection="imports", run="r", started_at="", time_from="flag",
    state="done", reason="", known=False, frames=100, frames_looked_at=100, frames_skipped=0,
    boxes_seen=9, tracks=2, shots_encoded=5,
    tracks_without_shots=0, damaged=[], footage_s=LENGTH_S, seconds=1.0,
)  # fmt: skip
DAMAGED = replace(DONE, state="broken", reason="a.mp4: cut", damaged=[(3.0, 4.5)], tracks=1)


def planned(name: str = "a.mp4", trouble=None, *, is_named: bool = False) -> Planned:
    info = VideoInfo(Path(name), 64, 48, 25.0, 100, LENGTH_S, None, 0.0, "h264")
    return Planned(Recording(Path(name), SIZE, is_named), info, trouble=trouble)


def outcome(of) -> Outcome:
    if isinstance(of, Imported):
        return Outcome(planned(), imported=of)
    return Outcome(planned(trouble=of), trouble=of)


def summary_of(*what) -> Summary:
    summary = Summary()
    for each in what:
        summary.add(outcome(each))
    return summary


def test_each_file_is_counted_as_what_it_is():
    told = summary_of(
        DONE, replace(DONE, known=True), NotVideo("notes"), SourceUnreadable("empty"), DAMAGED
    ).as_json()
    assert [told[key] for key in ("imported", "known", "skipped", "failed")] == [1, 1, 1, 2]
    assert (told["tracks"], told["shots"], told["footage_s"]) == (3, 10, 2 * LENGTH_S)
    assert told["damaged"] == [{"file": "a.mp4", "from_s": 3.0, "to_s": 4.5}]
    assert [each["state"] for each in told["files"]] == ["done", "done", "failed", "broken"]


def test_what_was_known_adds_nothing_and_is_still_said_to_be_damaged():
    told = summary_of(replace(DAMAGED, known=True)).as_json()
    assert (told["tracks"], told["shots"], told["footage_s"], told["known"]) == (0, 0, 0.0, 0)
    assert (told["failed"], len(told["damaged"])) == (1, 1)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ([ConfigError("elsewhere")], ConfigError),
        ([ConfigError("elsewhere"), DONE], SourceUnreadable),
        ([ConfigError("no fit"), SourceUnreadable("empty")], SourceUnreadable),
        ([DAMAGED], SourceUnreadable),
    ],
)
def test_only_what_cannot_be_done_at_all_is_called_impossible(what, kind):
    with pytest.raises(kind) as caught:
        summary_of(*what).raise_if_failed()
    assert type(caught.value) is kind


def test_many_failures_are_one_line():
    with pytest.raises(SourceUnreadable) as caught:
        summary_of(*(SourceUnreadable(f"f{n}: cut") for n in range(50))).raise_if_failed()
    assert str(caught.value) == "f0: cut; f1: cut; f2: cut; and 47 more, named above"


def test_a_folder_that_could_not_be_listed_is_a_failure():
    summary = summary_of(DONE)
    summary.troubles(["closed: cannot be listed"])
    assert "passed over: closed: cannot be listed\n" in summary.text()
    assert summary.as_json()["unlisted"] == ["closed: cannot be listed"]
    with pytest.raises(SourceUnreadable, match="closed"):
        summary.raise_if_failed()


def test_a_skipped_file_is_no_failure_and_its_name_is_an_example():
    summary = summary_of(DONE, *(NotVideo(f"f{n}") for n in range(5)))
    summary.raise_if_failed()
    assert "skipped: 5, no video (a.mp4, a.mp4, a.mp4, …)" in summary.text()


def test_half_of_the_bytes_in_a_minute_leave_a_minute():
    total = Total(Extent(files=4, size_bytes=4 * SIZE), now=0.0)
    total.over(outcome(DONE))
    total.read(planned("b.mp4"), 100, 100)
    assert total.share == 0.5
    assert total.left_s(60.0) == pytest.approx(60.0)
    assert total.times_realtime(60.0) == pytest.approx(2 * LENGTH_S / 60)


def test_what_was_known_does_not_make_the_rest_look_quick():
    total = Total(Extent(files=4, size_bytes=4 * SIZE), now=0.0)
    total.over(outcome(replace(DONE, known=True)))
    assert total.left_s(1.0) is None
    total.over(outcome(DONE))
    assert total.left_s(60.0) == pytest.approx(120.0)


@given(st.lists(st.sampled_from([DONE, DAMAGED, NotVideo("x")]), max_size=8), st.integers(0, 200))
def test_the_share_never_leaves_its_bounds(results, frames):
    total = Total(Extent(files=8, size_bytes=8 * SIZE), now=0.0)
    before = 0.0
    for each in results:
        total.read(planned(), frames, 100)
        assert before <= total.share <= 1.0
        total.over(outcome(each))
        assert 0.0 <= total.share <= 1.0
        before = total.share
        assert "in all" in total.line(1.0)
