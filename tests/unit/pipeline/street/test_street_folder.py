"""footage.folder and the options of `descry street`: what is refused, in one line."""

import errno
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.streeting import RenderOptions, parse_names, parse_size, run_render, run_stills
from pipeline.errors import ConfigError, FolderInUse, StoreFull
from pipeline.street.footage import folder
from pipeline.street.footage.folder import checked_seed, filling, need_room, open_folder, owned

OPTIONS = {
    "seed": 1, "people": 2, "cameras": 1, "seconds": 2.0, "fps": 5, "size": "96x64",
    "places": "lobby", "kinds": "day", "split": "test", "kilobits": None,
}  # fmt: skip


def options(**changed):
    return RenderOptions(**OPTIONS | changed)


@given(st.integers().filter(lambda seed: not 0 <= seed < 2**32))
def test_a_seed_out_of_range_is_refused_with_the_range(seed):
    with pytest.raises(ConfigError, match="choose one of 0 to 4294967295"):
        checked_seed(seed)


def test_a_folder_goes_on_with_the_same_and_refuses_anything_else(tmp_path):
    open_folder(tmp_path / "a", "story.json", {"seed": 1, "places": ("lobby", "shop")})
    open_folder(tmp_path / "a", "story.json", {"seed": 1, "places": ("lobby", "shop")})

    with pytest.raises(ConfigError, match="was begun with seed 1, not 2"):
        open_folder(tmp_path / "a", "story.json", {"seed": 2, "places": ("lobby", "shop")})
    with pytest.raises(ConfigError, match="was begun with places lobby,shop, not shop"):
        open_folder(tmp_path / "a", "story.json", {"seed": 1, "places": ("shop",)})


def test_a_folder_of_an_older_street_is_named_with_both_ways_out(tmp_path, monkeypatch):
    asked = {"kind": "stills", "seed": 1}
    open_folder(tmp_path, "stills.json", asked)
    monkeypatch.setattr(folder, "REVISION", folder.REVISION + 1)
    said = r"revision \d+, not \d+\): remove it to draw anew, or choose another --out"
    with pytest.raises(ConfigError, match=said):
        open_folder(tmp_path, "stills.json", {**asked, "seed": 2})


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(ConfigError, match="holds other files"):
        open_folder(tmp_path, "story.json", {"seed": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("text", ["[]", "{", "\x00", "[" * 100_000])
def test_a_folder_whose_file_says_nothing_is_refused(tmp_path, text):
    (tmp_path / "story.json").write_text(text)

    with pytest.raises(ConfigError, match="begun by something else"):
        open_folder(tmp_path, "story.json", {"seed": 1})


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("")

    with pytest.raises(ConfigError, match="choose another --out"):
        open_folder(tmp_path / "out", "story.json", {"seed": 1})


def test_a_disk_too_small_is_told_with_needed_and_free_bytes(tmp_path):
    need_room(tmp_path, 1)

    with pytest.raises(StoreFull, match=r"needs about [\d,]{20,} bytes and [\d,]+ are free"):
        need_room(tmp_path, 10**18)


def test_a_disk_that_fills_up_on_the_way_is_one_line(tmp_path):
    with (
        pytest.raises(StoreFull, match="is full: make room; the same command goes on"),
        filling(tmp_path),
        Path("/dev/full").open("w") as file,
    ):
        file.write("more than there is room for")


def test_two_do_not_draw_into_one_folder(tmp_path):
    with (
        owned(tmp_path),
        pytest.raises(FolderInUse, match="another process draws into"),
        owned(tmp_path),
    ):
        pass
    with owned(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_no_other_trouble_is_taken_for_a_full_disk(tmp_path):
    with pytest.raises(FileNotFoundError), filling(tmp_path):
        (tmp_path / "gone").read_bytes()


def test_a_story_too_long_for_the_disk_is_refused_before_anything_is_drawn(tmp_path):
    out = tmp_path / "new" / "out"
    with pytest.raises(StoreFull):
        run_render(out, options(seconds=8_000.0, fps=60, size="9998x9998"), 1)
    with pytest.raises(StoreFull):
        run_stills(out, 1, 1_000_000, "test", 10_000_000, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_begun_is_left_as_it_was_where_the_room_is_gone(tmp_path):
    big = options(seconds=8_000.0, fps=60, size="9998x9998")
    asked = {"kind": "story", **asdict(big.request()), "kilobits_s": None}
    open_folder(tmp_path, "story.json", asked)
    with pytest.raises(StoreFull):
        run_render(tmp_path, big, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["story.json"]


@pytest.mark.parametrize(
    "error", [PermissionError(errno.EACCES, "no"), OSError(errno.EROFS, "no", "there.json")]
)
def test_a_folder_that_may_not_be_written_is_one_line(tmp_path, error):
    with (
        pytest.raises(ConfigError, match=r"cannot use .* \(no\): choose another --out"),
        filling(tmp_path),
    ):
        raise error


def test_something_in_the_way_of_the_pieces_is_one_line(tmp_path):
    open_folder(
        tmp_path, "story.json", {"kind": "story", **asdict(options().request()), "kilobits_s": None}
    )
    (tmp_path / ".parts").write_text("")
    with pytest.raises(ConfigError, match=r"cannot use .*\.parts"):
        run_render(tmp_path, options(), 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": -1}, "no seed -1"),
        ({"people": 0}, "--people 0"),
        ({"cameras": 99}, "--cameras 99"),
        ({"seconds": float("nan")}, "--seconds nan"),
        ({"fps": 0}, "--fps 0"),
        ({"size": "big"}, "--size big"),
        ({"places": "moon"}, "--places 'moon'"),
        ({"kinds": "day,snow"}, "--kinds 'snow'"),
        ({"split": "all"}, "--split 'all'"),
        ({"kilobits": 1}, "--kilobits 1"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(tmp_path, changed, said):
    with pytest.raises(ConfigError, match=said):
        run_render(tmp_path / "out", options(**changed), 1)
    assert not (tmp_path / "out").exists()


def test_stills_refuse_what_makes_no_sense(tmp_path):
    for arguments in ((2**32, 1, "test", 1, 1), (1, 0, "test", 1, 1), (1, 1, "all", 1, 1)):
        with pytest.raises(ConfigError):
            run_stills(tmp_path / "out", *arguments)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text", ["640", "٦٤٠x٣٦٠", "６４０x360", "641x360", "640x361", "0x0", "10x10", "640x360x3"]
)
def test_sizes_are_even_and_not_tiny(text):
    with pytest.raises(ConfigError, match="write 640x360"):
        parse_size(text)


def test_names_may_repeat_and_have_blanks():
    assert parse_names("--kinds", "day, night,day", ["day", "night"]) == ("day", "night", "day")
