"""The next step for whoever has only the bundled weights, which learnt on rendered people."""

import sys
from collections.abc import Collection

#: What to type for real footage, a line each.
FOR_REAL_FOOTAGE = """\
For real footage, take weights that were trained on it:
  descry models pull yolo11n                          finds people
  descry models pull openai-clip-b16                  an encoder with an address of its own
  descry models import FILE --name ga-dms-pretrained  GA-DMS, once you have fetched it
  descry reindex --model openai-clip-b16              change to it, with all that is kept
  descry replay YOUR.mp4 --camera door --detector yolo11n
  descry search 'man in a black hoodie'
"""


def say_next_step(used: Collection[str], synthetic: Collection[str]) -> None:
    """Say on standard error what to do for real footage, if any model used is synthetic.

    Args:
        used: names of the models that a command ran with.
        synthetic: names of those that learnt on rendered people only.
    """
    weights = sorted(set(used) & set(synthetic))
    if weights:
        sys.stderr.write(
            f"synthetic weights ({', '.join(weights)}): learnt on rendered people only.\n"
            f"{FOR_REAL_FOOTAGE}"
        )
