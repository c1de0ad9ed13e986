"""pipeline.evidence: whatever is changed in a pack is named, and hostile zips do no harm."""

import hashlib
import io
import json
import stat
import struct
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.evidence.manifest import MANIFEST, SIGNATURE, Manifest, PackedFile, Signature
from pipeline.evidence.verifying import verify_pack
from pipeline.evidence.writing import pack_at
from pipeline.store.signing import SigningKey

KEY, OTHER = SigningKey(bytes(32)), SigningKey(bytes([1]) * 32)
FILES = {
    "case.json": b'{"case": "theft"}\n' * 9,
    "report.html": b"<!doctype html>" + bytes(range(256)),
    "items/001/clip.mp4": bytes(range(256)) * 3,
    "items/001/shot-01.jpg": b"\xff\xd8 picture \xff\xd9",
    "items/002/empty.jpg": b"",
}


def write(out, files=FILES, key=KEY):
    with pack_at(out) as writer:
        for name, data in files.items():
            writer.add(name, data)
        writer.sign(
            key, case="theft", made_at="2026-03-01T10:00:00.000Z", made_by="a", software="D"
        )
    return out


@cache
def pack() -> bytes:
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        out.write(write(Path(folder) / "pack.zip").read_bytes())
    return out.getvalue()


def entries(data: bytes) -> dict[str, tuple[int, int]]:
    """Where the content of each file lies."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = {}
        for info in archive.infolist():
            begin = info.header_offset + 30 + len(info.filename)
            found[info.filename] = (begin, begin + info.file_size)
        return found


def zipped(files, mode=0o600, method=zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, method
            archive.writestr(info, data)
    return out.getvalue()


def signed(files: dict[str, bytes], listed=None, key=KEY) -> list[tuple[str, bytes]]:
    """The files with a manifest of them, or of `listed`, and its signature."""
    packed = [
        PackedFile(name=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in (files if listed is None else listed).items()
    ]
    manifest = Manifest(case="theft", made_at="", made_by="", software="", files=packed).to_bytes()
    signature = Signature.of(key, manifest).to_bytes()
    return [*files.items(), (MANIFEST, manifest), (SIGNATURE, signature)]


def faults(tmp_path, data: bytes, key=None) -> list[str]:
    path = tmp_path / "some.zip"
    path.write_bytes(data)
    return verify_pack(path, key).faults


def test_a_pack_as_it_was_written_is_intact_and_says_who_signed_it(tmp_path):
    path = write(tmp_path / "pack.zip")
    verdict = verify_pack(path, KEY.public)
    assert verdict.faults == []
    assert (verdict.case, verdict.files, verdict.public_key) == ("theft", 5, KEY.public)
    assert verdict.bytes == sum(map(len, FILES.values()))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert write(tmp_path / "again.zip").read_bytes() == path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in FILES} == FILES


@settings(max_examples=200)
@given(data=st.data())
def test_any_byte_of_any_file_that_is_changed_is_named(tmp_path_factory, data):
    whole = bytearray(pack())
    places = {name: at for name, at in entries(whole).items() if at[0] < at[1]}
    name = data.draw(st.sampled_from(sorted(places)))
    at = data.draw(st.integers(places[name][0], places[name][1] - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    found = faults(tmp_path_factory.mktemp("pack"), bytes(whole))
    assert any(name in fault for fault in found), found


@settings(max_examples=200)
@given(at=st.integers(0, len(pack()) - 1), bit=st.integers(1, 255))
def test_any_byte_at_all_that_is_changed_is_found(tmp_path_factory, at, bit):
    whole = bytearray(pack())
    whole[at] ^= bit
    assert faults(tmp_path_factory.mktemp("pack"), bytes(whole))


@given(cut=st.integers(0, len(pack()) - 1))
def test_a_pack_that_was_cut_off_is_not_intact(tmp_path_factory, cut):
    assert faults(tmp_path_factory.mktemp("pack"), pack()[:cut])


def test_missing_added_and_swapped_files_are_named(tmp_path):
    told = signed(FILES)
    without = [(name, data) for name, data in told if name != "report.html"]
    assert faults(tmp_path, zipped(without)) == ["report.html: missing"]
    more = [*told, ("items/003/clip.mp4", b"other")]
    (fault,) = faults(tmp_path, zipped(more))
    assert fault.startswith("items/003/clip.mp4: added")
    swapped = {**FILES, "report.html": FILES["case.json"], "case.json": FILES["report.html"]}
    found = faults(tmp_path, zipped(signed(swapped, listed=FILES)))
    assert [fault.split(":")[0] for fault in found] == ["case.json", "report.html"]


def test_a_file_of_the_same_size_packed_anew_is_named(tmp_path):
    """With a fitting checksum of the zip: only the digest tells."""
    other = {**FILES, "case.json": FILES["case.json"].replace(b"theft", b"arson")}
    found = faults(tmp_path, zipped(signed(other, listed=FILES)))
    assert found == ["case.json: changed: its digest is not the signed one"]


def test_another_key_and_a_signature_of_something_else_are_named(tmp_path):
    data = zipped(signed(FILES, key=OTHER))
    assert faults(tmp_path, data) == []
    (fault,) = faults(tmp_path, data, KEY.public)
    assert OTHER.public in fault
    assert "another key" in fault
    told = dict(signed(FILES))
    told[SIGNATURE] = Signature.of(KEY, b"something else").to_bytes()
    (fault,) = faults(tmp_path, zipped(told.items()))
    assert "the signature does not fit" in fault
    told.pop(SIGNATURE)
    assert "nobody vouches" in faults(tmp_path, zipped(told.items()))[0]


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/passwd", "a/../../b", "C:\\x", "a\\b", "items/001/../x", "a/./b", "x\n",
        "Ä", "a" * 300,
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    (fault,) = faults(tmp_path, zipped([*signed(FILES), (name, b"evil")]))
    assert "a name that no pack has" in fault
    assert "\n" not in fault


def test_links_doubles_and_encrypted_files_are_refused(tmp_path):
    assert (
        "a link" in faults(tmp_path, zipped([("x", b"/etc/passwd")], mode=stat.S_IFLNK | 0o777))[0]
    )
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = zipped([*signed(FILES), ("case.json", b"{}")])
    assert faults(tmp_path, twice) == ["'case.json': there 2 times"]
    data = bytearray(zipped(signed(FILES)))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in faults(tmp_path, bytes(data))[0]


def test_a_bomb_is_not_set_off(tmp_path):
    bomb = zipped([("case.json", bytes(200_000_000))], method=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 400_000
    assert "compressed" in faults(tmp_path, bomb)[0]
    big = zipped([*signed({}), ("manifest2.json", b"")])
    assert "added" in faults(tmp_path, big)[0]
    huge = json.dumps({"files": "x" * 9_000_000}).encode()
    (fault,) = faults(tmp_path, zipped([(MANIFEST, huge)]))
    assert "no evidence pack" in fault


def test_a_table_of_contents_without_an_end_is_not_read(tmp_path):
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", *[0] * 9, 1, *[0] * 6) + b"a"
    many = 8_200_000 // len(entry)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, many * len(entry), 0, 0)
    (fault,) = faults(tmp_path, entry * many + end)
    assert "table of contents" in fault


def test_absurd_sizes_are_named_and_not_believed(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in signed(FILES):
            archive.writestr(zipfile.ZipInfo(name), data)
        for info in archive.infolist():
            if info.filename == "report.html":
                info.file_size = info.compress_size = 1 << 60
    assert any("report.html" in fault for fault in faults(tmp_path, out.getvalue()))


def test_what_is_hidden_between_or_behind_the_files_is_found(tmp_path):
    whole = pack()
    assert faults(tmp_path, whole + b"hidden") != []
    assert faults(tmp_path, b"hidden" + whole) != []
    commented = io.BytesIO(whole)
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = b"hidden"
    assert faults(tmp_path, commented.getvalue()) == ["bytes in the zip that belong to no file"]


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"no zip" * 99])
def test_what_is_no_pack_is_said_to_be_none(tmp_path, data):
    assert faults(tmp_path, data)


@given(st.binary(max_size=400))
def test_no_bytes_at_all_break_the_check(tmp_path_factory, data):
    assert faults(tmp_path_factory.mktemp("any"), data)


def test_a_pack_is_written_whole_or_not_at_all(tmp_path):
    out = tmp_path / "pack.zip"
    out.write_bytes(b"the one before")
    with pytest.raises(RuntimeError), pack_at(out) as writer:
        writer.add("case.json", b"{}")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["pack.zip"]
    assert out.read_bytes() == b"the one before"
    with pytest.raises(ConfigError, match="cannot write"):
        write(tmp_path / "none" / "pack.zip")


@pytest.mark.parametrize("name", ["../x", "case.json", "A", ""])
def test_a_pack_takes_no_odd_name_and_none_twice(tmp_path, name):
    with pytest.raises(ValueError, match="cannot name a file"), pack_at(tmp_path / "p") as writer:
        writer.add("case.json", b"{}")
        writer.add(name, b"{}")
