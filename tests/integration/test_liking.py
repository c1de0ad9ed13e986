"""pipeline.workers.liking over every kind of index: real segments, real servers."""

from base64 import b64encode
from functools import partial
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from detectors.types import TrackKey
from pipeline.answers import SearchRequest
from pipeline.errors import ConfigError, NotFound, StoreUnavailable
from pipeline.workers.liking import OF_BOTH, Liking
from retrieval.fakes import COLOURS, FakeEncoder
from retrieval.index.flat import FlatIndex
from retrieval.search.calibration import QueryKind
from retrieval.search.exact import find_tracks
from retrieval.types import Where
from tests.data.make_sightings import shot_of
from tests.data.rolling_indexes import Sealing
from tests.data.spread_indexes import SPREAD, spread
from tests.vector_servers import VectorServer, connected, free_ports

ENCODER = FakeEncoder()
DRESSED = ["red", "red", "red", "blue", "blue", "green", "white", "black"]
EVERYWHERE = Where(now=0.0)


def unasked(image):
    raise AssertionError("nobody is to be looked for")


def track(number):
    return TrackKey("lobby" if number % 2 else "gate", "r1", number)


def people():
    """Two shots each, of somebody in a coat of each colour, no two quite alike."""
    rng = np.random.default_rng(3)
    for number, colour in enumerate(DRESSED, start=1):
        for shot in (1, 2):
            picture = np.empty((40, 20, 3), np.uint8)
            picture[:] = COLOURS[colour]
            vector = ENCODER.encode_images([picture])[0] + rng.normal(0, 0.02, ENCODER.dimension)
            yield shot_of(
                track(number), shot, vector=(vector / np.linalg.norm(vector)).astype(np.float32)
            )


@pytest.fixture(scope="module", params=["flat", "sealing", "redis"])
def index(request):
    kinds = {"flat": FlatIndex, "sealing": Sealing}
    if request.param in kinds:
        made = kinds[request.param]("m@1", ENCODER.dimension)
    else:
        kind, servers = SPREAD[request.param]
        make = partial(kind, request.getfixturevalue(servers))
        made = make("m@1", ENCODER.dimension)
    made.add(list(people()))
    return made


def find(index, text="", where=EVERYWHERE, **asked):
    request = SearchRequest(text=text, **{"limit": 20, **asked})
    return Liking(unasked, best_of=3).find(ENCODER, index, text, request, where)


def numbers(found):
    return [hit.track.number for hit in found.hits]


def names(*some):
    return [str(track(number)) for number in some]


def test_a_track_finds_those_who_look_like_it_and_not_itself(index):
    found = find(index, like=str(track(1)))
    assert set(numbers(found)[:2]) == {2, 3}
    assert set(numbers(found)) == set(range(2, 9))
    assert [hit.rank for hit in found.hits] == list(range(1, 8))
    assert (found.kind, found.is_judged) == (QueryKind.PICTURE, True)
    assert any("lobby/r1/1 is asked with, and left out" in note for note in found.notes)


def test_a_shot_of_a_track_asks_with_its_own_vector(index):
    found = find(index, like=f"{track(4)}/2")
    (vector,) = [s.vector for s in people() if str(s.shot) == f"{track(4)}/2"]
    by_hand = find_tracks(index, vector, limit=20, where=EVERYWHERE)
    assert numbers(found) == [hit.track.number for hit in by_hand if hit.track != track(4)]
    assert numbers(found)[0] == 5


def test_a_picture_and_words_find_who_is_like_it_but_for_them(index):
    file = BytesIO()
    Image.new("RGB", (20, 40), COLOURS["red"]).save(file, "PNG")
    asked = {"picture": b64encode(file.getvalue()).decode(), "box": (0, 0, 20, 40)}
    assert set(numbers(find(index, **asked))[:3]) == {1, 2, 3}
    assert numbers(find(index, "but in a green coat", **asked))[0] == 6


def test_the_limit_is_kept_whoever_is_left_out(index):
    assert len(find(index, like=str(track(1)), limit=3).hits) == 3
    assert len(find(index, "red coat", less_like=names(1, 2), limit=3).hits) == 3


def test_who_is_asked_with_need_not_lie_in_the_filter(index):
    gate = Where(now=0.0, cameras=frozenset({"gate"}))
    found = find(index, like=str(track(1)), where=gate, more_like=names(3))
    assert set(numbers(found)) == {2, 4, 6, 8}
    assert numbers(found)[0] == 2


def test_a_yes_brings_who_looks_so_up_and_says_what_moved(index):
    before = numbers(find(index, "white coat", less_like=names(8)))
    found = find(index, "white coat", more_like=names(4), less_like=names(8))
    assert numbers(found).index(5) < before.index(5) or before.index(5) == 1
    assert (found.kind, found.is_judged) == (QueryKind.MOVED, True)
    plain = {hit.track: hit.rank for hit in find_tracks(
        index, ENCODER.encode_texts(["white coat"])[0], limit=20, where=EVERYWHERE)}  # fmt: skip
    assert found.ranks_before == plain
    (told,) = [note for note in found.notes if note.startswith("judgements: ")]
    assert "the query was moved towards 1 judged to fit, 1 judged not to fit are left out" in told
    assert "leave them out and the query is as it was" in told


