"""pipeline.sources.recordings: which files are behind what was named."""

import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError, SourceUnreadable
from pipeline.sources.recordings import Recordings, check_named, may_be_several


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))
    return folder


def found(*named: Path | str, recursive: bool = False) -> list[str]:
    paths = [Path(each) for each in named]
    return [str(each.path) for each in Recordings(paths, recursive=recursive)]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_gives_its_own_files_by_name(here):
    tree(here, "in/b.mp4", "in/a.txt", "in/sub/c.mp4")
    assert found("in") == ["in/a.txt", "in/b.mp4"]
    assert found("in", recursive=True) == ["in/a.txt", "in/b.mp4", "in/sub/c.mp4"]


def test_hidden_and_unfinished_files_are_passed_over_unless_named(here):
    tree(here, "in/.a.mp4", "in/b.mp4.part", "in/c.TMP", "in/.d/e.mp4", "in/~$f.mp4", "in/g.mp4")
    assert found("in", recursive=True) == ["in/g.mp4"]
    (named,) = Recordings([Path("in/.a.mp4")], recursive=False)
    assert (str(named.path), named.is_named, named.size_bytes) == ("in/.a.mp4", True, 9)


def test_pipes_and_dangling_links_are_passed_over(here):
    tree(here, "in/a.mp4")
    os.mkfifo(here / "in" / "pipe.mp4")
    (here / "in" / "gone.mp4").symlink_to(here / "nowhere")
    assert found("in") == ["in/a.mp4"]


def test_links_in_a_circle_end_and_a_folder_is_entered_once(here):
    tree(here, "in/a.mp4", "in/sub/b.mp4")
    (here / "in" / "sub" / "up").symlink_to(here / "in")
    (here / "in" / "twin").symlink_to(here / "in" / "sub")
    assert found("in", "in/sub", recursive=True) == ["in/a.mp4", "in/sub/b.mp4"]
    assert found("in/**/*.mp4", recursive=True) == ["in/a.mp4", "in/sub/b.mp4"]


def test_a_pattern_is_expanded_and_what_it_finds_is_not_named(here):
    tree(here, "in/cam1/a.mp4", "in/cam1/b.avi", "in/cam2/a.mp4", "in/cam2/.h.mp4", "in/x.mp4")
    assert found("in/*/*.mp4") == ["in/cam1/a.mp4", "in/cam2/a.mp4"]
    assert found("in/cam[2-9]/?.mp4") == ["in/cam2/a.mp4"]
    assert found("in/**/*.mp4") == ["in/cam1/a.mp4", "in/cam2/a.mp4", "in/x.mp4"]
    assert found("in/cam*") == ["in/cam1/a.mp4", "in/cam1/b.avi", "in/cam2/a.mp4"]
    assert found(str(here / "in" / "*.mp4")) == [str(here / "in" / "x.mp4")]
    assert not any(each.is_named for each in Recordings([Path("in/*/*")], recursive=False))


def test_several_doubled_stars_find_each_file_once(here):
    tree(here, "in/a.mp4", "in/sub/deep/b.mp4")
    (here / "in" / "sub" / "up").symlink_to(here / "in")
    every = ["in/a.mp4", "in/sub/deep/b.mp4"]
    assert found("in/**/**/*.mp4") == found("**/**/**/*.mp4") == every
    assert found("in/**/sub/**/b.mp4").count("in/sub/deep/b.mp4") == 1


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(here):
    tree(here, "clip[1].mp4", "clip1.mp4")
    assert found("clip[1].mp4") == ["clip[1].mp4"]


@pytest.mark.parametrize("name", ["no/such.mp4", "*.mkv", "in/**/*.mkv"])
def test_what_leads_to_nothing_is_named_with_the_next_step(here, name):
    tree(here, "in/a.mp4")
    with pytest.raises(SourceUnreadable, match="check") as caught:
        found(name)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "is_so"),
    [
        ("in", True),
        ("in/*.mp4", True),
        ("in/a.mp4", False),
        ("[1].mp4", False),
        ("gone.mp4", False),
    ],
)
def test_a_folder_and_a_pattern_may_be_several_files_and_a_missing_one_is_not(here, name, is_so):
    tree(here, "in/a.mp4", "[1].mp4")
    assert may_be_several(Path(name)) == is_so


