"""What needs no model against the recording: tokens, losses, rates, rankings, pooling.

Each test runs over the whole recording where it is at hand, and over the part of it that lies
with the tests everywhere.
"""

import json
from pathlib import Path

import torch
from PIL import Image

from retrieval.gadms.gradient_attention import pool_scales, pooling_matrix
from retrieval.gadms.losses import info_nce_loss, sdm_loss
from retrieval.gadms.model import Gadms
from retrieval.gadms.reference_layout import reference_state
from retrieval.tokenizer import END_ID, MASK_ID, START_ID, tokenize
from retrieval.training.datasets import open_dataset
from retrieval.training.metrics import metrics_of_similarity
from retrieval.training.schedule import learning_rate_at
from tests.recording import CONFIG, Recording


def test_captions_become_the_recorded_ids(recorded_units: Recording):
    ids = tokenize(list(recorded_units["texts"]))
    recorded_units.compare_exactly("caption_ids_ori", ids)
    recorded_units.compare_exactly("eos_position", ids.argmax(axis=1))
    recorded_units.compare_exactly("special_ids", [MASK_ID, START_ID, END_ID])


def test_every_tokeniser_case_but_a_spelt_out_mask_gives_the_recorded_ids(
    recorded_units: Recording,
):
    texts = [str(text) for text in recorded_units["tok_texts"]]
    ids = tokenize(texts)
    (spelt_out,) = [number for number, text in enumerate(texts) if "<|mask|>" in text]
    # Ours reads it as letters: no text may become the mask.
    assert MASK_ID not in ids[spelt_out]
    assert MASK_ID in recorded_units["tok_ids"][spelt_out]
    ids[spelt_out] = recorded_units["tok_ids"][spelt_out]
    recorded_units.compare_exactly("tok_ids", ids)


def test_captions_survive_a_data_set(recorded_units: Recording, tmp_path: Path):
    """What a data set was written with is what is learnt from, entities and blanks included."""
    Image.new("RGB", (8, 16)).save(tmp_path / "person.png")
    texts = [str(text) for text in recorded_units["texts"]]
    entry = {"image": "person.png", "captions": texts, "identity": 1}
    (tmp_path / "people.jsonl").write_text(json.dumps(entry) + "\n")
    table = open_dataset("jsonl", tmp_path).split("test")
    recorded_units.compare_exactly("texts", list(table.captions))


def test_the_losses_of_features_alone_match(recorded_units: Recording):
    images = recorded_units.tensor("unit_sdm_img")
    texts, identities = (recorded_units.tensor(f"unit_sdm_{name}") for name in ("txt", "pid"))
    recorded_units.compare("unit_sdm_loss", sdm_loss(images, texts, identities), within=1e-4)
    recorded_units.compare("unit_itc_loss", info_nce_loss(images, texts), within=1e-5)


def test_the_metrics_match(recorded_units: Recording):
    measured = metrics_of_similarity(
        recorded_units["rank_similarity"],
        recorded_units["rank_q_pids"],
        recorded_units["rank_g_pids"],
    )
    recorded_units.compare("rank_cmc", measured.cmc[:10], within=1e-4)
    recorded_units.compare("rank_mAP", measured.map, within=1e-4)
    recorded_units.compare("rank_mINP", measured.minp, within=1e-4)


def test_the_learning_rates_match(recorded_units: Recording):
    for name, epochs in (("lr_pretrain_30", 30), ("lr_finetune_60", 60)):
        rates = [learning_rate_at(e, base=1e-5, epochs=epochs) for e in range(1, epochs + 1)]
        recorded_units.compare(name, rates, within=1e-12)


def test_multi_scale_pooling_matches(recorded_units: Recording):
    queries = recorded_units.tensor("gass_msp_example_in").transpose(0, 1)
    pooled = pool_scales(queries).transpose(0, 1)
    recorded_units.compare("gass_msp_example_out", pooled, within=1e-5)
    by_matrix = (pooling_matrix(77, (1, 2)).float() @ queries).transpose(0, 1)
    recorded_units.compare("gass_msp_example_out", by_matrix, within=1e-5)


def test_the_model_has_the_recorded_parameters(recorded_units: Recording):
    """Names, types and shapes of the reference's checkpoints, before and after fine-tuning."""
    for prefix, classes in (("ckpt", None), ("ft_ckpt", 11)):
        with torch.device("meta"):
            shapes = Gadms(CONFIG, classes=classes).state_dict()
        state = reference_state({k: torch.zeros(v.shape) for k, v in shapes.items()}, prefix="")
        rows = [(k, str(v.dtype), str(tuple(v.shape))) for k, v in sorted(state.items())]
        for part, column in zip(("keys", "dtypes", "shapes"), zip(*rows, strict=True), strict=True):
            recorded_units.compare_exactly(f"{prefix}_{part}", column)
