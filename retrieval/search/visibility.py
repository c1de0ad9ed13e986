"""Which shots can show what a phrase speaks of."""

from collections.abc import Mapping
from types import MappingProxyType

from retrieval.search.phrases import Phrase, PhraseKind
from retrieval.types import Hidden, Sighting

#: A shot lower than this, in pixels of the frame, shows nothing that a verdict could rest on.
LEAST_HEIGHT_PX = 40.0

#: What hides each kind of thing; a kind that is not listed is hidden by nothing but smallness.
HIDING: Mapping[PhraseKind, Hidden] = MappingProxyType(
    {
        PhraseKind.LOWER: Hidden.LEGS,
        PhraseKind.FOOTWEAR: Hidden.FEET | Hidden.LEGS,
        PhraseKind.HEADWEAR: Hidden.HEAD,
        PhraseKind.HAIR: Hidden.HEAD,
    }
)


def can_show(sighting: Sighting, phrase: Phrase) -> bool:
    """Whether a verdict about `phrase` may rest on this shot."""
    hiding = HIDING.get(phrase.kind, Hidden.NOTHING)
    if phrase.colours:
        hiding |= Hidden.COLOUR
    return sighting.box.height >= LEAST_HEIGHT_PX and not sighting.hidden & hiding
