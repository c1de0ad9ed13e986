"""Records what proves the numbers where the reference's own recording is not at hand.

    python tests/data/record_small_run.py PARITY_FOLDER

Writes, beside this file:

* `reference_units.npz`: those arrays of the recorded reference run that need no model;
* `small_run.npz`: a run of our implementation at a very small size. It says that nothing has
  changed since our implementation agreed with the reference in every recorded array, which
  `pytest -k parity` shows first.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.small_run import run_small

FOLDER = Path(__file__).resolve().parent
UNITS = (
    "caption_ids_ori", "eos_position", "special_ids", "tok_texts", "tok_ids", "texts",
    "mask_sim_in", "noise_text", "mlm_ids", "mlm_labels", "mask_many_sim_in", "mask_many_mlm_ids",
    "mask_many_mlm_labels", "mask_many_noise_text", "mask_many_noise_labels", "ft_mlm_ids",
    "ft_mlm_labels", "prob_s", "prob_informative", "prob_noise", "unit_sdm_img", "unit_sdm_txt",
    "unit_sdm_pid", "unit_sdm_loss", "unit_itc_loss", "rank_similarity", "rank_q_pids",
    "rank_g_pids", "rank_cmc", "rank_mAP", "rank_mINP", "lr_pretrain_30", "lr_finetune_60",
    "ckpt_keys", "ckpt_dtypes", "ckpt_shapes", "ft_ckpt_keys", "ft_ckpt_dtypes", "ft_ckpt_shapes",
    "gass_msp_example_in", "gass_msp_example_out",
)  # fmt: skip


def main() -> None:
    parity = Path(sys.argv[1])
    with np.load(parity / "outputs.npz", allow_pickle=False) as arrays:
        units = {name: arrays[name] for name in UNITS}
    np.savez_compressed(FOLDER / "reference_units.npz", allow_pickle=False, **units)
    np.savez_compressed(FOLDER / "small_run.npz", allow_pickle=False, **run_small())


if __name__ == "__main__":
    main()
