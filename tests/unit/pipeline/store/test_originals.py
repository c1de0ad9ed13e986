"""pipeline.store.originals: the file that footage was imported from."""

import time
from concurrent.futures import ThreadPoolExecutor

from pipeline.sources.video_file import digest_file
from pipeline.store.originals import Originals
from pipeline.store.runs import RunRecord


def test_an_original_is_digested_once_however_many_ask_at_once(tmp_path):
    path = tmp_path / "monday.mp4"
    path.write_bytes(b"film")
    asked = []

    def digest(file):
        asked.append(file)
        time.sleep(0.2)
        return digest_file(file)

    run = RunRecord(
        camera_id="door", run_id="r", kind="file", source=path.name, path=str(path),
        digest=digest_file(path), started_at=0.0, collection="imports", imported_at=0.0,
    )  # fmt: skip
    originals = Originals(digest)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: originals.find(run), range(8)))
    assert found == [path] * 8
    assert asked == [path]
