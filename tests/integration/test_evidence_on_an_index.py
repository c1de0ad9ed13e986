"""Verdicts over an index on disk: the same before and after shots are sealed, and opened again."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from detectors.types import Box, TrackKey
from pipeline.workers.cautions import Trust
from pipeline.workers.weighing import Scales
from retrieval.fakes import FakeEncoder
from retrieval.index.rolling import RollingIndex
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law
from retrieval.search.evidence_law import EvidenceLaws, KindLaw, RankLaw
from retrieval.types import Hidden, Where
from tests.data.make_sightings import shot_of

ENCODER = FakeEncoder()
COLOURS = ("red", "blue", "green", "black", "white", "grey")
LAW = Law(-7.0, 1.0, 0.0, -0.5)
COLOURED = KindLaw((0.0, 20.0, 0.0, 0.0), 0.0, 1.0, 0.0, 1.0)
LAWS = EvidenceLaws(
    MappingProxyType({"upper garment, coloured": COLOURED}), RankLaw(0.0, 1.0, 1.0, 1.0)
)
STRANGERS = Strangers.of_one_shot(ENCODER.encode_texts([f"{one} coat" for one in COLOURS * 4]))
CALIBRATION = Calibration(ENCODER.model_id, STRANGERS, LAW, LAW, 0.5, 0.1, 100, evidence=LAWS)


def sightings():
    """Forty people of two shots each; every other one is seen in infrared light."""
    vectors = ENCODER.encode_texts([f"{COLOURS[n % 6]} coat" for n in range(40)])
    return [
        replace(
            shot_of(TrackKey("door", "r1", n + 1), number, vector=vector, at=float(n)),
            model_id=ENCODER.model_id,
            box=Box(0, 0, 60, 160),
            hidden=Hidden.COLOUR if n % 2 else Hidden.NOTHING,
        )
        for n, vector in enumerate(vectors)
        for number in (1, 2)
    ]


def told(index):
    found = Scales(best_of=3).find(
        ENCODER, index, Trust(CALIBRATION), "red coat", limit=40, where=Where(now=0.0)
    )
    return [
        (hit.track.number, [(one.verdict.value, one.shot, round(one.log_odds, 6)) for one in some])
        for hit, some in zip(found.hits, found.evidence, strict=True)
    ]


def test_sealed_shots_say_what_they_said(tmp_path):
    index = RollingIndex(tmp_path, ENCODER.model_id, ENCODER.dimension)
    index.add(sightings())
    before = told(index)
    by_number = dict(before)
    assert by_number[1] == [("yes", 1, by_number[1][0][2])]
    assert by_number[3][0][0] == "no"
    assert by_number[2] == [("cannot tell", None, 0.0)]
    assert len(before) == 40
    index.checkpoint("1")
    assert index.segments > 0
    assert told(index) == before
    again = RollingIndex(tmp_path, ENCODER.model_id, ENCODER.dimension)
    assert told(again) == before


def test_one_look_is_as_good_as_another_on_the_index_of_the_encoder(tmp_path):
    index = RollingIndex(tmp_path, ENCODER.model_id, ENCODER.dimension)
    index.add(sightings())
    numbers = [number for number, _ in told(index)]
    red = [n for n in range(1, 41, 2) if COLOURS[(n - 1) % 6] == "red"]
    assert set(numbers[: len(red)]) == set(red)
    assert np.isfinite([one for _, ((_, _, one),) in told(index)]).all()
