"""A run goes on from the newest checkpoint that is whole, and from no other run's."""

import logging
import shutil

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.training.checkpoints import read_checkpoint
from retrieval.training.run_folder import RunFolder

plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=8,
)
STATE = {"epoch": 2, "best": 0.1 + 0.2, "scale": None}


def groups_of(value, size=3):
    return {
        "model": {
            "a.weight": torch.full((size,), float(value)),
            "b": torch.full((), value, dtype=torch.float64),
        },
        "scores": {
            "memory": torch.full((2, 2), value, dtype=torch.float16),
            "seen": torch.tensor([True, False]),
        },
    }


def steps_in(folder):
    return sorted(path.name for path in (folder.out / "checkpoints").iterdir())


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_what_is_saved_comes_back_exactly(tmp_path):
    folder = RunFolder(tmp_path / "run")
    groups = groups_of(0.1)
    path = folder.save(1234, groups, STATE)
    saved = RunFolder(tmp_path / "run").latest()
    assert (saved.step, saved.folder, saved.state) == (1234, path, STATE)
    assert path.name == "step-00001234"
    assert saved.groups == ("model", "scores")
    for group, tensors in groups.items():
        again = saved.tensors(group)
        assert sorted(again) == sorted(tensors)
        for name, tensor in tensors.items():
            assert again[name].dtype == tensor.dtype
            assert torch.equal(again[name], tensor)


@given(plain_values)
@settings(max_examples=20, deadline=None)
def test_plain_state_comes_back_exactly(tmp_path_factory, value):
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.save(1, {}, {"value": value, "keys": {2: "b", 10: "a"}})
    assert folder.latest().state == {"value": value, "keys": {"2": "b", "10": "a"}}


def test_an_empty_folder_has_no_checkpoint_and_no_best(tmp_path):
    folder = RunFolder(tmp_path / "run")
    assert folder.latest() is None
    assert folder.best() is None
    assert not folder.out.exists()


def test_the_newest_are_kept_and_the_others_go(tmp_path):
    folder = RunFolder(tmp_path, keep=2)
    for step in (1, 2, 99_999_999, 100_000_000):
        folder.save(step, groups_of(0), {})
    assert steps_in(folder) == ["step-100000000", "step-99999999"]
    assert folder.latest().step == 100_000_000


@pytest.mark.parametrize("name", ["model.safetensors", "scores.safetensors", "state.json"])
@pytest.mark.parametrize("harm", [damage, lambda path: path.unlink()])
def test_a_damaged_checkpoint_is_named_and_passed_over(tmp_path, caplog, name, harm):
    folder = RunFolder(tmp_path)
    folder.save(1, groups_of(1), {})
    harm(folder.save(2, groups_of(2), STATE) / name)
    with caplog.at_level(logging.WARNING):
        assert folder.latest().step == 1
    (record,) = caplog.records
    assert "step-00000002 is passed over" in record.getMessage()


def test_a_damaged_checkpoint_takes_no_place_of_a_whole_one(tmp_path):
    folder = RunFolder(tmp_path, keep=2)
    folder.save(10, groups_of(1), {})
    folder.save(20, groups_of(2), {})
    damage(tmp_path / "checkpoints" / "step-00000020" / "model.safetensors")
    assert folder.latest().step == 10
    folder.save(15, groups_of(3), {})
    assert steps_in(folder) == ["step-00000010", "step-00000015"]
    assert folder.latest().step == 15


def test_a_newer_whole_checkpoint_that_was_not_asked_for_stays(tmp_path):
    folder = RunFolder(tmp_path, keep=1)
    folder.save(20, groups_of(2), {})
    folder.save(10, groups_of(1), {})
    assert steps_in(folder) == ["step-00000010", "step-00000020"]


def test_a_step_saved_again_is_replaced(tmp_path):
    folder = RunFolder(tmp_path)
    folder.save(5, groups_of(1), {"epoch": 1})
    folder.save(5, groups_of(2), {"epoch": 2})
    assert steps_in(folder) == ["step-00000005"]
    assert folder.latest().state == {"epoch": 2}
    assert folder.latest().tensors("model")["b"] == 2


def test_a_damaged_step_saved_again_is_whole(tmp_path):
    folder = RunFolder(tmp_path, keep=1)
    damage(folder.save(5, groups_of(1), {}) / "model.safetensors")
    assert folder.latest() is None
    folder.save(5, groups_of(2), {})
    assert steps_in(folder) == ["step-00000005"]
    assert folder.latest().step == 5


def test_a_kill_between_the_renames_of_a_second_saving_loses_nothing(tmp_path):
    folder = RunFolder(tmp_path, keep=1)
    path = folder.save(5, groups_of(1), {"epoch": 1})
    path.rename(path.with_name(f"{path.name}.old"))
    assert folder.latest().state == {"epoch": 1}
    folder.save(5, groups_of(2), {"epoch": 2})
    assert steps_in(folder) == ["step-00000005"]


def test_what_was_being_written_is_never_read_and_swept_away(tmp_path):
    folder = RunFolder(tmp_path)
    path = folder.save(5, groups_of(1), {})
    shutil.copytree(path, path.with_name(".step-00000009.part"))
    assert folder.latest().step == 5
    folder.save(6, groups_of(2), {})
    assert steps_in(folder) == ["step-00000005", "step-00000006"]


@pytest.mark.parametrize("content", ["[]", "{}", "{", '{"sha256": 1, "step": 1, "files": []}'])
def test_a_note_that_is_none_makes_no_checkpoint(tmp_path, content):
    path = RunFolder(tmp_path).save(1, groups_of(1), {})
    (path / "state.json").write_text(content, "utf-8")
    with pytest.raises(ValueError, match=r"state\.json is damaged"):
        read_checkpoint(path)


def test_a_note_that_was_altered_makes_no_checkpoint(tmp_path):
    note = RunFolder(tmp_path).save(1, groups_of(1), {"epoch": 2}) / "state.json"
    note.write_text(note.read_text("utf-8").replace('"epoch": 2', '"epoch": 3'), "utf-8")
    with pytest.raises(ValueError, match=r"state\.json is damaged"):
        read_checkpoint(note.parent)


@pytest.mark.parametrize("group", ["", "Model", "../model", "a b"])
def test_a_group_that_cannot_name_a_file_is_refused(tmp_path, group):
    with pytest.raises(ValueError, match="cannot name a group"):
        RunFolder(tmp_path).save(1, {group: {}}, {})


def test_a_state_that_json_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    folder = RunFolder(tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        folder.save(1, groups_of(1), {"best": float("-inf")})
    assert steps_in(folder) == []


def test_keeping_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="keep is 0"):
        RunFolder(tmp_path, keep=0)
