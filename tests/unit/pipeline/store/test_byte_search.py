"""pipeline.store.byte_search: what is there is found wherever it lies, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.types import TrackKey
from pipeline.store import byte_search
from pipeline.store.byte_search import PROBE_BYTES, Wanted, probe_of, search
from pipeline.store.forgetting import black_out

ALICE = TrackKey("lobby", "r1", 4)


def found(folder, *tracks, **pieces):
    wanted = Wanted(tracks, {piece.encode(): what for piece, what in pieces.items()})
    return [(each.path.name, each.what) for each in search(folder, wanted)]


@pytest.mark.parametrize(
    ("text", "is_hers"),
    [
        (b"lobby/r1/4", True),
        (b"x:track:lobby/r1/4\r\n", True),
        (b"1.jpglobby/2026-11-23/09/r1-4-3.jpg", True),
        (b"lobby/2026-11-23/09/.r1-4-3.jpg.0f.tmp", True),
        (b"lobby/r1/42", False),
        (b"lobby/r1/14", False),
        (b"lobby/r11/4", False),
        (b"lobby/2026-11-23/09/r1-42-4.jpg", False),
        (b"yard/r1/4", False),
    ],
)
def test_a_name_is_found_and_no_other_is_taken_for_it(tmp_path, text, is_hers):
    (tmp_path / "file").write_bytes(b"\0" * 9 + text)
    assert found(tmp_path, ALICE) == ([("file", "name")] if is_hers else [])


def test_the_name_of_a_file_is_searched_too(tmp_path):
    path = tmp_path / "lobby" / "2026-11-23" / "09" / "r1-4-1.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nothing")
    assert found(tmp_path, ALICE) == [("r1-4-1.jpg", "name")]


@given(offset=st.integers(0, 200), at_once=st.integers(40, 90))
def test_what_lies_across_two_blocks_is_found_and_a_longer_number_is_not(
    tmp_path_factory, offset, at_once
):
    folder = tmp_path_factory.mktemp("searched")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(byte_search, "_READ_AT_ONCE", at_once)
        (folder / "a").write_bytes(b"." * offset + b"lobby/r1/4.." + b"PIECEOFIT" + b"." * 60)
        (folder / "b").write_bytes(b"." * offset + b"lobby/r1/42." + b"PIECEOFIX" + b"." * 60)
        told = found(folder, ALICE, PIECEOFIT="picture")
    assert sorted(told) == [("a", "name"), ("a", "picture")]


def test_a_number_that_a_block_cuts_is_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(byte_search, "_READ_AT_ONCE", len(b"..lobby/r1/4"))
    (tmp_path / "hers").write_bytes(b"..lobby/r1/4.")
    (tmp_path / "other").write_bytes(b"..lobby/r1/42")
    assert found(tmp_path, ALICE) == [("hers", "name")]


@given(st.lists(st.binary(min_size=8, max_size=40), min_size=1, max_size=8), st.data())
def test_pieces_are_found_as_plain_reading_finds_them(tmp_path_factory, pieces, data):
    folder = tmp_path_factory.mktemp("searched")
    there = data.draw(st.lists(st.sampled_from(pieces), unique=True))
    content = b"\xff\0".join([b"", *there, b""])
    (folder / "file").write_bytes(content)
    wanted = Wanted((), {piece: piece.hex() for piece in pieces})
    told = {each.what for each in search(folder, wanted)}
    assert told == {piece.hex() for piece in pieces if piece in content}


@given(st.binary(max_size=2000))
def test_a_probe_is_a_piece_of_what_it_is_of(data):
    probe = probe_of(data)
    assert probe in data
    assert len(probe) == min(len(data), PROBE_BYTES)


def test_links_are_passed_over_and_what_is_to_be_skipped_is(tmp_path):
    (tmp_path / "file").write_bytes(b"lobby/r1/4")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert found(tmp_path, ALICE) == [("file", "name")]
    assert search(tmp_path, Wanted([ALICE]), skip=[tmp_path / "file"]) == []


def test_names_in_logs_are_written_over_and_the_rest_stays(tmp_path):
    log = tmp_path / "query.log"
    log.write_text("a\nshot lobby/r1/4/2 and lobby/r1/42/1 and lobby/r1/4\nb\n")
    assert black_out(tmp_path, [ALICE]) == 2
    assert log.read_text() == "a\nshot xxxxxxxxxx/2 and lobby/r1/42/1 and xxxxxxxxxx\nb\n"
