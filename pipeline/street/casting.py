"""Who walks the street: people drawn so that age, occasion, weather and clothes go together.

Training, validation and test never share how a garment is cut or how its colour is shaded
(`SHAPES`, `TONES`), nor what is worn with what (`split_of`).
"""

import zlib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Literal

import numpy as np

from pipeline.street.look import Body, Garment, Hair, Look
from pipeline.street.roles import AGES, ROLES, SEASONS, Role, season_weight
from pipeline.street.wardrobe import CLOSABLE, HOODED, KINDS, SECONDS, Weights, pick

Split = Literal["train", "val", "test"]
Bands = tuple[tuple[float, float], ...]

#: Where `Garment.shape` of each split lies.
SHAPES: Mapping[Split, Bands] = MappingProxyType(
    {
        "test": ((0.22, 0.30), (0.72, 0.80)),
        "val": ((0.46, 0.54),),
        "train": ((0.0, 0.20), (0.32, 0.44), (0.56, 0.70), (0.82, 1.0)),
    }
)

#: Where `Garment.tone` of each split lies.
TONES: Mapping[Split, Bands] = MappingProxyType(
    {
        "test": ((0.10, 0.20), (0.62, 0.72)),
        "val": ((0.38, 0.46),),
        "train": ((0.0, 0.09), (0.21, 0.37), (0.47, 0.61), (0.73, 1.0)),
    }
)

TEST_SHARE, VAL_SHARE = 20, 10
"""Of 100 pairs of clothes: those worn only by people of the test set, and of the validation set."""


def split_of(look: Look) -> Split:
    """The only split in which anybody wears this upper and lower garment together.

    The pair is the outermost upper garment and the bottom, each by kind and colour; under a
    dress it is the outer garment and the dress, or the dress and the shoes.
    """
    upper = look.outer or look.top
    lower = look.bottom or (look.top if look.outer else look.shoes)
    pair = f"{upper.colour} {upper.kind}/{lower.colour} {lower.kind}"
    share = zlib.crc32(pair.encode()) % 100
    if share < TEST_SHARE:
        return "test"
    return "val" if share < TEST_SHARE + VAL_SHARE else "train"


def cast(rng: np.random.Generator, person: str, split: Split) -> Look:
    """Draw somebody of a split, dressed as people are."""
    while True:
        look = _draw(rng, person, split)
        if split_of(look) == split:
            return look


def cast_many(rng: np.random.Generator, count: int, split: Split, prefix: str = "p") -> list[Look]:
    """`count` people named `p0001`, `p0002` and so on."""
    return [cast(rng, f"{prefix}{number:04d}", split) for number in range(1, count + 1)]


def cast_apart(
    rng: np.random.Generator, count: int, split: Split, prefix: str = "p", tries: int = 60
) -> list[Look]:
    """`count` people whom a sentence each tells apart: each is drawn to differ most from the rest.

    Meant for small streets; of `tries` drawn for each place the most different one is taken.
    """
    people: list[Look] = []
    for number in range(1, count + 1):
        drawn = [cast(rng, f"{prefix}{number:04d}", split) for _ in range(tries if people else 1)]
        people.append(max(drawn, key=lambda one: min([difference(one, p) for p in people] or [0])))
    return people


def difference(one: Look, other: Look) -> float:
    """How much tells two people apart in a sentence; 0 for nothing."""
    points = float(one.body.gender != other.body.gender) + (one.body.age != other.body.age)
    for mine, theirs in (
        (one.outer or one.top, other.outer or other.top),
        (one.bottom, other.bottom),
        (one.hat, other.hat),
        (_first(one.carried), _first(other.carried)),
    ):
        if mine is None or theirs is None:
            points += 1.5 * (mine is not theirs)
        else:
            points += 1.5 * (mine.colour != theirs.colour) + (mine.kind != theirs.kind)
    return points


def _first(carried: tuple[Garment, ...]) -> Garment | None:
    return carried[0] if carried else None


def _draw(rng: np.random.Generator, person: str, split: Split) -> Look:
    role = ROLES[pick(rng, {name: role.share for name, role in ROLES.items()})]
    season = pick(rng, SEASONS)
    body = _body(rng, role)
    wear = _Dresser(rng, split, role, season, body)
    top = wear.one(role.tops)
    outer = wear.maybe(role.outers)
    bottom = None if top.kind == "dress" else wear.one(role.bottoms)
    shoes = wear.one(role.shoes)
    hat = _hood(wear, outer) or wear.maybe(role.hats)
    look = Look(person, body, _hair(rng, body), top, bottom, shoes, outer, hat=hat)
    return replace(
        look,
        outer_open=outer is not None and _is_open(rng, outer, season),
        glasses=_glasses(rng, body, season),
        carried=wear.carried(role.carried),
    )


