"""A calibration in a file: read as written, and refused where it was not."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from safetensors.numpy import save_file

from retrieval.errors import WeightsUnusable
from retrieval.search import calibration_file
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law, QueryKind, QueryLaws, rough_calibration
from retrieval.search.calibration_file import (
    carry_calibration,
    read_calibration,
    save_calibration,
)
from retrieval.search.evidence_law import ROUGH_LAWS, EvidenceLaws, KindLaw, RankLaw
from retrieval.search.person_links import ROUGH_LINKS, LinkLaw

LAW, PRESENCE = Law(-3.5, 0.75, 12.0, -0.5), Law(-1.5, 0.5, 2.0, -0.25)
GOOD = {
    "format": 3,
    "model_id": "m@1",
    "law": asdict(LAW),
    "presence": asdict(PRESENCE),
    "threshold": 0.4,
    "false_alarms": 0.1,
    "fitted_on": 200,
}
PEOPLE, OWNER = np.full((3, 4), 0.5, np.float16), np.array([0, 1, 0], np.int32)
STRANGERS = Strangers(PEOPLE.astype(np.float32), OWNER.astype(np.int64))
CALIBRATION = Calibration("m@1", STRANGERS, LAW, PRESENCE, 0.4, 0.1, 200)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.calibration.safetensors"


OTHERS = {QueryKind.PICTURE: QueryLaws(Law(-1.0, 0.5, 2.0, -0.5), PRESENCE, 0.3, 0.2, 40)}
RANK = RankLaw(-1.0, 1.0, 0.5, 0.0)


def written(path, said=GOOD, **tensors):
    said = said if isinstance(said, str) else json.dumps(said)
    save_file({"background": PEOPLE, "owner": OWNER} | tensors, path, {"descry": said})
    return path


def read(path, model_id="m@1", dimension=4):
    return read_calibration(path, model_id=model_id, dimension=dimension)


def test_it_is_read_as_it_was_written(path):
    save_calibration(CALIBRATION, path)
    found = read(path)
    for name in ("shots", "owner"):
        wanted = getattr(CALIBRATION.background, name)
        np.testing.assert_array_equal(getattr(found.background, name), wanted)
        assert getattr(found.background, name).dtype == wanted.dtype
    for name in ("model_id", "law", "presence", "threshold", "false_alarms", "fitted_on"):
        assert getattr(found, name) == getattr(CALIBRATION, name)
    assert found.is_fitted
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_laws_of_evidence_are_kept_with_it(path):
    save_calibration(CALIBRATION, path)
    assert read(path).evidence is ROUGH_LAWS
    laws = EvidenceLaws({"hair": KindLaw((1.0, 0.5, 0.0, 0.0), 0.1, 1.5, -0.1, None)}, RANK)
    save_calibration(replace(CALIBRATION, evidence=laws), path)
    assert read(path).evidence == laws


def test_the_same_calibration_makes_the_same_bytes(path):
    save_calibration(CALIBRATION, path)
    first = path.read_bytes()
    save_calibration(CALIBRATION, path)
    assert path.read_bytes() == first


def test_one_without_a_background_is_not_kept(path):
    with pytest.raises(ValueError, match="without a background"):
        save_calibration(rough_calibration("m@1"), path)


def test_a_folder_that_is_not_there_is_an_error_of_the_disk(tmp_path):
    with pytest.raises(OSError, match="gone"):
        save_calibration(CALIBRATION, tmp_path / "gone" / "m.safetensors")


@pytest.mark.parametrize(
    "change",
    [
        {"format": 1},
        {"presence": None},
        {"law": None},
        {"law": {**asdict(LAW), "rarity": -1.0}},
        {"law": {**asdict(LAW), "excess": "much"}},
        {"law": {**asdict(LAW), "gap": 1.0}},
        {"threshold": 1.5},
        {"threshold": None},
        {"false_alarms": -0.1},
        {"fitted_on": 0},
        {"model_id": 7},
        {"evidence": None},
        {"evidence": {"kinds": {}}},
        {"evidence": {"kinds": [], "rank": None}},
        {"evidence": {"kinds": {}, "rank": {**asdict(RANK), "absent": -1.0}}},
    ],
)
def test_what_it_says_must_make_sense(path, change):
    with pytest.raises(WeightsUnusable, match="damaged"):
        read(written(path, {**GOOD, **change}))


@pytest.mark.parametrize("said", ["", "{", "[]", "null", '{"format": 1}', "NaN", "[" * 100_000])
def test_a_description_that_is_none_is_refused(path, said):
    with pytest.raises(WeightsUnusable, match="damaged"):
        read(written(path, said))


@pytest.mark.parametrize(
    "people",
    [
        PEOPLE.astype(np.float32),
        PEOPLE[0],
        PEOPLE[:0],
        np.full((2, 4), np.nan, np.float16),
        np.full((2, 4), np.inf, np.float16),
        np.full((2, 4), 0.6, np.float16),
        np.zeros((calibration_file.MOST_SHOTS + 1, 4), np.float16),
    ],
)
def test_a_background_that_is_none_is_refused(path, people):
    with pytest.raises(WeightsUnusable, match="damaged"):
        read(written(path, background=people))


@pytest.mark.parametrize("tensors", [{}, {"people": PEOPLE}, {"background": PEOPLE}])
def test_a_file_that_lacks_a_tensor_is_refused(path, tensors):
    save_file(tensors, path, {"descry": json.dumps(GOOD)})
    with pytest.raises(WeightsUnusable, match="damaged"):
        read(path)


@pytest.mark.parametrize(
    "owner", [OWNER.astype(np.int64), OWNER[:2], OWNER[:, None], OWNER + 1, OWNER * 2, OWNER - 1]
)
def test_shots_of_nobody_are_refused(path, owner):
    with pytest.raises(WeightsUnusable, match="damaged"):
        read(written(path, owner=np.ascontiguousarray(owner)))


def test_a_file_of_the_format_before_holds_a_mean_for_each_person(path):
    save_file({"background": PEOPLE}, path, {"descry": json.dumps({**GOOD, "format": 2})})
    found = read(path).background
    np.testing.assert_array_equal(found.shots, PEOPLE)
    assert found.owner.tolist() == [0, 1, 2]
    again = path.with_name("again.safetensors")
    carry_calibration(path, again, "mine@1")
    np.testing.assert_array_equal(read(again, "mine@1").background.shots, PEOPLE)


def test_a_calibration_is_carried_with_whose_each_shot_is(path):
    save_calibration(CALIBRATION, path)
    again = path.with_name("again.safetensors")
    carry_calibration(path, again, "mine@1")
    assert read(again, "mine@1").background.owner.tolist() == OWNER.tolist()


def test_damage_anywhere_in_the_head_is_refused(path):
    whole = written(path).read_bytes()
    for length in (0, 1, 7, 8, 40, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(WeightsUnusable, match="damaged"):
            read(path)
    path.write_bytes(b"\xff" * len(whole))
    with pytest.raises(WeightsUnusable, match="damaged"):
        read(path)


def test_a_file_too_large_is_not_even_opened(path):
    with path.open("wb") as file:
        file.truncate(calibration_file.MOST_BYTES + 1)
    with pytest.raises(WeightsUnusable, match="more than"):
        read(path)


def test_a_missing_file_is_named(path):
    with pytest.raises(WeightsUnusable, match=f"{path.name}: no such file"):
        read(path)


@pytest.mark.parametrize(("model_id", "dimension"), [("m@2", 4), ("m@1", 5)])
def test_the_calibration_of_another_model_is_refused(path, model_id, dimension):
    with pytest.raises(WeightsUnusable, match=f"calibration of m@1 .* not of {model_id}"):
        read(written(path), model_id, dimension)


LINKS = LinkLaw(-9.0, 0.0, 15.0, 7.0, -0.5, 0.0, 145.0, -1.0, 1.5, 0.75)


def test_the_law_of_who_is_the_same_person_is_kept_and_an_older_file_has_the_rough_one(path):
    save_calibration(replace(CALIBRATION, links=LINKS), path)
    assert read(path).links == LINKS
    save_calibration(CALIBRATION, path)
    assert read(path).links is ROUGH_LINKS


@pytest.mark.parametrize(
    "links",
    [
        {},
        {**LINKS.to_mapping(), "gap": 1.0},
        {**LINKS.to_mapping(), "excess": "much"},
        {**LINKS.to_mapping(), "more": 1.0},
        [],
        None,
    ],
)
def test_a_law_of_persons_that_makes_no_sense_is_damage(path, links):
    with pytest.raises(WeightsUnusable, match="damaged"):
        read(written(path, {**GOOD, "links": links}))


def test_laws_for_pictures_are_read_as_they_were_written(path):
    save_calibration(replace(CALIBRATION, others=OTHERS), path)
    found = read(path)
    assert found.others == OTHERS
    judge = found.of(QueryKind.PICTURE)
    assert (judge.law, judge.threshold, judge.is_fitted) == (Law(-1.0, 0.5, 2.0, -0.5), 0.3, True)
    assert judge.background is found.background
    assert found.of(QueryKind.MOVED) is None


def test_a_kind_of_query_that_this_version_does_not_know_is_passed_over(path):
    others = {"smell": {}, "picture": OTHERS[QueryKind.PICTURE].to_mapping()}
    assert read(written(path, json.dumps(GOOD | {"others": others}))).others == OTHERS


@pytest.mark.parametrize(
    "changes", [{"threshold": 1.5}, {"fitted_on": 0}, {"law": {}}, {"false_alarms": "many"}]
)
def test_a_law_for_pictures_that_is_none_is_damage(path, changes):
    laws = OTHERS[QueryKind.PICTURE].to_mapping() | changes
    with pytest.raises(WeightsUnusable, match="damaged"):
        read(written(path, json.dumps(GOOD | {"others": {"picture": laws}})))
