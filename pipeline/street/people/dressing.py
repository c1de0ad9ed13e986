"""A person dressed: skin, hair, clothes and things put on, and what they hide taken off."""

import numpy as np
from numpy.typing import NDArray

from pipeline.street import cuts
from pipeline.street.look import Look
from pipeline.street.mesh import Material, Pattern
from pipeline.street.people import garments, hair, hats, shoes, things, trimming
from pipeline.street.people.atlas import Atlas
from pipeline.street.people.bodies import Shape
from pipeline.street.people.cloth import Piece
from pipeline.street.people.fabrics import fabric, hair_rgb, second_fabric, skin_rgb
from pipeline.street.people.gait import Manner, phoning_hand
from pipeline.street.people.tailoring import UNDER

Floats = NDArray[np.float64]


def dressed(atlas: Atlas, shape: Shape, look: Look) -> tuple[list[Piece], Manner]:
    """Every piece of a person at rest, and the manner they move in."""
    seed = look.body.seed
    zones, pieces = _clothed(atlas, shape, look, seed)
    skin = atlas.surface("skin", shape)
    shod = _shod(atlas, shape, look)
    pieces = _tucked(pieces, shod, look)
    pieces += _carried(atlas, shape, look, pieces)
    pieces += _headed(atlas, shape, look, skin, seed)
    bare = _bare(skin, look, zones)
    colour = np.array(skin_rgb(look.body))
    ratio = np.array(hair_rgb(look)) / colour
    bare, socks = _socked(bare, look)
    pieces += socks
    bare = hair.painted_skin(bare, look.body, look.hair, ratio, seed)
    pieces.append(bare.of(Material(tuple(colour), gloss=0.12, infrared=0.75)))
    return [piece for piece in pieces if len(piece.faces)], _manner(look)


def _clothed(
    atlas: Atlas, shape: Shape, look: Look, seed: int
) -> tuple[list[garments.Zone], list[Piece]]:
    zones: list[garments.Zone] = []
    pieces: list[Piece] = []
    outermost: cuts.UpperCut | None = None
    for garment, opened in ((look.outer, look.outer_open), (look.top, False)):
        if garment is None:
            continue
        cut = cuts.upper_cut(garment.kind, garment.shape, opened=opened)
        if outermost is not None:
            cut = cuts.under(cut, outermost)
        outermost = cut
        sewn = garments.sewn_upper(atlas, shape, cut, fabric(garment), seed + len(pieces))
        sewn = trimming.trimmed(sewn, garment, look.body, opened)
        neck = trimming.collar(atlas, shape, garment, cut.neck, cut.ease_m, opened)
        if garment.kind == "hoodie" and (look.hat is None or look.hat.kind != "hood"):
            neck.append(hats.hood_behind(atlas, shape, garment.shape))
        sewn += [piece.of(fabric(garment)) for piece in neck]
        pieces += [_visible(piece, zones) for piece in sewn]
        zones.append(garments.upper_zone(cut))
    if look.bottom is not None:
        lower = cuts.lower_cut(look.bottom.kind, look.bottom.shape)
        sewn = garments.sewn_lower(atlas, shape, lower, fabric(look.bottom), seed + 9)
        pieces += [_visible(piece, zones) for piece in sewn]
        zones.append(garments.lower_zone(lower))
    return zones, pieces


def _tucked(pieces: list[Piece], shod: list[Piece], look: Look) -> list[Piece]:
    """Clothes and shoes, less what trousers hide of boots, or boots of tight trousers."""
    if look.bottom is None:
        return pieces + shod
    lower = cuts.lower_cut(look.bottom.kind, look.bottom.shape)
    top = shoes.shoe_cut(look.shoes.kind, look.shoes.shape).top
    if lower.tight > 0.5:
        inside = [piece.without(piece.home[:, 2] < top - 0.015) for piece in pieces]
        return [piece for piece in inside if len(piece.faces)] + shod
    return pieces + [_visible(piece, [garments.lower_zone(lower)]) for piece in shod]


def _visible(piece: Piece, zones: list[garments.Zone]) -> Piece:
    for zone in zones:
        piece = piece.without(zone(piece) > UNDER)
    return piece


def _shod(atlas: Atlas, shape: Shape, look: Look) -> list[Piece]:
    cut = shoes.shoe_cut(look.shoes.kind, look.shoes.shape)
    upper = fabric(look.shoes)
    sole = Material((0.75, 0.74, 0.70) if cut.pale else (0.03, 0.03, 0.03))
    return shoes.shod(atlas, shape, cut, upper, sole)


