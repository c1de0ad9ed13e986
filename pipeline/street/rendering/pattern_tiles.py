"""Patterns as small pictures that repeat: what a shader looks up once in place of working it out.

A tile has two planes: the share of a material's second colour, and a shade around 0.5.
"""

import math
from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.street.mesh import Pattern

TILE_PX = 256

Plane = NDArray[np.float32]


def _noise(rng: np.random.Generator, *waves: tuple[float, float, float]) -> Plane:
    """Noise that repeats, mean 0 and deviation 1: sums of blurs (sigma across, down, weight)."""
    total = np.zeros((TILE_PX, TILE_PX), np.float32)
    for across, down, weight in waves:
        wild = rng.standard_normal((TILE_PX, TILE_PX), np.float32)
        x, y = (min(math.ceil(3 * sigma), TILE_PX) for sigma in (across, down))
        wide = cv2.copyMakeBorder(wild, y, y, x, x, cv2.BORDER_WRAP)
        soft = cv2.GaussianBlur(wide, (0, 0), across, sigmaY=down)
        soft = np.asarray(soft[y : y + TILE_PX, x : x + TILE_PX], np.float32)
        total += weight * soft / soft.std()
    return np.asarray(total / total.std(), np.float32)


def _grid(repeats: int) -> tuple[Plane, Plane, NDArray[np.int64], NDArray[np.int64]]:
    """Position 0 to 1 within each repeat, and which repeat: across, up."""
    at = (np.arange(TILE_PX, dtype=np.float32) + 0.5) * repeats / TILE_PX
    across, up = np.meshgrid(at, at)
    column, row = across.astype(np.int64), up.astype(np.int64)
    return np.asarray(across % 1, np.float32), np.asarray(up % 1, np.float32), column, row


Tile = tuple[Plane, Plane]
_FLAT = np.zeros((TILE_PX, TILE_PX), np.float32)


def _shade(noise: Plane, depth: float) -> Plane:
    return np.asarray(np.clip(0.5 + noise * depth, 0, 1), np.float32)


def _plain(rng: np.random.Generator) -> Tile:
    return _FLAT, _shade(_noise(rng, (20, 20, 1), (5, 5, 0.5)), 0.012)


def _stripes_across(rng: np.random.Generator) -> Tile:
    _, up, _, _ = _grid(4)
    return (up < 0.5).astype(np.float32), _plain(rng)[1]


def _stripes_down(rng: np.random.Generator) -> Tile:
    across, _, _, _ = _grid(4)
    return (across < 0.5).astype(np.float32), _plain(rng)[1]


def _checks(rng: np.random.Generator) -> Tile:
    across, up, _, _ = _grid(4)
    woven = 0.5 * (across < 0.5) + 0.5 * (up < 0.5)
    thin = (abs(across - 0.25) < 0.04) | (abs(up - 0.25) < 0.04)
    return np.where(thin, 0.15, woven).astype(np.float32), _plain(rng)[1]


def _dots(rng: np.random.Generator) -> Tile:
    across, up, _, row = _grid(4)
    across = (across + 0.5 * (row % 2)) % 1
    return (np.hypot(across - 0.5, up - 0.5) < 0.28).astype(np.float32), _plain(rng)[1]


def _camouflage(rng: np.random.Generator) -> Tile:
    blobs, darker = _noise(rng, (14, 10, 1), (6, 4, 0.35)), _noise(rng, (12, 9, 1), (5, 4, 0.3))
    shade = np.where(darker > 0.9, 0.3, 0.52).astype(np.float32)
    return (blobs > 0.2).astype(np.float32), shade


def _speckled(rng: np.random.Generator) -> Tile:
    return _FLAT, _shade(_noise(rng, (0.8, 1.6, 1), (12, 12, 0.7), (3, 3, 0.4)), 0.06)


def _bricks(rng: np.random.Generator) -> Tile:
    at = (np.arange(TILE_PX) + 0.5) / TILE_PX
    across, up = np.meshgrid(at * 4, at * 12)
    row = up.astype(int)
    shifted = (across + 0.5 * (row % 2)) % 4
    brick = shifted.astype(int)
    mortar = ((shifted % 1) < 0.06) | ((up % 1) < 0.16)
    tones = rng.normal(0, 0.07, (12, 4))[row, brick]
    shade = 0.5 + np.where(mortar, 0, tones) + 0.03 * _noise(rng, (1, 1, 1), (8, 8, 1))
    return mortar.astype(np.float32), np.clip(shade, 0, 1).astype(np.float32)


