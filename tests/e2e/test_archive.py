"""Folders of recordings go in whole, once, and out again: through the command line only."""

import itertools
import shutil
import struct
from pathlib import Path

import pytest

from tests.drawn_clips import draw_clip as draw_small
from tests.drawn_clips import even
from tests.e2e.conftest import Descry, processes_of, wait_for

BY_NAME = ("--time-from", "name:%Y%m%d_%H%M%S", "--timezone", "UTC")
FEW, MANY = 150, 10_000
# An import starts three processes that load torch: seconds here, minutes on a machine that is busy.
PATIENCE_S = 600
pytestmark = pytest.mark.timeout(4 * PATIENCE_S)


def stamped(clip: Path, to: Path, number: int) -> Path:
    """A copy of an MP4 that shows the same and is another file: with a box nobody reads."""
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(clip.read_bytes() + struct.pack(">I4sQ", 16, b"free", number))
    return to


def named(number: int) -> str:
    """The name of a recording that began so many minutes past midnight."""
    hours, minutes = divmod(number, 60)
    days, hours = divmod(hours, 24)
    return f"cam_202603{days + 1:02d}_{hours:02d}{minutes:02d}00.mp4"


def import_folder(descry: Descry, folder: Path, clip: Path, *more: str, code: int = 0):
    script = str(clip.with_suffix(".boxes.json"))
    return descry.run(
        "replay", str(folder), "--camera", "street", "--detector", script, "--json", *BY_NAME,
        *more, code=code, timeout_s=PATIENCE_S,
    )  # fmt: skip


def figures(said) -> dict[str, int]:
    return {key: said.json()[key] for key in ("imported", "known", "skipped", "failed")}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    return draw_small(tmp_path_factory.mktemp("tiny") / "tiny.mp4", even(3))


@pytest.fixture
def archive(tmp_path, clip, tiny) -> Path:
    """Two recordings with people, many without, and what else lies about in such a folder."""
    folder = tmp_path / "archive"
    stamped(clip, folder / named(0), 0)
    stamped(clip, folder / "b" / "deep" / named(1), 1)
    for number in range(2, FEW):
        stamped(tiny, folder / "b" / named(number), number)
    shutil.copytree(folder / "b" / "deep", folder / "again")
    (folder / "b" / "round").symlink_to(folder)
    (folder / "notes.txt").write_text("not a video\n" * 100)
    (folder / "b" / "boxes.json").write_text('{"frames": {}}')
    (folder / ".hidden.mp4").write_bytes(b"x")
    (folder / "half.mp4.part").write_bytes(b"x")
    (folder / named(900)).touch()
    (folder / "a_nameless.mp4").write_bytes(tiny.read_bytes())
    return folder


def test_a_folder_goes_in_whole_and_a_second_time_changes_nothing(descry, archive, clip):
    said = import_folder(descry, archive, clip, "--recursive", "--jobs", "2", code=1)
    assert figures(said) == {"imported": FEW, "known": 1, "skipped": 2, "failed": 2}
    told = said.json()
    paths = [Path(each["file"]).relative_to(archive) for each in told["files"]]
    assert paths == sorted(paths, key=lambda path: (len(path.parts) > 1, path))
    reasons = [each["reason"] for each in told["files"] if each["state"] == "failed"]
    assert ["does not fit" in reasons[0], "is empty" in reasons[1]] == [True, True]
    assert {each.get("time_from") for each in told["files"]} == {"name", None}
    assert f"{named(5)}: first frame at 2026-03-01T00:05:00.000Z (from its name)" in said.err
    assert f"in all: {len(told['files']) + 2} of {len(told['files']) + 2} files" in said.err
    assert told["tracks"] == len(descry.tracks()) > 4
    assert told["times_realtime"] > 0
    before = descry.tracks()
    shutil.move(archive, archive.with_name("moved"))
    again = import_folder(descry, archive.with_name("moved"), clip, "--recursive", code=1)
    assert figures(again) == {"imported": 0, "known": FEW + 1, "skipped": 2, "failed": 2}
    assert (again.json()["tracks"], again.json()["footage_s"]) == (0, 0)
    assert descry.tracks() == before
    assert processes_of(descry.folder) == []
    assert list((descry.folder / "run").glob("spool-*")) == []


@pytest.mark.slow
def test_a_copy_with_another_date_is_the_same_recording(descry, clip, tmp_path):
    script = ("--camera", "street", "--detector", str(clip.with_suffix(".boxes.json")), "--json")
    first = descry.run(
        "replay", str(clip), "--time-from", "file", *script, timeout_s=PATIENCE_S
    ).json()
    copy = tmp_path / "of another day.mp4"
    shutil.copy(clip, copy)
    again = descry.run(
        "replay", str(copy), "--time-from", "file", *script, timeout_s=PATIENCE_S
    ).json()
    assert (again["known"], again["imported"]) == (1, 0)
    assert again["files"][0]["started_at"] == first["files"][0]["started_at"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--start", "2026-03-01T10:00:00Z"], "--start is the instant of one file"),
        (["--time-from", "name:%Y-%m-%d"], "does not fit '%Y-%m-%d'"),
        (["--time-from", "guess"], "write name:"),
        (["--timezone", "Mars/Olympus"], "Mars/Olympus"),
    ],
)
def test_times_that_cannot_be_meant_are_refused_before_anything_starts(descry, archive, more, word):
    said = descry.run(
        "replay", str(archive), "--camera", "street", *more, code=2, timeout_s=PATIENCE_S
    )
    (line,) = [line for line in said.err.splitlines() if line.startswith("descry: ")]
    assert word in line
    assert not descry.data.exists()


