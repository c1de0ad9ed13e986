"""The demo's answers in a terminal and as JSON: nothing that they say is obeyed, or left out."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from pipeline.answers import CoverageAnswer, ModelAnswer, SearchAnswer
from pipeline.cli.demo_table import as_mapping, show_footage, show_verdicts
from pipeline.demo.footage import Footage
from pipeline.demo.judging import Verdict, score
from pipeline.street.footage.truth import Truth
from pipeline.workers.cautions import SYNTHETIC, UNTRAINED

NOWHERE = Footage(Truth(Path("street"), 1, (), (), ()), ())


def verdict(text="a red coat", notes=()):
    answer = SearchAnswer(
        query=text, hits=[], no_match=False, notes=list(notes),
        coverage=CoverageAnswer(
            cameras=[], shots_searched=0, shots_of_other_models=0, indexed_until=None
        ),
        model=ModelAnswer(name="m", id="m@1", trained=True),
    )  # fmt: skip
    return Verdict(answer, (), ())


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=200, force_terminal=False)


def test_the_json_says_each_note_once():
    asked = [verdict(notes=[UNTRAINED, SYNTHETIC]), verdict(notes=[SYNTHETIC])]
    told = as_mapping(asked, score(asked), NOWHERE, footage_s=1.0, wall_s=2.0)
    assert told["notes"] == [UNTRAINED, SYNTHETIC]


def test_a_description_cannot_command_the_terminal(console):
    show_verdicts([verdict("red\x1b[31m coat\x9b5n")], NOWHERE, console)
    said = console.file.getvalue()
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert r"red\x1b[31m coat\x9b5n" in said


@pytest.mark.parametrize("name", ["d4[/b]", "[bold]", "[/]", "a[link=x]b"])
def test_folders_may_be_called_like_markup(console, name):
    footage = replace(NOWHERE, truth=replace(NOWHERE.truth, folder=Path(name)))
    show_footage(footage, Path(name) / "hits.png", console, footage_s=1.0, wall_s=2.0)
    said = console.file.getvalue()
    assert f"({name})" in said
    assert f"the pictures: {name}/hits.png" in said


def test_folders_cannot_command_the_terminal(console):
    footage = replace(NOWHERE, truth=replace(NOWHERE.truth, folder=Path("a\x1b[2Jb")))
    show_footage(footage, Path("c\x1b]0;d\x07"), console, footage_s=1.0, wall_s=2.0)
    assert "\x1b" not in console.file.getvalue()
    assert "\x07" not in console.file.getvalue()
