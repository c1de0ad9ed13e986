import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline.data_folder import DataFolder
from pipeline.errors import ConfigError, FolderInUse, FolderTooNew
from pipeline.owner import Owner

OWN_AND_WAIT = """
import sys
import threading
from pathlib import Path
from pipeline.data_folder import DataFolder
folder = DataFolder.open(Path(sys.argv[1]), runtime_dir=Path(sys.argv[2]))
with folder.lock():
    folder.write_owner(
        command="descry run", redis_socket=Path("/run/redis.sock"),
        api_socket=Path("/run/api.sock"), workers=["embed", "query"],
    )
    print("owned", flush=True)
    sys.stdin.read()
print("left", flush=True)
"""


OWN_WITHOUT_ROOM = """
import resource
import sys
from pathlib import Path
from pipeline.data_folder import DataFolder
from pipeline.errors import StoreFull
folder = DataFolder.open(Path(sys.argv[1]), runtime_dir=Path(sys.argv[2]))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # what a full disk does, for one process
try:
    with folder.lock():
        print("owned")
except StoreFull as error:
    print(error)
"""


@pytest.fixture
def place(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def runtime(tmp_path):
    return tmp_path / "run"


@pytest.fixture
def folder(place, runtime):
    return DataFolder.open(place, runtime_dir=runtime)


@pytest.fixture
def another_owner(place, runtime):
    """A process of its own that owns the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", OWN_AND_WAIT, str(place), str(runtime)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "owned\n"
        yield process
        process.kill()


def test_a_new_folder_is_ours_alone_with_a_place_for_everything(folder, place, runtime):
    for path in (place, runtime, *(place / n for n in ("redis", "media", "models", "boxes"))):
        assert path.is_dir()
        assert path.stat().st_mode & 0o777 == 0o700
    assert folder.path == place
    assert folder.runtime_dir == runtime
    assert DataFolder.open(place, runtime_dir=runtime) == folder


def test_a_folder_of_ours_that_was_opened_to_others_is_closed_again(folder, place, runtime):
    place.chmod(0o755)
    DataFolder.open(place, runtime_dir=runtime)
    assert place.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_holds_other_things_is_left_alone(place, runtime):
    place.mkdir(mode=0o755)
    (place / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(ConfigError, match=r"holiday\.jpg.*DESCRY_DATA_DIR"):
        DataFolder.open(place, runtime_dir=runtime)
    assert place.stat().st_mode & 0o777 == 0o755
    assert [p.name for p in place.iterdir()] == ["holiday.jpg"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_folder_of_another_user_is_refused(place, runtime):
    place.mkdir()
    os.chown(place, 12345, 12345)
    with pytest.raises(ConfigError, match="belongs to user 12345"):
        DataFolder.open(place, runtime_dir=runtime)


@pytest.mark.parametrize("below", ["file", "file/data"])
def test_a_place_where_no_folder_can_be_is_refused(tmp_path, runtime, below):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="DESCRY_DATA_DIR"):
        DataFolder.open(tmp_path / below, runtime_dir=runtime)


def test_a_folder_with_sightings_in_files_is_refused_by_who_knows_of_none(folder, place, runtime):
    assert json.loads((place / "version.json").read_text()) == {"layout": 1}
    folder.refuse_older()
    assert json.loads((place / "version.json").read_text()) == {"layout": 2}
    assert DataFolder.open(place, runtime_dir=runtime).sightings == folder.path / "sightings"


def test_a_newer_layout_is_refused_and_a_damaged_one_is_named(folder, place, runtime):
    (place / "version.json").write_text('{"layout": 3}')
    with pytest.raises(FolderTooNew, match="layout 3"):
        DataFolder.open(place, runtime_dir=runtime)
    (place / "version.json").write_text("{")
    with pytest.raises(ConfigError, match=r"version\.json"):
        DataFolder.open(place, runtime_dir=runtime)


def test_the_token_is_secret_and_stays(folder, place):
    token = folder.token()
    assert len(token) >= 32
    assert folder.token() == token
    assert (place / "token").stat().st_mode & 0o777 == 0o600
    assert not list(place.glob(".*tmp"))


def test_many_processes_that_make_the_token_at_once_agree(folder, place, runtime):
    ask = (
        "import sys; from pathlib import Path; from pipeline.data_folder import DataFolder; "
        "f = DataFolder.open(Path(sys.argv[1]), runtime_dir=Path(sys.argv[2])); "
        "sys.stdin.read(); print(f.token())"
    )
    command = [sys.executable, "-c", ask, str(place), str(runtime)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    asking = [subprocess.Popen(command, **pipes) for _ in range(4)]
    tokens = {process.communicate()[0].strip() for process in asking}
    assert tokens == {folder.token()}


def test_an_owner_is_known_while_it_owns_and_not_after(folder):
    assert folder.read_owner() is None
    with folder.lock():
        assert folder.read_owner().pid == os.getpid()
        folder.write_owner(command="descry run", redis_socket=Path("/r"), workers=["query"])
        owner = folder.read_owner()
        assert (owner.command, owner.redis_socket, owner.workers) == (
            "descry run", Path("/r"), ("query",)
        )  # fmt: skip
    assert folder.read_owner() is None
    assert not (folder.path / "owner.json").exists()


def test_a_second_owner_is_refused_with_the_name_of_the_first(folder, another_owner):
    message = rf"process {another_owner.pid} \(descry run\).*DESCRY_DATA_DIR"
    with pytest.raises(FolderInUse, match=message), folder.lock():
        pytest.fail("there were two owners")
    owner = folder.read_owner()
    assert owner.pid == another_owner.pid
    assert owner.api_socket == Path("/run/api.sock")
    assert owner.workers == ("embed", "query")


def test_a_killed_owner_leaves_the_folder_free_whatever_it_left_behind(folder, another_owner):
    os.kill(another_owner.pid, signal.SIGKILL)
    another_owner.wait()
    assert (folder.path / "owner.json").exists()
    assert folder.read_owner() is None
    with folder.lock():
        assert folder.read_owner().pid == os.getpid()


def test_a_polite_owner_leaves_nothing_behind(folder, another_owner):
    another_owner.stdin.close()
    assert another_owner.stdout.readline() == "left\n"
    assert not (folder.path / "owner.json").exists()
    assert folder.read_owner() is None


def test_asking_for_the_owner_never_keeps_anybody_from_owning(folder):
    with folder.lock():
        pass
    descriptor = os.open(folder.path / "owner.lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # as one who asks does, for a moment
    moment = threading.Timer(0.1, os.close, [descriptor])
    moment.start()
    with folder.lock():
        assert folder.read_owner().pid == os.getpid()
    moment.join()


def test_a_damaged_owner_file_is_no_owner():
    with pytest.raises(ValueError, match="owner"):
        Owner.from_json(json.dumps({"pid": 1}))


def test_without_a_setting_sockets_go_to_the_users_own_runtime_folder(place, tmp_path):
    folder = DataFolder.open(place, runtime_dir=None, xdg_runtime_dir=str(tmp_path))
    assert folder.runtime_dir.parent == tmp_path
    assert folder.runtime_dir.name.startswith("descry-")
    other = DataFolder.open(tmp_path / "other", runtime_dir=None, xdg_runtime_dir=str(tmp_path))
    assert other.runtime_dir != folder.runtime_dir


def test_without_such_a_folder_they_go_below_tmp_by_user(place):
    folder = DataFolder.open(place, runtime_dir=None, xdg_runtime_dir="/none/such")
    try:
        assert str(folder.runtime_dir).startswith(f"/tmp/descry-{os.geteuid()}-")
        assert folder.runtime_dir.stat().st_mode & 0o777 == 0o700
    finally:
        folder.runtime_dir.rmdir()


def test_a_runtime_folder_that_is_a_link_is_refused(place, tmp_path):
    real = tmp_path / "elsewhere"
    real.mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(real)
    with pytest.raises(ConfigError, match="runtime folder"):
        DataFolder.open(place, runtime_dir=tmp_path / "link")


def test_a_runtime_folder_open_to_others_is_refused(place, tmp_path):
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(ConfigError, match="chmod 700"):
        DataFolder.open(place, runtime_dir=tmp_path / "open")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_runtime_folder_that_another_user_put_there_is_refused(place, runtime):
    runtime.mkdir(mode=0o700)
    os.chown(runtime, 12345, 12345)
    with pytest.raises(ConfigError, match="belongs to user 12345"):
        DataFolder.open(place, runtime_dir=runtime)


def test_who_cannot_write_that_it_owns_says_so_and_owns_nothing(place, runtime):
    folder = DataFolder.open(place, runtime_dir=runtime)
    done = subprocess.run(
        [sys.executable, "-c", OWN_WITHOUT_ROOM, str(place), str(runtime)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"nothing can be written to '{place}'" in done.stdout
    assert "make room on its disk" in done.stdout
    assert folder.read_owner() is None
    with folder.lock():
        assert folder.read_owner() is not None


def test_what_is_in_the_way_of_a_part_is_named(folder, place, runtime):
    (place / "audit").rmdir()
    (place / "audit").write_text("in the way")
    with pytest.raises(ConfigError, match=r"/audit cannot be made .*: move what is there"):
        DataFolder.open(place, runtime_dir=runtime)


def test_a_part_may_be_a_link_to_a_larger_disk(folder, place, runtime, tmp_path):
    (tmp_path / "larger").mkdir()
    (place / "media").rmdir()
    (place / "media").symlink_to(tmp_path / "larger")
    assert DataFolder.open(place, runtime_dir=runtime).media.is_dir()
