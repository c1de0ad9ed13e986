"""The doctor: what is looked at, what fails, what deserves a look, and the next step."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.gpus import Gpus
from pipeline.doctor import Questions, Subject, examine, is_well, to_json
from pipeline.doctor_machine import Check
from pipeline.errors import ConfigError, StoreUnavailable
from retrieval.errors import WeightsUnusable

WELL = Questions(
    gpus=lambda: Gpus(cuda="13.2"),
    redis=lambda: "Redis 7.0.15 at redis://h",
    broker=lambda: "lets us in at mqtt://h",
    detector=lambda: "yolo11n",
    encoder=lambda: "people-s",
)


def subject(tmp_path: Path, **changes: object) -> Subject:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = Subject(data_dir=folder, has_own_redis=True, cameras=["lobby"])
    return replace(found, **changes)  # type: ignore[arg-type]


def look(
    settings: Subject | ConfigError, questions: Questions = WELL, driver: str | None = None
) -> dict[str, Check]:
    return {c.name: c for c in examine(settings, questions, driver=lambda: driver)}


def test_a_machine_in_order_has_no_failure(tmp_path: Path) -> None:
    checks = look(subject(tmp_path, has_own_redis=False))
    assert [name for name, check in checks.items() if check.ok is False] == []
    assert checks["redis connection"].detail == "Redis 7.0.15 at redis://h"
    assert checks["cameras"].detail == "1: lobby"


def test_settings_that_make_no_sense_fail_and_the_rest_is_still_looked_at() -> None:
    checks = look(ConfigError("search.limit must be at most 500"))
    assert checks["settings"].ok is False
    assert "search.limit" in checks["settings"].detail
    assert checks["torch"].ok
    assert "data folder" not in checks


def test_a_machine_without_a_gpu_is_fine_but_told(tmp_path: Path) -> None:
    check = look(subject(tmp_path))["gpu"]
    assert check.ok is None
    assert "CPU" in check.detail


def test_gpus_are_named_with_their_driver(tmp_path: Path) -> None:
    questions = replace(WELL, gpus=lambda: Gpus(cuda="13.2", names=("H200", "H200")))
    check = look(subject(tmp_path), questions, "580.65.06")["gpu"]
    assert check.ok
    assert check.detail == "H200, H200 (CUDA 13.2, driver 580.65.06)"


@pytest.mark.parametrize(
    ("cuda", "driver", "remedy"),
    [
        ("13.2", "570.124.06", "install NVIDIA driver R580 or newer"),
        ("13.2", "580.65.06", "see nvidia-smi; a container needs --gpus all"),
        ("12.8", "470.57", "install NVIDIA driver R525 or newer"),
        ("99.0", "470.57", "see nvidia-smi; a container needs --gpus all"),
        (None, "580.65.06", "install torch from PyPI, which comes with CUDA"),
    ],
)
def test_a_gpu_that_lies_idle_has_a_reason(
    tmp_path: Path, cuda: str | None, driver: str, remedy: str
) -> None:
    questions = replace(WELL, gpus=lambda: Gpus(cuda=cuda))
    check = look(subject(tmp_path), questions, driver)["gpu"]
    assert (check.ok, check.remedy) == (None, remedy)
    assert driver in check.detail


def test_a_torch_that_cannot_be_loaded_fails(tmp_path: Path) -> None:
    def broken() -> Gpus:
        raise ImportError("libcudart.so.13: cannot open shared object file")

    check = look(subject(tmp_path), replace(WELL, gpus=broken))["gpu"]
    assert check.ok is False
    assert "libcudart" in check.detail


def test_a_configured_redis_that_does_not_answer_fails(tmp_path: Path) -> None:
    def silent() -> str:
        raise StoreUnavailable("Redis did not answer: timed out")

    checks = look(subject(tmp_path, has_own_redis=False), replace(WELL, redis=silent))
    assert checks["redis connection"].ok is False
    assert "timed out" in checks["redis connection"].detail
    assert "redis connection" not in look(subject(tmp_path))


def test_weights_that_are_not_here_yet_are_a_step_to_take(tmp_path: Path) -> None:
    def absent() -> str:
        raise WeightsUnusable("model 'yolo11n' is not installed; run: descry models pull yolo11n")

    checks = look(subject(tmp_path), replace(WELL, detector=absent, encoder=absent))
    assert checks["detector"].ok is None
    assert checks["encoder"].ok is None
    assert "models pull" in checks["detector"].detail


def test_weights_that_cannot_be_read_fail_and_the_rest_is_still_looked_at(tmp_path: Path) -> None:
    def locked() -> str:
        raise PermissionError(13, "Permission denied", "models.yaml")

    checks = look(subject(tmp_path), replace(WELL, detector=locked))
    assert checks["detector"].ok is False
    assert checks["cameras"].ok


def test_a_machine_without_cameras_is_told_how_to_add_one(tmp_path: Path) -> None:
    check = look(subject(tmp_path, cameras=[]))["cameras"]
    assert check.ok is None
    assert "descry replay" in check.remedy


def test_the_json_is_one_object_with_every_check(tmp_path: Path) -> None:
    checks = examine(subject(tmp_path), WELL, driver=lambda: None)
    written = json.loads(json.dumps(to_json(checks)))
    assert written["ok"] is True
    assert written["checks"][0].keys() == {"name", "ok", "detail", "remedy"}
    assert len(written["checks"]) == len(checks)


@given(st.lists(st.sampled_from([True, False, None])))
def test_all_is_well_unless_one_failed(answers: list[bool | None]) -> None:
    assert is_well([Check("x", ok, "") for ok in answers]) is (False not in answers)