@pytest.mark.slow
def test_a_collection_is_listed_and_removed_from_everywhere(descry, clip, tmp_path):
    stamped(clip, tmp_path / "a" / named(0), 0)
    stamped(clip, tmp_path / "b" / named(1), 1)
    for name in ("a", "b"):
        import_folder(descry, tmp_path / name, clip, "--collection", f"case-{name}")
    one, other = descry.run("collections", "list", "--json", timeout_s=PATIENCE_S).lines()
    assert (one["collection"], one["cameras"], one["runs"]) == ("case-a", ["street"], 1)
    assert one["first_captured_at"] == "2026-03-01T00:00:00.000Z"
    assert one["tracks"] + other["tracks"] == len(descry.tracks())
    running = descry.watch()
    search = ("search", "a man in a blue jacket", "--json", "--limit", "50")
    assert {
        hit["collection"] for hit in descry.run(*search, timeout_s=PATIENCE_S).json()["hits"]
    } == {"case-a", "case-b"}
    refused = descry.run("collections", "remove", "case-a", code=2, timeout_s=PATIENCE_S)
    assert "--yes" in refused.err
    gone = descry.run(
        "collections", "remove", "case-a", "--yes", "--json", timeout_s=PATIENCE_S
    ).json()
    assert (gone["tracks"], gone["runs"]) == (one["tracks"], 1)
    assert {
        hit["collection"] for hit in descry.run(*search, timeout_s=PATIENCE_S).json()["hits"]
    } == {"case-b"}
    running.stop()
    assert {
        hit["collection"] for hit in descry.run(*search, timeout_s=PATIENCE_S).json()["hits"]
    } == {"case-b"}
    assert [
        each["collection"]
        for each in descry.run("collections", "list", "--json", timeout_s=PATIENCE_S).lines()
    ] == ["case-b"]
    kept = {Path(track["thumbnail"]) for track in descry.tracks() if track["thumbnail"]}
    assert kept <= set((descry.data / "media").rglob("*.jpg"))
    unknown = descry.run("collections", "remove", "case-a", "--yes", code=2, timeout_s=PATIENCE_S)
    assert "known: case-b" in unknown.err


def contents(descry: Descry) -> dict[str, object]:
    """What an import leaves behind."""
    keys = ("track", "first_seen_at", "last_seen_at", "state", "shots", "published")
    media = descry.data / "media"
    return {
        "tracks": [tuple(track[key] for key in keys) for track in descry.tracks()],
        "pictures": {
            str(path.relative_to(media)): path.read_bytes() for path in media.rglob("*.jpg")
        },
    }


@pytest.mark.slow
def test_a_folder_killed_in_the_middle_goes_on_where_it_was(descry, clip, tmp_path):
    folder = tmp_path / "archive"
    for number in range(6):
        stamped(clip, folder / named(number), number)
    undisturbed = Descry(tmp_path)
    import_folder(undisturbed, folder, clip, "--jobs", "1", "--every-frame")
    script = str(clip.with_suffix(".boxes.json"))
    for kills in itertools.count(1):
        running = descry.start(
            "replay", str(folder), "--camera", "street", "--detector", script, *BY_NAME,
            "--every-frame", "--jobs", "2",
        )  # fmt: skip
        before = len(list((descry.data / "media").rglob("*.jpg")))
        wait_for(
            lambda before=before: len(list((descry.data / "media").rglob("*.jpg"))) > before,
            within_s=PATIENCE_S,
            what="another picture",
        )
        running.process.kill()
        running.end(60)
        wait_for(lambda: processes_of(descry.folder) == [], within_s=60, what="orphans to end")
        if kills == 2:
            break
    said = import_folder(descry, folder, clip, "--jobs", "3", "--every-frame")
    assert sum(figures(said)[key] for key in ("imported", "known")) == 6
    assert contents(descry) == contents(undisturbed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_ten_thousand_tiny_files_go_in(descry, clip, tiny, tmp_path):
    folder = tmp_path / "archive"
    for number in range(MANY):
        stamped(tiny, folder / named(number), number)
    script = str(clip.with_suffix(".boxes.json"))
    running = descry.start(
        "replay", str(folder), "--camera", "street", "--detector", script, "--json", *BY_NAME
    )
    resident_kb = []

    def has_ended() -> bool:
        status = Path(f"/proc/{running.process.pid}/status").read_text()
        resident_kb.extend(
            int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")
        )
        return running.has_ended()

    wait_for(has_ended, within_s=3500, what="the import")
    said = running.end(10)
    assert running.process.returncode == 0, said.err[-2000:]
    assert figures(said) == {"imported": MANY, "known": 0, "skipped": 0, "failed": 0}
    # What is kept is a line a file: a few kilobytes each, and no file itself.
    half = resident_kb[len(resident_kb) // 2]
    assert max(resident_kb) - half < MANY * 8