def test_a_no_leaves_out_one_and_changes_the_order_of_nobody_else(index):
    plain = [hit.track.number for hit in find_tracks(
        index, ENCODER.encode_texts(["red coat"])[0], limit=20, where=EVERYWHERE)]  # fmt: skip
    found = find(index, "red coat", less_like=names(plain[0]))
    assert numbers(found) == plain[1:]
    assert [found.ranks_before[hit.track] for hit in found.hits] == list(range(2, 9))
    assert (found.kind, found.is_judged) == (None, True)
    assert np.array_equal(found.query, ENCODER.encode_texts(["red coat"])[0])


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"like": "lobby"}, ConfigError, "'lobby' names no track or shot: give camera/run/number"),
        ({"like": "lobby/r1/99"}, NotFound, "no shot of track lobby/r1/99 is in the index"),
        ({"like": "lobby/r1/1/9"}, NotFound, "track lobby/r1/1 has no shot 9 in the index; it"),
        ({"like": "lobby/r1/1", "picture": "aaaa"}, ConfigError, "both given"),
        ({"like": "lobby/r1/1", "box": (0, 0, 9, 20)}, ConfigError, "and none is given"),
        ({"more_like": ["lobby/r1/99"]}, NotFound, "no shot of track lobby/r1/99"),
        ({"less_like": ["x"]}, ConfigError, "'x' names no track or shot"),
        (
            {"more_like": ["lobby/r1/1"], "less_like": ["lobby/r1/1"]},
            ConfigError,
            "lobby/r1/1 is judged both --more and --less",
        ),
    ],
)
def test_what_makes_no_sense_is_said_in_a_line(index, asked, error, said):
    with pytest.raises(error) as refused:
        find(index, "red coat", **asked)
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.redis
def test_a_shard_that_is_away_is_named_and_no_track_called_erased():
    server = VectorServer(*free_ports(1))
    try:
        away = spread(connected(server, timeout_s=1.0), "m@1", ENCODER.dimension)
        away.add(list(people()))
        ask = partial(Liking(unasked, best_of=3).find, ENCODER, away)
        request = SearchRequest(text="", like=str(track(1)))
        with pytest.raises(NotFound, match="lobby/r1/99 is in the index: it was erased"):
            ask("", SearchRequest(text="", like="lobby/r1/99"), EVERYWHERE, away)
        assert ask("", request, EVERYWHERE, away).hits
        server.kill()
        part = away.part_of("lobby")
        with pytest.raises(StoreUnavailable, match=f"{part} of the index does not answer in full"):
            ask("", request, EVERYWHERE, away)
    finally:
        server.stop()


FLAT = FlatIndex("m@1", ENCODER.dimension)
FLAT.add(list(people()))
judged = st.lists(st.integers(1, 8), max_size=4)


@given(judged, judged, st.sampled_from([None, "gate", "lobby"]), st.integers(1, 9), st.randoms())
def test_judgements_never_widen_a_filter_nor_depend_on_their_order(yes, no, camera, limit, random):
    no = [number for number in no if number not in yes]
    where = Where(now=0.0, cameras=None if camera is None else frozenset({camera}))
    asked = {"more_like": names(*yes), "less_like": names(*no), "limit": limit}
    found = find(FLAT, "red coat", where=where, **asked)
    in_reach = {n for n in range(1, 9) if camera is None or track(n).camera_id == camera}
    assert set(numbers(found)) <= in_reach - set(no)
    assert len(found.hits) == min(limit, len(in_reach - set(no)))
    for tracks in (asked["more_like"], asked["less_like"]):
        random.shuffle(tracks)
    again = find(FLAT, "red coat", where=where, **asked)
    assert [(h.track, h.score) for h in again.hits] == [(h.track, h.score) for h in found.hits]
    if not yes and not no:
        plain = find_tracks(FLAT, ENCODER.encode_texts(["red coat"])[0], limit=limit, where=where)
        assert [(h.track, h.score) for h in found.hits] == [(h.track, h.score) for h in plain]


def test_what_should_not_be_seen_is_not_looked_for(index):
    liking = Liking(unasked, best_of=3)
    asked = {"like": str(track(1)), "limit": 5}
    find = partial(liking.find, ENCODER, index)
    alone = find("", SearchRequest(text="", **asked), EVERYWHERE)
    text = "without a blue coat"
    without = find(text, SearchRequest(text=text, **asked), EVERYWHERE)
    assert [hit.track for hit in without.hits] == [hit.track for hit in alone.hits]
    assert [hit.score for hit in without.hits] == [hit.score for hit in alone.hits]


def test_a_picture_and_words_together_are_not_judged_and_words_for_anybody_are_none(index):
    both = find(index, "in a blue coat", like=str(track(1)))
    assert (both.is_judged, both.notes[0]) == (False, OF_BOTH)
    alone = find(index, "a person", like=str(track(1)))
    assert (alone.kind, alone.is_judged) == (QueryKind.PICTURE, True)
    assert OF_BOTH not in alone.notes
