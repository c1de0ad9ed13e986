import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import preflight

SCRIPT = Path(preflight.__file__)
MANAGERS = sorted(preflight.MANAGERS)
PARTS = ["python", "venv", *preflight.LIBRARIES]


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 14)])
def test_a_python_with_wheels_is_accepted(version):
    assert preflight.check_python(version) == []


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 15)])
def test_a_python_without_wheels_is_refused_by_its_version(version):
    (problem,) = preflight.check_python(version)
    assert problem.startswith(f"Python {version[0]}.{version[1]} was found")
    assert "3.11 to 3.14" in problem


def test_a_refused_python_is_among_the_missing_parts():
    assert "python" in preflight.missing_parts((3, 9))


def test_a_library_nobody_has_is_not_loadable():
    assert not preflight.is_loadable("libdescry-has-no-such-library.so.1")


def test_the_command_for_a_slim_debian_installs_what_is_missing_and_nothing_else():
    command = preflight.mending_command(
        ["venv", "libGL.so.1", "libglib-2.0.so.0"], (3, 11), manager="apt-get", is_root=False
    )
    assert command == (
        "sudo apt-get update && sudo apt-get install -y python3.11-venv libgl1 libglib2.0-0"
    )


def test_root_is_not_told_to_use_sudo():
    command = preflight.mending_command(["libGL.so.1"], (3, 12), manager="dnf", is_root=True)
    assert command == "dnf install -y mesa-libGL"


@given(st.sampled_from(MANAGERS), st.lists(st.sampled_from(PARTS), min_size=1, unique=True))
def test_every_missing_part_has_a_package_in_every_manager(manager, parts):
    command = preflight.mending_command(parts, (3, 12), manager=manager, is_root=True)
    assert "{" not in command
    assert len(command.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "version", "is_fine"),
    [("glibc", "2.28", True), ("glibc", "2.36.9", True), ("glibc", "2.17", False), ("", "", False)],
)
def test_only_a_glibc_that_the_wheels_accept_is_accepted(name, version, is_fine):
    assert (preflight.check_libc(name, version) == []) == is_fine


def test_a_first_install_asks_for_twelve_gigabytes(tmp_path):
    (problem,) = preflight.check_disk(tmp_path, 11.9e9)
    assert "11.9 GB free" in problem
    assert "12.0 GB" in problem
    assert preflight.check_disk(tmp_path, 12e9) == []


def test_what_an_interrupted_install_left_counts(tmp_path):
    (tmp_path / ".venv").mkdir()
    with (tmp_path / ".venv" / "torch.so").open("wb") as half_an_install:
        half_an_install.truncate(4 * 10**9)  # a hole: it takes no room
    assert preflight.check_disk(tmp_path, 8e9) == []
    assert preflight.check_disk(tmp_path, 7.9e9) != []


def test_a_finished_install_needs_little_room_and_no_advice(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / ".installed").touch()
    assert preflight.check_disk(tmp_path, 2e9) == []
    assert preflight.advice(tmp_path, tmp_path / "cache") == []


def test_a_first_install_says_what_will_be_downloaded(tmp_path):
    assert "4.2 GB to download" in preflight.advice(tmp_path, tmp_path / "cache")[0]


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"UV_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/b"}, Path("/b/uv")),
        ({}, Path.home() / ".cache" / "uv"),
    ],
)
def test_the_cache_is_where_uv_keeps_it(environment, folder):
    assert preflight.cache_folder(environment) == folder


def test_files_are_linked_only_within_one_disk(tmp_path):
    assert preflight.link_mode(tmp_path, tmp_path / "not" / "yet") in ("hardlink", "clone")
    if Path("/proc").exists():
        assert preflight.link_mode(tmp_path, Path("/proc")) == "copy"


def test_it_runs_alone_on_the_standard_library():
    done = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT, "--quiet"], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == ""
    assert done.returncode == (1 if done.stderr else 0)
    assert all(line.startswith(("preflight: ", " ")) for line in done.stderr.split("\n") if line)


def test_an_old_python_can_read_it():
    """Grammar of 3.6, and no annotation like `list[str]`, which 3.8 would evaluate and refuse."""
    tree = ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 6))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    hints = [f.returns for f in functions]
    hints += [a.annotation for f in functions for a in (*f.args.args, *f.args.kwonlyargs)]
    assert all(isinstance(hint, ast.Name | ast.Constant) for hint in hints)
