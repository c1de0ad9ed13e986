"""pipeline.store.held_clips: who is erased is known of clips that are cut later, too."""

import pytest

from detectors.types import TrackKey
from pipeline.store.held_clips import HeldClip, HeldClips

ALICE = TrackKey("lobby", "r1", 4)


def clip_of(track, begin_at, end_at):
    return HeldClip(
        track=str(track), begin_at=begin_at, end_at=end_at, first_at=begin_at, last_at=end_at,
        time_from="arrival", is_copy=True, shots=(), masks=(), shows_erased=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("camera", "begin_at", "is_shown"),
    [("lobby", 104.0, True), ("lobby", 106.0, False), ("gate", 104.0, False)],
)
def test_a_clip_that_is_kept_after_an_erasure_is_marked(tmp_path, camera, begin_at, is_shown):
    held, track = HeldClips(tmp_path / "video"), TrackKey(camera, "r1", 4)
    assert held.hide_erased([("lobby", 100.0, 105.0)]) == 0
    held = HeldClips(tmp_path / "video")  # it is known to other processes, and after a restart
    held.draft(track).write_bytes(b"mp4")
    held.keep(track, clip_of(track, begin_at, begin_at + 9.0))
    assert held.get(track).shows_erased is is_shown
    assert held.tracks() == {track}


def test_what_was_erased_while_a_clip_was_cut_is_not_forgotten(tmp_path):
    held = HeldClips(tmp_path)
    held.draft(ALICE).write_bytes(b"mp4")
    told = clip_of(ALICE, 100.0, 109.0)  # as it was known when the cut began
    held.keep(ALICE, told)
    assert held.hide_erased([("lobby", 101.0, 102.0)]) == 1
    held.draft(ALICE).write_bytes(b"mp4, longer")
    held.keep(ALICE, told.model_copy(update={"end_at": 119.0}))
    assert held.get(ALICE).shows_erased is True
