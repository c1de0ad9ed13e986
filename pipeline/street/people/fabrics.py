"""Materials of people: cloth by garment, skin and hair by name."""

import numpy as np

from pipeline.street.colours import cloth_rgb, second_rgb
from pipeline.street.look import Body, Garment, Look
from pipeline.street.mesh import Colour, Material, Pattern

PATTERNS = {
    "striped": Pattern.STRIPES_ACROSS,
    "checked": Pattern.CHECKS,
    "dotted": Pattern.DOTS,
    "camouflage": Pattern.CAMOUFLAGE,
}
REPEATS = {  # a metre, of the finest and the coarsest of each
    Pattern.STRIPES_ACROSS: (24.0, 9.0),
    Pattern.STRIPES_DOWN: (30.0, 12.0),
    Pattern.CHECKS: (16.0, 8.0),
    Pattern.DOTS: (26.0, 14.0),
    Pattern.CAMOUFLAGE: (9.0, 5.0),
    Pattern.SPECKLED: (5.0, 3.5),
    Pattern.PLAIN: (10.0, 10.0),
}
GLOSS = {
    "puffer jacket": 0.25, "jacket": 0.10, "leggings": 0.08, "shoes": 0.35, "boots": 0.25,
    "heels": 0.4, "trainers": 0.12, "handbag": 0.25, "suitcase": 0.3, "helmet": 0.6,
    "shopping bag": 0.2, "high-visibility vest": 0.08, "umbrella": 0.12,
}  # fmt: skip
SPECKLED = {"jeans", "blazer"}

SKINS: dict[str, Colour] = {
    "light": (0.60, 0.385, 0.29),
    "olive": (0.46, 0.285, 0.19),
    "brown": (0.25, 0.135, 0.08),
    "dark": (0.085, 0.045, 0.028),
}
HAIRS: dict[str, Colour] = {
    "black": (0.012, 0.010, 0.010),
    "brown": (0.055, 0.030, 0.017),
    "blond": (0.36, 0.25, 0.12),
    "red": (0.20, 0.065, 0.022),
    "grey": (0.30, 0.29, 0.28),
    "white": (0.62, 0.60, 0.57),
}


def fabric(garment: Garment) -> Material:
    """The cloth of a garment, its pattern included; prints and blocks are pieces of their own."""
    pattern = PATTERNS.get(garment.pattern, Pattern.PLAIN)
    if garment.pattern == "striped" and garment.kind in ("shirt", "blouse"):
        pattern = Pattern.STRIPES_DOWN if garment.shape < 0.6 else pattern
    if pattern is Pattern.PLAIN and garment.kind in SPECKLED:
        pattern = Pattern.SPECKLED
    fine, coarse = REPEATS[pattern]
    return Material(
        cloth_rgb(garment), second_rgb(garment), pattern,
        scale=fine + (coarse - fine) * ((garment.shape * 3.7 + garment.tone) % 1.0),
        gloss=GLOSS.get(garment.kind, 0.04), infrared=0.45 + 0.35 * ((garment.tone * 5.3) % 1.0),
    )  # fmt: skip


def second_fabric(garment: Garment) -> Material:
    """Plain cloth of the garment's other colour."""
    return Material(
        second_rgb(garment), gloss=GLOSS.get(garment.kind, 0.04),
        infrared=0.35 + 0.4 * ((garment.tone * 3.1) % 1.0),
    )  # fmt: skip


def skin_rgb(body: Body) -> Colour:
    """Linear RGB of somebody's skin: no two of one word are quite alike."""
    rng = np.random.default_rng([body.seed, 13])
    red, green, blue = SKINS[body.skin]
    shade, warm = rng.uniform(0.84, 1.16), rng.uniform(0.95, 1.05)
    return red * shade * warm, green * shade, blue * shade / warm


def hair_rgb(look: Look) -> Colour:
    """Linear RGB of somebody's hair."""
    rng = np.random.default_rng([look.body.seed, 17])
    shade = float(rng.uniform(0.8, 1.2))
    red, green, blue = HAIRS[look.hair.colour]
    return red * shade, green * shade, blue * shade
