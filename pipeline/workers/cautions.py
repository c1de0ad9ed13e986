"""What to know before an answer is trusted, a line each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from retrieval.search.calibration import LEAST_TRACKS, Calibration, Judgement

UNTRAINED = (
    "this model has no trained weights: the ranking means nothing. Install trained ones with "
    "'descry models pull NAME' or 'descry models import FILE --name NAME'"
)

SYNTHETIC = (
    "synthetic weights: learnt on rendered people only; for real footage run 'descry models pull "
    "yolo11n' and 'descry models pull openai-clip-b16', or 'descry models import' for GA-DMS"
)

ON_SYNTHETIC = "synthetic people"
"""What such weights learnt on, where figures are told of them."""

ROUGH = (
    "the probabilities are rough: nobody has calibrated this model, so each score is only held "
    "against the other tracks of this index"
)

UNJUDGED = (
    "no probability, and 'no likely match' is not judged: nobody has calibrated this model, and "
    f"fewer than {LEAST_TRACKS} tracks are no measure of a score"
)

STILL_READING = "the index is still being read: older shots may be missing"


@dataclass(frozen=True, slots=True)
class Trust:
    """What is known of the models, before any is asked.

    Attributes:
        calibration: of the encoder; None for one without trained weights.
        synthetic: names of the models that were trained on rendered people only.
    """

    calibration: Calibration | None = None
    synthetic: frozenset[str] = frozenset()

    def trained_on(self, encoder: str) -> str | None:
        """What an encoder saw in training, where that is a reason for care."""
        return ON_SYNTHETIC if encoder in self.synthetic else None


def cautions_about_models(trust: Trust, *, is_trained: bool, models: Collection[str]) -> list[str]:
    """What the weights behind an answer give reason to say.

    Args:
        trust: what is known of the models.
        is_trained: whether the encoder is.
        models: names of the encoder, and of the detectors that found the tracks.
    """
    cautions = [] if is_trained else [UNTRAINED]
    return cautions if trust.synthetic.isdisjoint(models) else [*cautions, SYNTHETIC]


def cautions_about_judgement(
    calibration: Calibration | None, judgement: Judgement | None
) -> list[str]:
    """What the probabilities of hits, or that there are none, give reason to say."""
    if calibration is None:
        return []
    if judgement is None:
        return [UNJUDGED]
    return [] if calibration.is_fitted else [ROUGH]


def cautions_about_index(skipped: Mapping[str, int], *, is_whole: bool) -> list[str]:
    """What the state of the index gives reason to say.

    Args:
        skipped: shots that are not searched, by the model that embedded them.
        is_whole: whether all that was there at the start has been read.
    """
    cautions = []
    if skipped:
        others = ", ".join(f"{count} of {model}" for model, count in sorted(skipped.items()))
        cautions.append(
            f"not searched, because another model embedded them: {others} shots; 'descry reindex "
            "--model NAME' embeds all that is kept with one model"
        )
    return cautions if is_whole else [*cautions, STILL_READING]


def cautions_about_parts(missing: Sequence[str]) -> list[str]:
    """What parts of the index that are away give reason to say."""
    if not missing:
        return []
    return [f"not all is searched: of the index {', '.join(missing)} did not answer in full"]
