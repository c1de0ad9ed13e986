import hashlib
import random
import socket
from pathlib import Path
from typing import Any

import pytest

from retrieval.errors import WeightsUnreachable, WeightsUnusable
from retrieval.weights.download import check_address, fetch
from tests.fileserver import Behaviour, serving

CONTENT = random.Random(1).randbytes(3_000_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def get(address: str, to: Path, **options: Any) -> str:
    given: dict[str, Any] = {
        "sha256": DIGEST,
        "progress": lambda done, total: None,
        "confirm_digest": lambda digest: pytest.fail(f"asked about {digest}"),
        "wait": lambda seconds: None,
    }
    return fetch(address, to, **(given | options))


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "weights.bin"


def assert_only(to: Path, content: bytes = CONTENT) -> None:
    assert to.read_bytes() == content
    assert list(to.parent.iterdir()) == [to]


def test_a_file_arrives_whole_with_its_progress_told(to: Path):
    told: list[tuple[int, int | None]] = []
    with serving(Behaviour(CONTENT)) as address:
        assert get(address, to, progress=lambda *now: told.append(now)) == DIGEST
    assert_only(to)
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert sorted(told) == told


def test_a_cut_connection_goes_on_where_it_broke(to: Path):
    server = Behaviour(CONTENT, cut_after=[1_000_000, 500_000])
    with serving(server) as address:
        assert get(address, to) == DIGEST
    assert_only(to)
    first, second, third = server.ranges
    assert first is None
    assert second is not None
    assert third is not None
    assert int(third[6:-1]) > int(second[6:-1]) > 0


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(to: Path):
    server = Behaviour(CONTENT, cut_after=[900_000] + [0] * 3)
    with serving(server) as address:
        with pytest.raises(WeightsUnreachable, match="goes on where it stopped"):
            get(address, to)
        assert not to.exists()
        server.ranges.clear()
        assert get(address, to) == DIGEST
    assert_only(to)
    assert server.ranges != [None]


def test_a_server_that_ignores_ranges_starts_over(to: Path):
    server = Behaviour(CONTENT, takes_ranges=False, cut_after=[1_000_000])
    with serving(server) as address:
        assert get(address, to) == DIGEST
    assert_only(to)


def test_a_file_that_changed_in_between_is_fetched_anew(to: Path):
    server = Behaviour(b"old" * 500_000, cut_after=[700_000] + [0] * 3)
    with serving(server) as address:
        with pytest.raises(WeightsUnreachable):
            get(address, to)
        server.content, server.etag = CONTENT, '"two"'
        assert get(address, to) == DIGEST
    assert_only(to)


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_sure_version_it_starts_over(to: Path, etag: str | None):
    server = Behaviour(CONTENT, etag=etag, cut_after=[1_000_000])
    with serving(server) as address:
        assert get(address, to) == DIGEST
    assert server.ranges == [None, None]
    assert_only(to)


def test_a_part_that_is_whole_already_is_not_fetched_again(to: Path):
    class Interrupted(Exception):
        pass

    def interrupt(_: str) -> bool:
        raise Interrupted

    server = Behaviour(CONTENT)
    with serving(server) as address:
        with pytest.raises(Interrupted):
            get(address, to, sha256=None, confirm_digest=interrupt)
        assert not to.exists()
        assert get(address, to) == DIGEST
    assert server.ranges == [None, f"bytes={len(CONTENT)}-"]
    assert_only(to)


def test_a_cut_without_a_length_is_caught_by_the_digest(to: Path):
    server = Behaviour(CONTENT, says_length=False, cut_after=[1_000_000])
    with serving(server) as address, pytest.raises(WeightsUnusable, match="sha256 is"):
        get(address, to)
    assert not list(to.parent.iterdir())


def test_a_wrong_digest_is_refused_and_the_file_removed(to: Path):
    with (
        serving(Behaviour(b"something else")) as address,
        pytest.raises(WeightsUnusable, match=f"expected {DIGEST}"),
    ):
        get(address, to)
    assert not list(to.parent.iterdir())


def test_an_unknown_digest_is_asked_about_and_accepted(to: Path):
    asked: list[str] = []
    with serving(Behaviour(CONTENT)) as address:
        digest = get(
            address, to, sha256=None, confirm_digest=lambda shown: asked.append(shown) or True
        )
    assert asked == [digest] == [DIGEST]
    assert_only(to)


def test_an_unknown_digest_that_is_not_accepted_leaves_nothing(to: Path):
    with (
        serving(Behaviour(CONTENT)) as address,
        pytest.raises(WeightsUnusable, match="not accepted"),
    ):
        get(address, to, sha256=None, confirm_digest=lambda _: False)
    assert not list(to.parent.iterdir())


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_final(to: Path, status: int):
    server = Behaviour(CONTENT, statuses=[status])
    with (
        serving(server) as address,
        pytest.raises(WeightsUnusable, match=f"answered {status}.*import"),
    ):
        get(address, to)
    assert len(server.ranges) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_trouble_is_tried_again(to: Path, status: int):
    waits: list[float] = []
    with serving(Behaviour(CONTENT, statuses=[status, status])) as address:
        get(address, to, wait=waits.append)
    assert waits == [1.0, 2.0]
    assert_only(to)


def test_a_trouble_that_does_not_pass_is_named(to: Path):
    with (
        serving(Behaviour(CONTENT, statuses=[503] * 9)) as address,
        pytest.raises(WeightsUnreachable, match=f"{address}: the server answered 503"),
    ):
        get(address, to)


def test_nobody_listening_is_named_in_one_line(to: Path):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/weights.bin"
        with pytest.raises(WeightsUnreachable, match=address) as caught:
            get(address, to)
    assert "\n" not in str(caught.value)


def test_a_server_that_stays_silent_is_given_up(to: Path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/weights.bin"
        with pytest.raises(WeightsUnreachable, match="timed out"):
            get(address, to, read_timeout_s=0.05)


@pytest.mark.parametrize("says_length", [True, False])
def test_a_file_past_the_limit_is_not_kept(to: Path, says_length: bool):
    with (
        serving(Behaviour(CONTENT, says_length=says_length)) as address,
        pytest.raises(WeightsUnusable, match="larger than 1000 bytes"),
    ):
        get(address, to, max_bytes=1000)
    assert not list(to.parent.iterdir())


def test_a_redirect_is_followed(to: Path):
    with (
        serving(Behaviour(CONTENT)) as address,
        serving(Behaviour(b"", redirect_to=address)) as first,
    ):
        get(first, to)
    assert_only(to)


def test_a_redirect_into_the_clear_is_refused(to: Path):
    server = Behaviour(b"", redirect_to="http://example.com/weights.bin")
    with serving(server) as address, pytest.raises(WeightsUnusable, match="only https"):
        get(address, to)


@pytest.mark.parametrize(
    "address",
    ["http://example.com/x", "ftp://example.com/x", "file:///etc/passwd", "http://10.0.0.1/x"],
)
def test_an_address_in_the_clear_is_refused(address: str):
    with pytest.raises(WeightsUnusable, match="only https"):
        check_address(address)


@pytest.mark.parametrize(
    "address", ["https://example.com/x", "http://localhost/x", "http://[::1]:8/x"]
)
def test_https_and_this_machine_are_fine(address: str):
    check_address(address)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full to write to")
def test_a_full_disk_is_named(to: Path):
    to.with_name("weights.bin.part").symlink_to("/dev/full")
    with (
        serving(Behaviour(CONTENT)) as address,
        pytest.raises(WeightsUnusable, match=r"no room for weights\.bin .*free some space"),
    ):
        get(address, to)
    assert not to.exists()
