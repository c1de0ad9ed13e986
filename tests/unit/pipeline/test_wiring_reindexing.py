"""What a change of model asks for before it begins."""

from types import SimpleNamespace

import pytest

from pipeline.errors import StoreFull
from pipeline.wiring import reindexing
from pipeline.wiring.reindexing import BYTES_A_SHOT, SPARE_BYTES, check_room


@pytest.mark.parametrize(("more", "fits"), [(0, True), (-1, False)])
def test_a_second_index_has_to_fit_on_the_disk(monkeypatch, tmp_path, more, fits):
    free = 1000 * BYTES_A_SHOT + SPARE_BYTES + more
    monkeypatch.setattr(reindexing.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    if fits:
        check_room(tmp_path, 1000)
        return
    with pytest.raises(StoreFull, match=r"takes about 71 MB, and .* has 71 MB free: make room"):
        check_room(tmp_path, 1000)
