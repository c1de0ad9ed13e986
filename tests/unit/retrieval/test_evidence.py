"""retrieval.search.evidence: what the shots of a track say of each phrase."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import Box, TrackKey
from retrieval.fakes import FakeEncoder
from retrieval.search.evidence import EvidenceReader, Verdict
from retrieval.search.evidence_law import EvidenceLaws, KindLaw, RankLaw
from retrieval.search.phrases import PhraseKind, phrases_of
from retrieval.types import Hidden
from tests.data.make_sightings import shot_of

ENCODER = FakeEncoder()
LAW = KindLaw((0.0, 10.0, 0.0, 0.0), 0.0, 1.0, 0.0, 1.0)
LAWS = EvidenceLaws(
    MappingProxyType({f"{kind.value}, coloured": LAW for kind in PhraseKind}), rank=None
)
TALL = Box(0, 0, 50, 100)


def shots(*dressed, hidden=Hidden.NOTHING, box=TALL):
    """Sightings of one track, a shot for each way it looks."""
    track = TrackKey("door", "r1", 1)
    return [
        replace(shot_of(track, number, vector=vector), box=box, hidden=hidden)
        for number, vector in enumerate(ENCODER.encode_texts(list(dressed)), start=1)
    ]


def told(text, track, laws=LAWS):
    reader = EvidenceReader(ENCODER, laws, None)
    _, question = reader.read(phrases_of(text), text)
    return question.evidence([track])[0]


def test_what_is_seen_is_told_from_other_colours():
    red, blue = told("a red coat and blue jeans", shots("red coat, black jeans"))
    assert (red.verdict, blue.verdict) == (Verdict.YES, Verdict.NO)
    assert red.strength > 0.5
    assert red.shot == 1


def test_without_a_law_nothing_is_told():
    (one,) = told("a red coat", shots("red coat"), EvidenceLaws(MappingProxyType({})))
    assert (one.verdict, one.strength, one.shot, one.log_odds) == (Verdict.CANNOT_TELL, 0, None, 0)


def test_nothing_is_encoded_for_a_phrase_that_no_law_can_tell():
    class Listening(FakeEncoder):
        texts = ()

        def encode_texts(self, texts):
            self.texts = tuple(texts)
            return super().encode_texts(texts)

    encoder, text = Listening(), "a red coat, walking with an umbrella"
    reader = EvidenceReader(encoder, LAWS, None)
    _, question = reader.read(phrases_of(text), text)
    assert encoder.texts[0] == text
    assert "a person wearing a red coat" in encoder.texts
    assert not any("umbrella" in said or "walking" in said for said in encoder.texts[1:])
    verdicts = [one.verdict for one in question.evidence([shots("red coat")])[0]]
    assert verdicts == [Verdict.YES, Verdict.CANNOT_TELL, Verdict.CANNOT_TELL]
    with pytest.raises(ValueError, match="'umbrella' was read without what it is against"):
        question.margins(2, shots("red coat")[0].vector[None])
    reader.read(phrases_of(text), text, lawless=True)
    assert any("umbrella" in said for said in encoder.texts[1:])


def test_a_kind_that_is_told_no_better_than_by_chance_decides_nothing():
    law = replace(LAW, decides_at=None)
    laws = EvidenceLaws(MappingProxyType({"upper garment, coloured": law}))
    (one,) = told("a red coat", shots("red coat"), laws)
    assert one.verdict is Verdict.CANNOT_TELL
    assert one.shot == 1


@pytest.mark.parametrize(
    ("text", "hidden", "box"),
    [
        ("red coat", Hidden.COLOUR, TALL),
        ("blue jeans", Hidden.LEGS, TALL),
        ("blue shoes", Hidden.FEET, TALL),
        ("blue hat", Hidden.HEAD, TALL),
        ("long red hair", Hidden.HEAD, TALL),
        ("red coat", Hidden.NOTHING, Box(0, 0, 16, 39)),
    ],
)
def test_what_a_shot_cannot_show_cannot_be_told(text, hidden, box):
    dressed = "red coat, blue jeans"
    (one,) = told(text, shots(dressed, hidden=hidden, box=box))
    assert (one.verdict, one.strength, one.shot) == (Verdict.CANNOT_TELL, 0.0, None)
    (seen,) = told(text, shots(dressed))
    assert seen.shot == 1


def test_the_shot_that_shows_most_of_it_is_named():
    (one,) = told("red coat", shots("blue coat", "red coat", "blue coat"))
    assert one.shot == 2


COATS = st.lists(st.sampled_from(["red coat", "blue coat", "grey coat"]), min_size=1, max_size=5)
ASKED = "red coat and blue jeans, a black hat"


@given(COATS, st.randoms(use_true_random=False))
def test_the_order_of_shots_and_phrases_does_not_matter(dressed, random):
    track = shots(*dressed)
    shuffled = random.sample(track, len(track))
    one = told(ASKED, track)
    assert told(ASKED, shuffled) == one
    backwards = told("a black hat, blue jeans and red coat", track)
    assert [(e.phrase.head, e.verdict, e.log_odds) for e in backwards[::-1]] == [
        (e.phrase.head, e.verdict, e.log_odds) for e in one
    ]


@given(COATS)
def test_a_shot_that_cannot_show_it_changes_nothing(dressed):
    track = shots(*dressed)
    useless = replace(shots(*dressed, "red coat")[-1], hidden=Hidden.COLOUR)
    assert told("red coat", [*track, useless]) == told("red coat", track)


@given(COATS)
def test_a_negated_phrase_mirrors(dressed):
    (there,) = told("red coat", shots(*dressed))
    (absent,) = told("no red coat", shots(*dressed))
    mirrored = {Verdict.YES: Verdict.NO, Verdict.NO: Verdict.YES}
    assert absent.verdict is mirrored.get(there.verdict, Verdict.CANNOT_TELL)
    assert absent.log_odds == -there.log_odds
    assert (absent.strength, absent.shot) == (there.strength, there.shot)


RANKS = {Verdict.NO: 0, Verdict.CANNOT_TELL: 1, Verdict.YES: 2}


@given(COATS, st.floats(0, 1), st.floats(0, 1))
def test_a_shot_nearer_to_the_phrase_never_turns_yes_into_no(dressed, low, high):
    low, high = sorted([low, high])
    red, blue = ENCODER.encode_texts(["a person wearing a red coat", "blue coat"])

    def seen(share):
        vector = share * red + (1 - share) * blue
        last = shots("red coat")[0]
        own = replace(
            last,
            shot=last.shot._replace(number=9),
            vector=(vector / np.linalg.norm(vector)).astype(np.float32),
        )
        return RANKS[told("red coat", [*shots(*dressed), own])[0].verdict]

    assert seen(high) >= seen(low)


@pytest.mark.parametrize("values", [(-1.0, 1.0, 1.0), (1.0, -1.0, 1.0), (float("nan"), 1.0, 1.0)])
def test_a_law_under_which_better_is_worse_is_refused(values):
    weight, slope, at = values
    with pytest.raises(ValueError, match="Law"):
        KindLaw((weight, 0.0, 0.0, 0.0), 0.0, slope, 0.0, at)
    with pytest.raises(ValueError, match="Law"):
        RankLaw(0.0, weight, slope, at)


def test_laws_are_read_back():
    laws = replace(LAWS, rank=RankLaw(-1.0, 1.0, 0.5, 0.25))
    assert EvidenceLaws.from_mapping(laws.to_mapping()) == laws
