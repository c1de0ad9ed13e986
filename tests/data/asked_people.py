"""People in plain colours and laws that decide by colour, for questions back."""

import math
from dataclasses import replace
from types import MappingProxyType

from detectors.types import Box, TrackKey
from retrieval.fakes import FakeEncoder
from retrieval.search.evidence import EvidenceReader
from retrieval.search.evidence_law import EvidenceLaws, KindLaw, RankLaw
from retrieval.types import Hidden, Hit, ScoredShot
from tests.data.make_sightings import shot_of

ENCODER = FakeEncoder()
COLOURED = KindLaw((0.0, 10.0, 0.0, 0.0), 0.0, 1.0, 0.0, 1.0)
LAWS = EvidenceLaws(
    MappingProxyType(
        {
            "upper garment, coloured": COLOURED,
            "lower garment, coloured": COLOURED,
            "headwear": replace(COLOURED, decides_at=None),
        }
    ),
    rank=RankLaw(0.0, 1.0, 1.0, 1.0),
)


def reader():
    """Asks shots of `ENCODER` by `LAWS`."""
    return EvidenceReader(ENCODER, LAWS, None)


def dressed(*looks):
    """Vectors (N, D) of people dressed so."""
    return ENCODER.encode_texts(list(looks))


def hits_of(*looks, hidden=Hidden.NOTHING):
    """Tracks of one shot, of people dressed so."""
    if not looks:
        return []
    told = []
    for number, vector in enumerate(dressed(*looks), start=1):
        track = TrackKey("door", "r1", number)
        shot = replace(shot_of(track, vector=vector), box=Box(0, 0, 60, 160), hidden=hidden)
        told.append(Hit(number, track, 1 / math.sqrt(number), (ScoredShot(shot, 0.5),)))
    return told