def _tiles(rng: np.random.Generator) -> Tile:
    across, up, column, row = _grid(4)
    joint = (across < 0.03) | (up < 0.03)
    tones = rng.normal(0, 0.025, (4, 4))[row, column]
    shade = 0.5 + tones + 0.018 * _noise(rng, (2, 2, 1), (24, 24, 1.5))
    return joint.astype(np.float32), np.clip(shade, 0, 1).astype(np.float32)


def _windows(rng: np.random.Generator) -> Tile:
    across, up, column, row = _grid(4)
    pane = (abs(across - 0.5) < 0.27) & (abs(up - 0.55) < 0.3)
    frame = pane & ((abs(across - 0.5) < 0.02) | (abs(up - 0.66) < 0.018))
    tones = rng.uniform(-0.2, 0.35, (4, 4))[row, column]
    blind = rng.uniform(0.2, 1.2, (4, 4))[row, column]
    shade = np.where(pane, 0.5 + tones + np.where(up > blind, 0.25, 0), 0.5)
    sill = (abs(across - 0.5) < 0.31) & (abs(up - 0.23) < 0.02)
    shade = shade + np.where(sill, 0.15, 0) + 0.02 * _noise(rng, (2, 2, 1), (30, 30, 2))
    return (pane & ~frame).astype(np.float32), np.clip(shade, 0, 1).astype(np.float32)


def _asphalt(rng: np.random.Generator) -> Tile:
    fine, wide = _noise(rng, (0.7, 0.7, 1)), _noise(rng, (22, 22, 1), (9, 9, 0.6), (4, 4, 0.3))
    stains = np.clip(wide - 1.2, 0, 1) * 0.6
    return stains.astype(np.float32), _shade(fine * 0.5 + wide, 0.05)


def _lines(rng: np.random.Generator) -> Tile:
    across, _, _, _ = _grid(1)
    worn = np.clip(0.85 + 0.15 * _noise(rng, (1, 1, 1), (5, 5, 1)), 0, 1)
    line = (abs(across - 0.5) < 0.06) * worn
    return line.astype(np.float32), _asphalt(rng)[1]


def _strands(rng: np.random.Generator) -> Tile:
    locks = _noise(rng, (1.2, 24, 1), (4, 40, 1))
    return np.clip(locks * 0.25, 0, 1).astype(np.float32), _shade(locks, 0.09)


def _boards(rng: np.random.Generator) -> Tile:
    _, up, _, row = _grid(8)
    gap = up < 0.04
    tones = rng.normal(0, 0.085, 8)[row[:, 0]][:, None]
    shade = 0.5 + tones + 0.035 * _noise(rng, (30, 1.0, 1), (8, 0.8, 0.6))
    return gap.astype(np.float32), np.clip(shade, 0, 1).astype(np.float32)


_DRAWN: Mapping[Pattern, tuple[Callable[[np.random.Generator], Tile], float]] = {
    Pattern.PLAIN: (_plain, 16),
    Pattern.STRIPES_ACROSS: (_stripes_across, 4),
    Pattern.STRIPES_DOWN: (_stripes_down, 4),
    Pattern.CHECKS: (_checks, 4),
    Pattern.DOTS: (_dots, 4),
    Pattern.CAMOUFLAGE: (_camouflage, 4),
    Pattern.SPECKLED: (_speckled, 16),
    Pattern.BRICKS: (_bricks, 4),
    Pattern.TILES: (_tiles, 4),
    Pattern.WINDOWS: (_windows, 4),
    Pattern.ASPHALT: (_asphalt, 8),
    Pattern.LINES: (_lines, 1),
    Pattern.STRANDS: (_strands, 4),
    Pattern.BOARDS: (_boards, 8),
}
REPEATS: Mapping[Pattern, float] = {pattern: repeats for pattern, (_, repeats) in _DRAWN.items()}
"""How many repeats of a pattern lie side by side in its tile."""


def draw_tiles(seed: int = 0) -> NDArray[np.uint8]:
    """(patterns, TILE_PX, TILE_PX, 2) uint8: share of the second colour, and shade (128: none)."""
    rng = np.random.default_rng(seed)
    tiles = np.zeros((max(Pattern) + 1, TILE_PX, TILE_PX, 2), np.uint8)
    for pattern, (draw, _) in _DRAWN.items():
        tiles[pattern] = np.round(np.stack(draw(rng), axis=-1) * (255.0, 255.0))
    return tiles
