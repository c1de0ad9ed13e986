"""pipeline.street.recipe.steps: what is made anew, or refused, when inputs change."""

import pytest
import yaml

from pipeline.errors import DescryError
from pipeline.street.recipe import __main__ as command
from pipeline.street.recipe import bundle, cards, steps
from pipeline.street.recipe.kitchen import Kitchen
from pipeline.street.recipe.plan import QUICK
from pipeline.street.recipe.record import Record, claim
from pipeline.street.recipe.steps import STEPS


@pytest.fixture
def kitchen(tmp_path):
    return Kitchen(
        tmp_path, QUICK, lambda _: lambda *_: None, lambda: False, into=tmp_path / "into"
    )


def test_an_encoder_that_began_otherwise_is_not_gone_on_with(kitchen, monkeypatch):
    claim(kitchen.out / "encoder", STEPS["encoder"].inputs(kitchen))
    monkeypatch.setattr(steps, "BEGINNING", steps.BEGINNING + 1)
    with pytest.raises(DescryError, match=r"encoder was trained with other .*: remove it"):
        STEPS["encoder"].run(kitchen)


def test_nor_is_one_that_goes_on_from_another(kitchen):
    claim(kitchen.out / "encoder-again", STEPS["encoder-again"].inputs(kitchen))
    kitchen.first_encoder.parent.mkdir(parents=True)
    kitchen.first_encoder.write_bytes(b"another")
    with pytest.raises(DescryError, match=r"encoder-again was trained with other .*: remove it"):
        STEPS["encoder-again"].run(kitchen)


def test_stills_of_an_earlier_street_are_not_those_of_this_one(kitchen, monkeypatch):
    before = STEPS["stills"].inputs(kitchen)
    monkeypatch.setattr(steps, "REVISION", steps.REVISION + 1)
    assert STEPS["stills"].inputs(kitchen) != before


@pytest.mark.parametrize("step", ["calibration", "figures"])
def test_tracks_of_another_rule_are_judged_anew(kitchen, monkeypatch, step):
    before = STEPS[step].inputs(kitchen)
    monkeypatch.setattr(steps, "RULE", {**steps.RULE, "shots_kept": 5})
    assert STEPS[step].inputs(kitchen) != before


@pytest.mark.parametrize("step", list(STEPS))
def test_how_many_processors_there_are_decides_nothing(kitchen, monkeypatch, step):
    for folder in (kitchen.stills("train"), kitchen.first_encoder.parent):
        folder.mkdir(parents=True)
    before = STEPS[step].inputs(kitchen)
    for name, value in (("cores", 64), ("free_memory_bytes", 10**12)):
        monkeypatch.setattr(steps, name, lambda value=value: value)
    assert STEPS[step].inputs(kitchen) == before


def test_every_processor_draws_and_all_but_one_read_for_the_encoder(kitchen, monkeypatch):
    monkeypatch.setattr(steps, "cores", lambda: 6)
    monkeypatch.setattr(steps, "free_memory_bytes", lambda: 10**12)
    commands = []
    monkeypatch.setattr(steps, "run_command", lambda _, *said: not commands.append(said))
    monkeypatch.setattr(steps, "choose", lambda *_: 1)
    for step in ("stills", "encoder", "encoder-again"):
        assert STEPS[step].run(kitchen)
    assert [said[said.index("--jobs") + 1] for said in commands if "--jobs" in said] == [6] * 3
    plans = [yaml.safe_load(said[-1].read_text()) for said in commands if "--config" in said]
    assert [plan["workers"] for plan in plans] == [5, 5]


def test_other_contents_where_the_finished_files_lie_are_mended(kitchen, monkeypatch):
    said = {name: name.encode() for name in steps._FINISHED}
    for folder in (kitchen.packed, kitchen.into):
        folder.mkdir()
        for name, content in said.items():
            (folder / name).write_bytes(content)
    kitchen.figures.write_text("{}")
    monkeypatch.setattr(bundle, "write_list", lambda _: None)
    monkeypatch.setattr(cards, "write_cards", lambda *_: None)
    record = Record(kitchen.out / "recipe.json")
    record.note("cards", STEPS["cards"].inputs(kitchen), 1.0)
    (kitchen.into / steps.LIST).write_bytes(b"another")
    assert command._run(kitchen, record, ["cards"]) == 0
    assert {path.name: path.read_bytes() for path in kitchen.into.iterdir()} == said
