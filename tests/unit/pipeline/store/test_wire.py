from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import WireError
from pipeline.store.wire import (
    LoggedSighting,
    decode_shot,
    decode_sighting,
    encode_shot,
    encode_sighting,
)
from tests.store_messages import logged, published
from tests.strategies import logged_sightings, published_shots


@settings(deadline=None)
@given(published_shots())
def test_a_published_shot_comes_back_as_it_went(shot):
    assert decode_shot(encode_shot(shot)) == shot


@settings(deadline=None)
@given(logged_sightings())
def test_a_sighting_comes_back_as_it_went_but_for_the_last_digits_of_its_vector(sighting):
    back = decode_sighting(encode_sighting(sighting))
    told, known = asdict(back), asdict(sighting)
    np.testing.assert_allclose(told.pop("vector"), known.pop("vector"), atol=1e-3)
    assert told == known
    assert back.vector.dtype == np.float32


@settings(deadline=None)
@given(published_shots(), st.data())
def test_a_missing_field_is_refused_by_its_name(shot, data):
    fields = encode_shot(shot)
    optional = {b"v", b"replaces", b"imported_at", b"zones"}
    lost = data.draw(st.sampled_from(sorted(fields.keys() - optional)))
    del fields[lost]
    with pytest.raises(WireError, match=lost.decode()):
        decode_shot(fields)


@settings(deadline=None)
@given(logged_sightings(), st.data(), st.binary(max_size=40))
def test_a_damaged_field_is_refused_or_read_never_a_crash(sighting, data, rubbish):
    fields = encode_sighting(sighting)
    fields[data.draw(st.sampled_from(sorted(fields)))] = rubbish
    try:
        back = decode_sighting(fields)
    except WireError:
        return
    assert isinstance(back, LoggedSighting)


@pytest.mark.parametrize("version", [b"0", b"2", b"", None])
def test_another_version_is_refused_never_guessed(version):
    fields = encode_shot(published())
    if version is None:
        del fields[b"v"]
    else:
        fields[b"v"] = version
    with pytest.raises(WireError, match="version"):
        decode_shot(fields)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"captured_at", b"nan"),
        (b"captured_at", b"inf"),
        (b"box", b"1 2 3"),
        (b"frame", b"0 480"),
        (b"is_live", b"yes"),
        (b"quality", b"1.5"),
        (b"vector", b"\x00\x00"),
        (b"vector", b"odd"),
        (b"vector", b"\x00\x7e"),
        (b"vector", b"\x00\x00\x01\x7c"),  # a NaN of which NumPy warns when it adds it up
        (b"shot", b"lobby/r1/2"),
        (b"collection", b"\xff"),
        (b"replaces", b"-1"),
        (b"picture", b""),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(field, value):
    fields = encode_sighting(logged(published()))
    with pytest.raises(WireError, match=field.decode()):
        decode_sighting(fields | {field: value})


@pytest.mark.parametrize("replaced", [b"3", b"4"])
def test_a_shot_that_replaces_itself_or_a_later_one_is_refused(replaced):
    with pytest.raises(WireError, match="replace"):
        decode_shot(encode_shot(published(3)) | {b"replaces": replaced})


def test_a_decoded_vector_cannot_be_written_to():
    vector = decode_sighting(encode_sighting(logged(published()))).vector
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 1.0


def test_a_message_from_before_there_were_zones_is_read_as_one_without():
    fields = encode_shot(published(zones=("door", "till")))
    assert fields.pop(b"zones") == b"door till"
    assert decode_shot(fields).zones == ()
    assert b"zones" not in encode_shot(published())