def test_no_name_at_all_is_refused():
    for named in ([], [Path(" ")]):
        with pytest.raises(ConfigError, match="no file was named"):
            check_named(named)


@contextmanager
def as_nobody():
    """Root may list everything, so become somebody who may not."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def shared(tmp_path):
    """A folder that nobody may enter, were it not opened up to there."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() != "root" or folder.stat().st_mode & 0o001:
            continue
        folder.chmod(folder.stat().st_mode | 0o055)
    return tmp_path


@pytest.mark.parametrize("named", ["in", "in/**/*.mp4"])
def test_a_folder_that_may_not_be_entered_is_told_once_and_the_others_are_read(shared, named):
    tree(shared, "in/a.mp4", "in/closed/b.mp4", "in/closed/c.mp4", "in/open/d.mp4")
    (shared / "in" / "closed").chmod(0o444)
    told = []
    with as_nobody():
        found = list(Recordings([shared / named], recursive=True, on_trouble=told.append))
    assert [each.path.name for each in found] == ["a.mp4", "d.mp4"]
    assert set(told) == {
        f"{shared}/in/closed: cannot be entered (Permission denied); check its permissions"
    }


def test_a_link_to_a_forbidden_place_is_told_and_the_others_are_read(shared):
    tree(shared, "in/a.mp4", "closed/b.mp4", "in/z.mp4")
    (shared / "in" / "link.mp4").symlink_to(shared / "closed" / "b.mp4")
    (shared / "closed").chmod(0)
    told = []
    with as_nobody():
        found = list(Recordings([shared / "in"], recursive=True, on_trouble=told.append))
    assert [each.path.name for each in found] == ["a.mp4", "z.mp4"]
    assert told == [
        f"{shared}/in/link.mp4: cannot be looked at (Permission denied); check its permissions"
    ]


def test_a_folder_that_may_not_be_listed_is_told_and_the_others_are_read(shared):
    tmp_path = shared
    tree(tmp_path, "in/a.mp4", "in/closed/b.mp4", "in/open/c.mp4")
    (tmp_path / "in" / "closed").chmod(0)
    told = []
    with as_nobody():
        names = [
            each.path.name
            for each in Recordings([tmp_path / "in"], recursive=True, on_trouble=told.append)
        ]
    assert names == ["a.mp4", "c.mp4"]
    assert len(told) == 1
    assert "closed: cannot be listed" in told[0]


@pytest.mark.parametrize("named", ["in/**/*.mp4", "in/*/*.mp4", "in/*/b.mp4", "i?/**"])
def test_a_folder_that_a_pattern_may_not_enter_is_told(shared, named):
    tree(shared, "in/closed/b.mp4", "in/open/b.mp4")
    (shared / "in" / "closed").chmod(0)
    told = []
    with as_nobody():
        found = list(Recordings([shared / named], recursive=False, on_trouble=told.append))
    assert [str(each.path) for each in found] == [f"{shared}/in/open/b.mp4"]
    told = {line.replace("entered", "listed") for line in told}
    assert told == {
        f"{shared}/in/closed: cannot be listed (Permission denied); check its permissions"
    }


@pytest.mark.parametrize("named", ["closed/*.mp4", "closed/**/*.mp4", "closed/b.mp4"])
def test_what_may_not_be_seen_is_not_said_to_be_missing(shared, named):
    tree(shared, "closed/b.mp4")
    (shared / "closed").chmod(0)
    with as_nobody(), pytest.raises(SourceUnreadable) as caught:
        list(Recordings([shared / named], recursive=True))
    assert f"{shared}/closed: cannot be" in str(caught.value)
    assert "check its permissions" in str(caught.value)


@given(st.sets(st.text("ab.~/", min_size=1, max_size=6), max_size=12))
def test_every_iteration_gives_the_same_files_each_once(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("t")
    for name in names:
        path = folder / name.strip("/.")
        if path != folder and not path.exists() and all(not p.is_file() for p in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    recordings = Recordings([folder], recursive=True)
    first, second = list(recordings), list(recordings)
    assert first == second
    expected = {
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(
            part.startswith(".") or part.endswith("~") for part in path.relative_to(folder).parts
        )
    }
    assert {each.path for each in first} == expected
    assert len(first) == len(expected)
