"""What a single view shows of somebody: captions may speak of nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.street.look import Garment, Look, prints_behind
from pipeline.street.words.fits import reaches_below, shown_lower, shown_upper

Colouring = Literal["colour", "grey", "infrared"]
Side = Literal["front", "back", "left", "right"]

#: Heights of a body in pixels below which nobody makes out: its bag or hair, its glasses.
SMALL_PX, FINE_PX, PATTERN_PX = 70.0, 110.0, 90.0
#: Shares of the height that must lie beyond an edge for head, feet or legs to be lost.
_HEAD, _FEET, _LEGS = 0.04, 0.025, 0.40


@dataclass(frozen=True, slots=True)
class View:
    """How somebody is seen.

    Attributes:
        side: which side of them faces the camera.
        above: share of the body's height cut off above.
        below: share of the body's height cut off below.
        height_px: of the whole body.
        light: `grey` and `infrared` pictures have no colours; infrared has no honest shades either.
        activity: `walking`, `standing`, `phoning` or `turning`; None where a still does not tell.
    """

    side: Side = "front"
    above: float = 0.0
    below: float = 0.0
    height_px: float = 200.0
    light: Colouring = "colour"
    activity: str | None = None

    @property
    def is_small(self) -> bool:
        """Whether small things are lost."""
        return self.height_px < SMALL_PX

    @property
    def shows_face(self) -> bool:
        """Whether glasses and a beard would be seen."""
        return self.side != "back" and self.shows_head and self.height_px >= FINE_PX

    @property
    def shows_head(self) -> bool:
        """Whether the head is in the picture."""
        return self.above < _HEAD

    @property
    def shows_patterns(self) -> bool:
        """Whether stripes, checks and dots would be seen; infrared light washes dyes out."""
        return self.height_px >= PATTERN_PX and self.light != "infrared"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a caption will speak of.

    Attributes:
        look: who it is about.
        uppers: tops and outer garments, outermost first.
        lower: trousers or skirt.
        shoes: on the feet.
        hat: on the head.
        carried: in hand or on shoulders.
        plain: which of `gender`, `age`, `build`, `hair`, `beard` and `glasses` to tell.
        activity: what they do.
        absent: what they lack: `hat`, `bag`, `glasses`, `jacket`, `beard`.
    """

    look: Look
    uppers: tuple[Garment, ...] = ()
    lower: Garment | None = None
    shoes: Garment | None = None
    hat: Garment | None = None
    carried: tuple[Garment, ...] = ()
    plain: frozenset[str] = field(default_factory=frozenset)
    activity: str | None = None
    absent: tuple[str, ...] = ()


def visible(look: Look, view: View) -> Facts:
    """All that a view shows."""
    return Facts(
        look,
        uppers=tuple(_as_seen(garment, look, view) for garment in _uppers(look, view)),
        lower=_lower(look, view),
        shoes=look.shoes if _shows_shoes(look, view) else None,
        hat=look.hat if view.shows_head else None,
        carried=tuple(_carried(look, view)),
        plain=frozenset(_plain(look, view)),
        activity=view.activity,
        absent=tuple(_absent(look, view)),
    )


def _lower(look: Look, view: View) -> Garment | None:
    """From behind an open coat hides as much as a closed one."""
    bottom = shown_lower(look)
    if bottom is None or view.below >= _LEGS:
        return None
    return bottom if view.side != "back" or reaches_below(look, bottom) else None


def _as_seen(garment: Garment, look: Look, view: View) -> Garment:
    """A garment, plain where its print is on the back and the camera in front."""
    if garment.pattern == "print" and view.side == "front" and prints_behind(look.body):
        return replace(garment, pattern="plain", second=None)
    return garment


def _shows_shoes(look: Look, view: View) -> bool:
    """Without colours only unusual shoes are worth a word."""
    telling = view.light == "colour" or look.shoes.kind in ("boots", "sandals", "heels")
    return telling and view.below < _FEET and not view.is_small


def _uppers(look: Look, view: View) -> Iterator[Garment]:
    for garment in shown_upper(look):
        is_beneath = look.outer is not None and garment is look.top
        if is_beneath and look.outer is not None and not look.outer_open:
            if view.below < _LEGS and not view.is_small:
                yield garment  # a dress below a closed coat
        elif not is_beneath or (view.side != "back" and not view.is_small):
            yield garment


def _carried(look: Look, view: View) -> Iterator[Garment]:
    for thing in look.carried:
        on_ground = thing.kind in ("suitcase", "shopping bag")
        if view.is_small and thing.kind not in ("suitcase", "rucksack", "umbrella"):
            continue
        if on_ground and view.below > 0.15:
            continue
        yield thing


def _plain(look: Look, view: View) -> Iterator[str]:
    yield from ("gender", "age", "build")
    if not view.shows_head:
        return
    if not view.is_small and shows_hair(look):
        yield "hair"
    if view.shows_face:
        if look.hair.beard:
            yield "beard"
        if look.glasses is not None:
            yield "glasses"


def shows_hair(look: Look) -> bool:
    """Whether a hat leaves any hair, or a bald head, to see."""
    if look.hat is None:
        return True
    return look.hat.kind not in ("hood", "helmet") and look.hair.length != "bald"


def _absent(look: Look, view: View) -> Iterator[str]:
    if view.shows_head and look.hat is None and not view.is_small:
        yield "hat"
    if not look.carried and view.below < _LEGS and not view.is_small:
        yield "bag"
    if view.shows_face and view.side == "front":
        if look.glasses is None:
            yield "glasses"
        if look.body.gender == "man" and not look.hair.beard:
            yield "beard"
    if look.outer is None:
        yield "jacket"
