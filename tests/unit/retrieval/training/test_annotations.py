"""Annotation files are read entry by entry, and what is no JSON is placed by its line."""

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import DatasetUnusable
from retrieval.training.annotations import _ListReader, read_entries

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def entries_of(file: Path) -> list[object]:
    return [entry for _, entry in read_entries(file)]


@given(st.lists(values, max_size=5), st.integers(1, 9), st.sampled_from([None, 1]), st.booleans())
def test_a_list_reads_the_same_in_pieces_of_any_size(listed, piece, indent, ascii_only):
    text = json.dumps(listed, indent=indent, ensure_ascii=ascii_only)
    reader = _ListReader(Path("a.json"), io.StringIO(text), piece=piece)
    assert list(reader.entries()) == listed


@pytest.mark.parametrize("piece", range(1, 9))
@pytest.mark.parametrize("number", ["15", "1.5", "1e+30", "1.5e-30"])
def test_a_number_is_not_taken_for_its_beginning(number: str, piece: int):
    reader = _ListReader(Path("a.json"), io.StringIO(f"[{number}]"), piece=piece)
    assert list(reader.entries()) == [float(number)]


@given(st.lists(values, max_size=4), st.integers(1, 9), st.data())
def test_a_list_cut_anywhere_is_refused(listed, piece, data):
    text = json.dumps(listed)
    cut = data.draw(st.integers(0, len(text) - 1))
    reader = _ListReader(Path("a.json"), io.StringIO(text[:cut]), piece=piece)
    with pytest.raises(DatasetUnusable, match=r"a\.json"):
        list(reader.entries())


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_the_line_of_the_fault_is_told(piece: int):
    reader = _ListReader(Path("a.json"), io.StringIO('[{"a": 1},\n{"b":\noops}]'), piece=piece)
    with pytest.raises(DatasetUnusable, match=r"a\.json: line 3: not JSON \(Expecting value\)"):
        list(reader.entries())


def test_entries_of_a_list_are_counted_from_one(tmp_path: Path):
    (tmp_path / "a.json").write_text("[5, 6]")
    assert list(read_entries(tmp_path / "a.json")) == [("entry 1", 5), ("entry 2", 6)]


def test_lines_are_counted_with_the_empty_ones(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text("5\n\n6\n")
    assert list(read_entries(tmp_path / "a.jsonl")) == [("line 1", 5), ("line 3", 6)]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_a_byte_order_mark_is_passed_over(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf[5]")
    assert entries_of(tmp_path / name) == ([5] if name == "a.json" else [[5]])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON list"),
        ('{"a": 1}', "no JSON list"),
        ("[1, 2", "the end of the list"),
        ("[1 2]", "expected a comma"),
        ("[1,]", "Expecting value"),
        ("[1] 2", "more after the end"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: str, said: str):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(DatasetUnusable, match=said):
        entries_of(tmp_path / "a.json")


@pytest.mark.parametrize("line", ["{", "a coat", "[" * 100_000, "9" * 5000])
def test_a_line_that_is_no_json_is_told(tmp_path: Path, line: str):
    (tmp_path / "a.jsonl").write_text(f"{{}}\n{line}\n")
    with pytest.raises(DatasetUnusable, match=r"a\.jsonl: line 2: not JSON"):
        entries_of(tmp_path / "a.jsonl")


def test_an_entry_of_no_end_is_not_held_whole():
    class Endless(io.StringIO):
        given = 0

        def read(self, size: int | None = -1) -> str:
            self.given += size
            return "a" * size

    stream = Endless()
    reader = _ListReader(Path("a.json"), stream)
    reader._text = '["'
    with pytest.raises(DatasetUnusable, match="Unterminated string"):
        list(reader.entries())
    assert stream.given < 1 << 26


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_other_encodings_are_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes('["naïve"]'.encode("latin-1"))
    with pytest.raises(DatasetUnusable, match="not UTF-8"):
        entries_of(tmp_path / name)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    with pytest.raises(DatasetUnusable, match=r"a\.json: no such file"):
        entries_of(tmp_path / "a.json")
    with pytest.raises(DatasetUnusable, match="no file; name the one"):
        entries_of(tmp_path)
