"""A detector learns in bfloat16 where that is fast, with its loss and its boxes in float32."""

import copy

import pytest
import torch
import yaml

from detectors.mixed_precision import halves_are_fast, learn_in_halves
from detectors.offline import prepare_ultralytics
from detectors.safetensors_weights import Architecture


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    prepare_ultralytics(folder / "ultralytics")
    from ultralytics.cfg import get_cfg
    from ultralytics.nn.tasks import DetectionModel

    shape = Architecture(depth=0.33, width=0.0625)
    (folder / "model.yaml").write_text(yaml.safe_dump(shape.to_yaml()))
    torch.manual_seed(0)
    model = DetectionModel(str(folder / "model.yaml"), verbose=False)
    model.args = get_cfg()
    return model.train()


def batch_of(count: int) -> dict[str, torch.Tensor]:
    pictures = torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    return {
        "img": pictures,
        "batch_idx": torch.arange(count).float(),
        "cls": torch.zeros(count, 1),
        "bboxes": torch.full((count, 4), 0.4),
    }


def test_the_loss_is_nearly_that_of_float32_and_of_that_type(network):
    light = copy.deepcopy(network)
    exact, _ = network(batch_of(4))
    learn_in_halves(light, torch.device("cpu"))
    computed = []
    light.model[0].conv.register_forward_hook(lambda _, _given, out: computed.append(out.dtype))
    loss, _ = light(batch_of(4))
    assert computed == [torch.bfloat16]
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, exact, rtol=0.02, atol=0.02)


def test_weights_and_their_gradients_stay_in_float32(network):
    light = copy.deepcopy(network)
    learn_in_halves(light, torch.device("cpu"))
    light(batch_of(2))[0].sum().backward()
    gradients = [p.grad.dtype for p in light.parameters() if p.grad is not None]
    assert set(gradients) == {torch.float32}
    assert {p.dtype for p in light.parameters()} == {torch.float32}


def test_a_copy_made_before_and_pictures_alone_are_as_ever(network):
    light = copy.deepcopy(network).eval()
    saved = copy.deepcopy(light)
    learn_in_halves(light, torch.device("cpu"))
    pictures = batch_of(2)["img"]
    assert "forward" not in vars(saved)
    with torch.no_grad():
        torch.testing.assert_close(light(pictures)[0], saved(pictures)[0])


def test_halves_are_asked_for_where_the_processor_has_them(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert halves_are_fast(torch.device("cpu"))
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert not halves_are_fast(torch.device("cpu"))
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert not halves_are_fast(torch.device("cpu"))
