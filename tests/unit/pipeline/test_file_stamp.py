"""pipeline.sources.file_stamp, and a file that goes between its plan and its beginning."""

import pytest

from pipeline.errors import SourceUnreadable
from pipeline.sources.file_stamp import check_unchanged, stamp_file


def test_a_file_is_the_same_until_it_is_written_to_replaced_or_gone(tmp_path):
    path, other = tmp_path / "a.mp4", tmp_path / "b.mp4"
    path.write_bytes(b"12")
    stamp = stamp_file(path)
    check_unchanged(path, stamp)
    path.write_bytes(b"123")
    with pytest.raises(SourceUnreadable, match=r"a\.mp4: was changed while it was imported"):
        check_unchanged(path, stamp)
    stamp = stamp_file(path)
    other.write_bytes(b"123")
    other.rename(path)
    with pytest.raises(SourceUnreadable, match="was changed"):
        check_unchanged(path, stamp)
    path.unlink()
    with pytest.raises(SourceUnreadable, match=r"a\.mp4: is not there any more"):
        check_unchanged(path, stamp)
