"""tests.benchmarks.gpu_path: the path passes only where every stage ran on the asked device."""

import pytest

from tests.benchmarks.gpu_path import faults_of

GOOD = {
    "hits": 2,
    "detector_on": "cuda:0",
    "embed_worker_on": "cuda:0",
    "sentence_encoded_on": "cuda:0",
}


@pytest.mark.parametrize(
    ("device", "on"), [("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cuda", "cuda"), ("cpu", "cpu")]
)
def test_a_path_whose_stages_ran_where_they_were_asked_to_has_no_fault(device, on):
    stages = dict.fromkeys(("detector_on", "embed_worker_on", "sentence_encoded_on"), on)
    assert faults_of({"hits": 1, **stages}, device) == []


@pytest.mark.parametrize("stage", ["detector_on", "embed_worker_on", "sentence_encoded_on"])
@pytest.mark.parametrize("on", [None, "cpu", "cuda:1", "cuda:01"])
def test_a_stage_elsewhere_is_named(stage, on):
    (fault,) = faults_of(GOOD | {stage: on}, "cuda:0")
    assert stage in fault
    assert str(on or "nowhere") in fault


def test_a_path_that_found_nobody_is_none():
    assert faults_of(GOOD | {"hits": 0}, "cuda") == ["it found nobody"]