def _headed(atlas: Atlas, shape: Shape, look: Look, skin: Piece, seed: int) -> list[Piece]:
    material = Material(hair_rgb(look), pattern=Pattern.STRANDS, gloss=0.2, infrared=0.3)
    white = Material((0.50, 0.48, 0.46), gloss=0.4)
    grown = hair.grown(atlas, skin, look.hair, material, _pressed(look), seed)
    worn: list[Piece] = []
    if look.hat is not None:
        rim = hats.RIMS.get(look.hat.kind, 0.742)
        grown = [piece.without(piece.home[:, 2] > rim + 0.012) for piece in grown]
        worn += hats.on_head(atlas, shape, look.hat, fabric(look.hat))
    if look.glasses is not None:
        worn += hats.glasses(atlas, shape, look.glasses, seed)
    return [*grown, *worn, hair.eyes(atlas, shape, white)]


def _pressed(look: Look) -> hair.Pressed:
    """What keeps hair down or away."""
    worn = (
        0.006
        if look.outer is None
        else cuts.upper_cut(look.outer.kind, look.outer.shape, opened=look.outer_open).ease_m
    )
    return hair.Pressed(look.hat is not None, worn + 0.008)


def _carried(atlas: Atlas, shape: Shape, look: Look, clothes: list[Piece]) -> list[Piece]:
    hands = {kind: side for side, kind in _holding(look)}
    pieces: list[Piece] = []
    for thing in look.carried:
        side = hands.get(thing.kind, "R" if look.body.seed % 3 else "L")
        wearer = things.Wearer(atlas, shape, clothes, side)
        second = second_fabric(thing) if thing.second else fabric(thing)
        pieces += things.carried(wearer, thing, fabric(thing), second)
    side = phoning_hand(_manner(look))
    return pieces + things.phone(things.Wearer(atlas, shape, clothes, side))


def _bare(skin: Piece, look: Look, zones: list[garments.Zone]) -> Piece:
    bare = _visible(skin, zones)
    cut = shoes.shoe_cut(look.shoes.kind, look.shoes.shape)
    shod = (bare.home[:, 2] < cut.top - 0.02) & (bare.arm[:, 1] < 0.1) & (not cut.strappy)
    if look.hair.length != "bald":
        shod = shod | (hair.scalp_ends(bare, 0.012) > 0.02) & (bare.home[:, 2] > 0.6)
    mouth = (
        (bare.home[:, 0] < 0.10)
        & (np.abs(bare.home[:, 1]) < 0.03)
        & (bare.home[:, 2] > 0.60)
        & (bare.home[:, 2] < 0.66)
        & (bare.home[:, 0] > 0.02)
    )
    return bare.without(shod | mouth)


def _socked(bare: Piece, look: Look) -> tuple[Piece, list[Piece]]:
    """Bare skin, and socks where shoes have them."""
    rng = np.random.default_rng([look.body.seed, 19])
    cut = shoes.shoe_cut(look.shoes.kind, look.shoes.shape)
    skirted = look.bottom is None or look.bottom.kind == "skirt"
    if look.shoes.kind not in ("trainers", "shoes", "boots") or (skirted and rng.random() < 0.7):
        return bare, []
    leg = np.where(bare.arm[:, 1] > 0.1, 1.0, bare.home[:, 2] - cut.top - rng.uniform(0.01, 0.11))
    shade = float(rng.choice([0.02, 0.02, 0.2, 0.65]))
    sock = bare.clipped(-leg).thickened(0.002).of(Material((shade, shade, shade)))
    return bare.clipped(leg), [sock]


def _manner(look: Look) -> Manner:
    rng = np.random.default_rng([look.body.seed, 7])
    old = look.body.age == "elderly"
    wide = 7.0 * (look.body.build == "heavy") + 3.0 * (look.outer is not None)
    return Manner(
        swing=float(rng.uniform(0.7, 1.3)), lean=float(rng.uniform(0, 4) + 6 * old),
        elbow=float(rng.uniform(10, 24)), apart=float(rng.uniform(5, 9) + wide),
        stance=float(rng.uniform(0.5, 2.5)), slouch=float(rng.uniform(0, 7) + 10 * old),
        holding=_holding(look),
    )  # fmt: skip


def _holding(look: Look) -> tuple[tuple[str, str], ...]:
    sides = ["R", "L"] if look.body.seed % 2 else ["L", "R"]
    held = [
        thing.kind
        for thing in look.carried
        if thing.kind in ("suitcase", "umbrella", "handbag", "shopping bag")
    ]
    return tuple(zip(sides, held, strict=False))
