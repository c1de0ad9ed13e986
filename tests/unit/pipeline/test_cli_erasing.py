"""pipeline.cli: who is to be erased, named by hand, by a list, or by an answer."""

import shlex
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.answers import SearchAnswer
from pipeline.cli.erasing import read_names, run_erase
from pipeline.cli.persons import erase_command, person_lines
from pipeline.errors import ConfigError
from pipeline.person_answers import PersonAnswer, StepAnswer


def step(track, rank):
    at = f"2026-03-01T10:0{rank}:00.000Z"
    return StepAnswer(
        track=track, camera=track.split("/")[0], first_seen_at=at, last_seen_at=at, rank=rank
    )


def person(*tracks):
    path = [step(track, rank) for rank, track in enumerate(tracks, start=1)]
    chance = 0.9 if len(tracks) > 1 else None
    return PersonAnswer(person="p1", confidence=chance, hits=[one.rank for one in path], path=path)


def test_names_are_those_given_and_those_of_the_input_each_once():
    source = StringIO("lobby/r1/2\ngate/r1/7 lobby/r1/1\n")
    assert read_names(["lobby/r1/1", "-"], source) == ["lobby/r1/1", "lobby/r1/2", "gate/r1/7"]


def test_the_input_is_not_touched_unless_it_is_asked():
    assert read_names(["lobby/r1/1"], None) == ["lobby/r1/1"]


@pytest.mark.parametrize("said", ["", " \n\t"])
def test_an_input_that_names_nobody_is_refused(said):
    with pytest.raises(ConfigError, match="the input names no track"):
        read_names(["-"], StringIO(said))


def test_who_reads_names_from_the_input_has_to_say_yes():
    with pytest.raises(ConfigError, match="add --yes"):
        run_erase(["-"], yes=False, json=False, config=None)


def test_a_person_of_several_tracks_comes_with_the_command_that_erases_them():
    found = SearchAnswer.model_construct(
        persons=[person("lobby/r1/1", "gate/r2/5")], persons_by="fitted", hits=[]
    )
    assert "  to erase them all: descry erase lobby/r1/1 gate/r2/5" in list(person_lines(found))


def test_of_a_single_track_there_is_no_such_line():
    found = SearchAnswer.model_construct(
        persons=[person("lobby/r1/1")], persons_by="fitted", hits=[]
    )
    assert not any("erase" in line for line in person_lines(found))


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_the_command_names_the_tracks_whatever_a_camera_is_called(names):
    tracks = [f"{name}/r1/1" for name in names]
    path = [StepAnswer.model_construct(track=track, camera="c", rank=1) for track in tracks]
    command = erase_command(PersonAnswer.model_construct(path=path))
    assert shlex.split(command) == ["descry", "erase", *tracks]
