"""The scoring of `watch_delay.py`: whose a track is, how late, missed, and wrong."""

import numpy as np
import pytest

from pipeline.street.footage.mot import Boxes
from tests.benchmarks.watch_delay import parsed, sentences
from tests.benchmarks.watch_film import Alert, Film, Shot, figures

BEGAN = 1_795_000_000.0
LAP_S = 60.0


def walk(number, first, left):
    """Somebody walks to the right for ten seconds, and shows whole from the third on."""
    return [
        (first + n, number, (left + n, 50.0, left + n + 40, 170.0), 0.3 + min(n, 30) / 40)
        for n in range(100)
    ]


@pytest.fixture
def film():
    rows = [*walk(1, 100, 100), *walk(2, 300, 400)]
    frames, numbers, boxes, visible = (np.array(column) for column in zip(*rows, strict=True))
    return Film(Boxes(frames, numbers, boxes, boxes, visible), frames=600, fps=10.0)


def shots(track, number, lap):
    first, left = {1: (100, 100), 2: (300, 400)}[number]
    return [
        Shot(track, BEGAN + LAP_S * lap + (first + n - 1) / 10, (left + n, 50, left + n + 40, 170))
        for n in (10, 40, 70)
    ]


SEEN = [*shots("a", 1, 2), *shots("b", 2, 2), *shots("c", 1, 3)]
FULL_1 = BEGAN + 2 * LAP_S + (100 + 24 - 1) / 10


def scored(film, alerts, wanted):
    return figures(film, SEEN, alerts, wanted, BEGAN + 2 * LAP_S, BEGAN + 4 * LAP_S)


def test_where_the_clip_began_is_told_by_the_boxes(film):
    found = film.began(SEEN)
    assert (found - BEGAN) % LAP_S == pytest.approx(0, abs=0.15) or (
        found - BEGAN
    ) % LAP_S == pytest.approx(LAP_S, abs=0.15)
    assert [film.person(shot, BEGAN) for shot in SEEN] == [1] * 3 + [2] * 3 + [1] * 3


def test_a_delay_is_counted_from_the_first_full_view_and_each_lap_is_another(film):
    alerts = [
        Alert("w", "a", FULL_1 - 1, FULL_1 + 2),
        Alert("w", "c", FULL_1 + LAP_S, FULL_1 + LAP_S + 4),
    ]
    found = scored(film, alerts, {"w": {1}})
    assert (found["told"], found["missed"], found["false_alarms"]) == (2, 0, 0)
    assert found["delay_p50_s"] == pytest.approx(3.0, abs=0.2)


def test_who_is_not_told_is_missed_and_who_is_told_of_another_is_a_false_alarm(film):
    found = scored(film, [Alert("w", "b", FULL_1 + 20, FULL_1 + 22)], {"w": {1}})
    assert (found["told"], found["missed"], found["false_alarms"]) == (0, 2, 1)
    assert found["delay_p50_s"] is None
    # What other watches tell is neither.
    assert scored(film, [Alert("x", "b", FULL_1, FULL_1)], {"w": {1}})["false_alarms"] == 0


def test_so_many_sentences_stand_and_those_of_people_in_view_are_first():
    from pipeline.demo.footage import read_footage

    with read_footage() as footage:
        texts, who = sentences(footage, parsed([]).camera, 1000)
    assert len(texts) == len(set(texts)) == 1000
    assert list(who) == list(range(len(who)))
    assert {query.text for query in footage.queries} >= set(texts[: len(who)])
