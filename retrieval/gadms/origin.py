"""What an encoder learnt from, in a word that its files carry from training to export and back."""

from typing import Literal, get_args

Origin = Literal["synthetic", "began-synthetic"]
"""Rendered people only; or such weights first and other pictures since."""

NOTES: dict[Origin, str] = {
    "synthetic": "learnt on synthetic people only",
    "began-synthetic": "began with synthetic weights",
}
"""The same for a person who reads a list of models."""


def as_origin(said: object) -> Origin | None:
    """What a file says, if it is such a word; None where it says nothing that we know.

    >>> as_origin("synthetic"), as_origin("elsewhere"), as_origin(["synthetic"])
    ('synthetic', None, None)
    """
    return next((word for word in get_args(Origin) if word == said), None)


def origin_after(start: Origin | None, *, has_start: bool, is_drawn: bool) -> Origin | None:
    """The origin of a model that trained on.

    Args:
        start: of the weights that it began with.
        has_start: whether it began with any; else they were drawn at random.
        is_drawn: whether all that it learnt from is known to be rendered.

    >>> origin_after(None, has_start=False, is_drawn=True)
    'synthetic'
    >>> origin_after("synthetic", has_start=True, is_drawn=False)
    'began-synthetic'
    >>> origin_after(None, has_start=True, is_drawn=True) is None
    True
    """
    if is_drawn:
        return start if has_start else "synthetic"
    return None if start is None else "began-synthetic"