class _Dresser:
    """Draws garments for one person in one season, of one split."""

    def __init__(
        self, rng: np.random.Generator, split: Split, role: Role, season: str, body: Body
    ) -> None:
        self.rng, self._split, self._role, self.season = rng, split, role, season
        self._is_female = body.gender in ("woman", "girl")
        self._is_child = body.age == "child"

    def one(self, kinds: Weights) -> Garment:
        """A garment of one of `kinds`."""
        return self._garment(pick(self.rng, self._suiting(kinds)))

    def maybe(self, kinds: Weights) -> Garment | None:
        """A garment of one of `kinds`, or none where `none` is drawn."""
        kind = pick(self.rng, self._suiting(kinds))
        return None if kind == "none" else self._garment(kind)

    def carried(self, kinds: Weights) -> tuple[Garment, ...]:
        """None, one or two things."""
        first = self.maybe(kinds)
        if first is None:
            return ()
        second = self.maybe(kinds) if self.rng.random() < 0.15 else None
        both_bags = second is not None and {first.kind, second.kind} <= _ON_SHOULDERS
        return (
            (first,)
            if second is None or second.kind == first.kind or both_bags
            else (first, second)
        )

    def _suiting(self, kinds: Weights) -> dict[str, float]:
        return {
            kind: weight * season_weight(kind, self.season)
            for kind, weight in kinds.items()
            if kind == "none" or self._suits(kind)
        }

    def _suits(self, kind: str) -> bool:
        if self._is_child and kind in ("heels", "handbag", "blazer"):
            return False
        return self._is_female or KINDS[kind].only != "woman"

    def _garment(self, kind: str) -> Garment:
        rng, entry = self.rng, KINDS[kind]
        colour, pattern = pick(rng, entry.colours), pick(rng, entry.patterns)
        seconds = {name: weight for name, weight in SECONDS.items() if _contrasts(name, colour)}
        second = None if pattern == "plain" else pick(rng, seconds)
        shape, tone = _of(rng, SHAPES[self._split]), _of(rng, TONES[self._split])
        return Garment(kind, colour, pattern, second, shape, tone)


_ON_SHOULDERS = frozenset({"shoulder bag", "handbag", "rucksack"})
_ALIKE = (
    {"black", "navy", "grey"}, {"white", "cream", "beige", "light blue"}, {"red", "burgundy"},
    {"blue", "navy", "light blue", "teal"}, {"green", "olive", "teal"}, {"yellow", "orange"},
)  # fmt: skip


def _contrasts(second: str, colour: str) -> bool:
    return second != colour and not any({second, colour} <= alike for alike in _ALIKE)


def _hood(wear: _Dresser, outer: Garment | None) -> Garment | None:
    if outer is None or outer.kind not in HOODED:
        return None
    chance = {"hoodie": 0.14, "coat": 0.06, "jacket": 0.07, "puffer jacket": 0.09}[outer.kind]
    if wear.rng.random() >= chance:
        return None
    return replace(outer, kind="hood", pattern="plain", second=None)


def _is_open(rng: np.random.Generator, outer: Garment, season: str) -> bool:
    if outer.kind not in CLOSABLE:
        return True
    chance = {"warm": 0.7, "mild": 0.45, "cold": 0.18}[season]
    return bool(rng.random() < chance)


def _glasses(rng: np.random.Generator, body: Body, season: str) -> str | None:
    plain = {"child": 0.06, "young": 0.14, "adult": 0.2, "elderly": 0.4}[body.age]
    dark = {"warm": 0.16, "mild": 0.06, "cold": 0.02}[season]
    return {"glasses": "glasses", "sunglasses": "sunglasses"}.get(
        pick(rng, {"glasses": plain, "sunglasses": dark, "none": 1 - plain - dark})
    )


def _body(rng: np.random.Generator, role: Role) -> Body:
    age = pick(rng, role.ages)
    female = bool(rng.random() < role.women)
    names = ("girl", "boy") if age == "child" else ("woman", "man")
    return Body(
        gender=names[0] if female else names[1],
        age=age,
        build=pick(rng, AGES[age].builds),
        height=pick(rng, {"short": 1.0, "average": 2.4, "tall": 1.0}),
        skin=pick(rng, {"light": 5.0, "olive": 2.0, "brown": 2.0, "dark": 1.6}),
        seed=int(rng.integers(2**31)),
    )


def _hair(rng: np.random.Generator, body: Body) -> Hair:
    female = body.gender in ("woman", "girl")
    lengths = {"short": 1.2, "medium": 2.5, "long": 4.5} if female else AGES[body.age].mens_hair
    length = pick(rng, lengths)
    colours = AGES[body.age].hair_colours
    if body.skin in ("brown", "dark"):
        colours = {name: weight for name, weight in colours.items() if name in _DARK_HAIR}
    styles = {"straight": 3.0, "curly": 1.2}
    if length == "long":
        styles = {"loose": 3.0, "ponytail": 1.5, "bun": 1.0}
    style = "straight" if length == "bald" else pick(rng, styles)
    bearded = body.gender == "man" and bool(rng.random() < 0.3)
    return Hair(length, pick(rng, colours), style, bearded)


_DARK_HAIR = frozenset({"black", "brown", "grey", "white"})


def _of(rng: np.random.Generator, bands: Bands) -> float:
    """Evenly from bands, each in proportion to its width."""
    widths = np.array([high - low for low, high in bands])
    place = float(rng.random() * widths.sum())
    for (low, high), width in zip(bands, widths.tolist(), strict=True):
        if place <= width:
            return round(min(low + place, high), 4)
        place -= width
    return bands[-1][1]
