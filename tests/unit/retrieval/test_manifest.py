from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import WeightsUnusable
from retrieval.gadms.configuration import PRESETS
from retrieval.weights.manifest import (
    UNTRAINED,
    Entry,
    digest_of,
    known_models,
    read_manifest,
    write_manifest,
)

names = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,63}", fullmatch=True)
digests = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
lines = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=30)
entries = st.builds(
    Entry,
    name=names,
    kind=st.sampled_from(["encoder", "detector"]),
    licence=lines,
    source=lines,
    configuration=st.none() | st.sampled_from(sorted(PRESETS)),
    file=st.none() | names,
    size=st.none() | st.integers(0, 2**40),
    sha256=st.none() | digests,
    address=st.none() | lines,
    note=st.none() | lines,
    bundled=st.booleans(),
    synthetic=st.booleans(),
    calibration=st.none() | names,
)


@given(models=st.lists(entries, max_size=4), known=st.dictionaries(lines, digests, max_size=3))
def test_a_manifest_reads_back_what_it_wrote(models: list[Entry], known: dict[str, str]):
    by_name = {entry.name: entry for entry in models}
    assert read_manifest(write_manifest(by_name, known), "here") == (by_name, known)


def test_the_bundled_models_have_what_a_person_needs():
    bundled = known_models()
    assert {"yolo11n", "openai-clip-b16", "ga-dms-pretrained", "irra", "rde"} <= bundled.keys()
    for entry in bundled.values():
        assert entry.licence
        assert entry.source
        if entry.address is not None:
            assert urlsplit(entry.address).scheme == "https"


def test_every_untrained_model_is_a_configuration():
    untrained = [name for name in known_models() if name.startswith(UNTRAINED)]
    assert untrained
    for name in untrained:
        entry = known_models()[name]
        assert entry.configuration == name.removeprefix(UNTRAINED)
        assert "ranking means nothing" in (entry.note or "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("models: [", "here"),
        ("- a list", "here"),
        ("models: [{name: x, kind: encoder}]", "licence"),
        ("models: [{name: X, kind: encoder, licence: l, source: s}]", "cannot name"),
        ("models: [{name: x, kind: tracker, licence: l, source: s}]", "kind"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, colour: red}]", "colour"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, file: ../y}]", "plain file"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, file: .y}]", "plain file"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, file: 3}]", "plain file"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, calibration: a/b}]", "plain"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, bundled: 2}]", "true or false"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, sha256: abc}]", "sha256"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, size: -1}]", "size"),
        ("models: [{name: x, kind: encoder, licence: l, source: s, configuration: z}]", "'z'"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_named_in_one_line(text: str, reason: str):
    with pytest.raises(WeightsUnusable, match=f"here: .*{reason}|{reason}") as caught:
        read_manifest(text, "here")
    assert "\n" not in str(caught.value)


def test_an_empty_manifest_lists_nothing():
    assert read_manifest("", "here") == ({}, {})


def test_a_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "empty").touch()
    assert digest_of(tmp_path / "empty").startswith("e3b0c44298fc1c14")
