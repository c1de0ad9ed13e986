"""What a shot cannot show, told by where its box lies in the frame and whether it has colours."""

from typing import Final

from detectors.boxes import cut_off
from detectors.types import Box
from retrieval.types import Hidden

#: Of somebody upright; where less is left, the cut goes above the knees.
LEGS_NEED: Final = 0.65


def hidden_in(box: Box, width: int, height: int, *, is_grey: bool) -> Hidden:
    """What a shot hides, whatever the person wears.

    Args:
        box: where the person stood, pixels of the full frame.
        width: of that frame, pixels.
        height: likewise.
        is_grey: whether its picture has no colours.

    >>> hidden_in(Box(100, 50, 160, 200), 640, 360, is_grey=True)
    <Hidden.COLOUR: 8>
    """
    cut = cut_off(box, width, height)
    hidden = Hidden.COLOUR if is_grey else Hidden.NOTHING
    if cut.above:
        hidden |= Hidden.HEAD
    if cut.below:
        hidden |= Hidden.FEET
        if cut.share_left < LEGS_NEED:
            hidden |= Hidden.LEGS
    return hidden
