"""pipeline.evidence.zip_form: a zip has no room for anything but the files of a pack."""

import io
import zipfile

import pytest

from tests.unit.pipeline.evidence.test_pack import FILES, KEY, faults, pack, signed, write


def rebuilt(change) -> bytes:
    """The same files, signed, with one entry's fields changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in signed(FILES):
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o600 << 16
            if name == "items/001/clip.mp4":
                change(info)
            archive.writestr(info, data)
    return out.getvalue()


def field(number: int, size: int) -> bytes:
    return number.to_bytes(2, "little") + size.to_bytes(2, "little") + bytes(size)


CHANGES = {
    "extra": {"extra": field(0x7FFF, 4000)},
    "zip64 that is not needed": {"extra": field(1, 0)},
    "comment": {"comment": b"c" * 6000},
    "mode": {"external_attr": 0o104755 << 16},
    "date": {"date_time": (2026, 3, 1, 10, 0, 0)},
    "system": {"create_system": 0},
    "attributes": {"internal_attr": 1},
    "version": {"create_version": 63},
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_zip_can_carry_besides_files_is_found(tmp_path, what):
    def change(info):
        for name, value in CHANGES[what].items():
            setattr(info, name, value)

    assert faults(tmp_path, rebuilt(lambda _: None)) == []
    (fault,) = faults(tmp_path, rebuilt(change))
    assert "is not as a pack has it" in fault


def test_a_table_of_contents_that_differs_from_the_headers_is_found(tmp_path):
    data = bytearray(pack())
    at = data.find(b"PK\x01\x02") + 38  # the mode, which no header has
    data[at : at + 4] = (0o644 << 16).to_bytes(4, "little")
    (fault,) = faults(tmp_path, bytes(data))
    assert "table of contents" in fault


def test_a_pack_of_many_gigabytes_has_one_form_too(tmp_path, monkeypatch):
    # What is large begins at 500 bytes here: some files, offsets and the table are.
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 500)
    large = write(tmp_path / "large.zip")
    assert b"PK\x06\x06" in large.read_bytes()
    assert faults(tmp_path, large.read_bytes(), KEY.public) == []
