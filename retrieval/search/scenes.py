"""By how much one camera in one light shifts all scores of a query.

A lens, a height and a lamp make everybody there look more like a sentence, or less. What tracks of
one camera and light (a *scene*) score above all others is told by a few dozen of them, which is
few: so each shift is drawn towards none by how much of it chance alone would explain. Where scenes
do not differ for a query, nothing is shifted. (Empirical Bayes, as B. Efron and C. Morris have it
in "Data Analysis Using Stein's Estimator and Its Generalizations", JASA 70, 1975; how much scenes
truly differ by the moments of R. DerSimonian and N. Laird, "Meta-analysis in clinical trials",
Controlled Clinical Trials 7, 1986.)

Light is told by whether a picture has colours. Finer ones (dim by the brightness of the crop, each
kind of light by itself) were measured, and added nothing: whoever wears black is dark by day. The
hour of day was not tried.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.search.background import LEAST_SPREAD, TRIM_SPREADS, Floats, spread_of
from retrieval.search.calibration import LEAST_TRACKS
from retrieval.track_scores import means_of_best
from retrieval.types import Hidden, Hit, Sighting, TrackSample, Vector, Vectors

#: Tracks from which a scene has a mean and a variance at all.
LEAST_OF_SCENE = 3


@dataclass(frozen=True, slots=True, order=True)
class Scene:
    """One camera in one light.

    Attributes:
        camera_id: the camera.
        is_colourless: whether its pictures have no colours, as in infrared light.
    """

    camera_id: str
    is_colourless: bool


def scene_of(sightings: Sequence[Sighting]) -> Scene:
    """The scene of a track, one sighting at least: that of most of its shots."""
    grey = sum(bool(one.hidden & Hidden.COLOUR) for one in sightings)
    return Scene(sightings[0].shot.track.camera_id, 2 * grey > len(sightings))


@dataclass(frozen=True, slots=True, eq=False)
class SceneTracks:
    """Tracks of each scene, of one model.

    Attributes:
        scenes: each once.
        shots: (S, D) length 1, of all tracks.
        owner: (S,) the track of each shot, numbered from 0, none left out.
        scene: (T,) of each track, a place in `scenes`.
        best_of: how many shots of a track count.
    """

    scenes: Sequence[Scene]
    shots: Vectors
    owner: NDArray[np.int64]
    scene: NDArray[np.int64]
    best_of: int

    @classmethod
    def of(cls, tracks: Sequence[Sequence[Sighting]], *, best_of: int) -> "SceneTracks":
        """The tracks as they are held against; one at least, each with a sighting at least."""
        each = [scene_of(track) for track in tracks]
        scenes = sorted(set(each))
        place = {scene: at for at, scene in enumerate(scenes)}
        return cls(
            scenes,
            np.stack([one.vector for track in tracks for one in track]),
            np.repeat(np.arange(len(tracks)), [len(track) for track in tracks]),
            np.array([place[scene] for scene in each]),
            best_of,
        )

    def shifts(
        self, query: Vector, sample: TrackSample, cameras: Collection[str] | None = None
    ) -> Mapping[Scene, float]:
        """Cosine by which unrelated tracks of each scene lie above those of all that is searched.

        Args:
            query: (D,) length 1.
            sample: what tracks of all that is searched score for it.
            cameras: those that are searched; None for all.

        Returns:
            Nothing of a scene with too few tracks; nothing at all where the sample has too few.
        """
        if len(sample.scores) < LEAST_TRACKS:
            return {}
        usual = spread_of(sample.scores)
        # Who stands out above everybody fits, probably: no background.
        most = usual.centre + TRIM_SPREADS * usual.width
        scores = means_of_best(
            (self.shots @ query).astype(np.float64), self.owner, self.best_of
        )  # (T,)
        kept = (scores <= most) & np.isin(self.scene, self._among(cameras))
        counts = np.bincount(self.scene[kept], minlength=len(self.scenes))
        known = np.flatnonzero(counts >= LEAST_OF_SCENE)
        if not len(known):
            return {}
        own = [scores[kept & (self.scene == at)] for at in known.tolist()]
        reference = float(sample.scores[sample.scores <= most].mean())
        found = shrunk(
            np.array([some.mean() - reference for some in own]),
            np.array([some.var(ddof=1) for some in own]),
            counts[known],
        )
        moved = zip(known.tolist(), found.tolist(), strict=True)
        return {self.scenes[at]: shift for at, shift in moved}

    def _among(self, cameras: Collection[str] | None) -> list[int]:
        return [
            at
            for at, scene in enumerate(self.scenes)
            if cameras is None or scene.camera_id in cameras
        ]


def shrunk(shifts: Floats, variances: Floats, counts: NDArray[np.int64]) -> Floats:
    """(K,) shifts without what chance explains, nearer to 0 and of the same sign.

    Args:
        shifts: (K,) of the mean of each scene, K at least 1.
        variances: (K,) of the scores in each.
        counts: (K,) tracks of each, 2 at least.

    >>> counts = np.array([40, 40])
    >>> shrunk(np.array([0.1, -0.1]), np.array([0.01, 0.01]), counts).round(3).tolist()
    [0.098, -0.098]
    >>> shrunk(np.array([0.01, 0.01]), np.array([0.01, 0.01]), counts).round(3).tolist()
    [0.0, 0.0]
    """
    within = float(((counts - 1) * variances).sum() / (counts - 1).sum())
    by_chance = max(within, LEAST_SPREAD**2) / counts  # (K,) variance of each mean
    weights = 1 / by_chance
    excess = float((weights * np.square(shifts)).sum()) - len(shifts)
    truly = max(excess, 0.0) / float(weights.sum())  # variance between scenes
    moved: Floats = shifts * truly / (truly + by_chance)
    return moved


def shifts_of(hits: Sequence[Hit], shifts: Mapping[Scene, float]) -> Floats:
    """(N,) the shift of the scene of each hit; 0 where none is known."""
    scenes = (scene_of([scored.sighting for scored in hit.shots]) for hit in hits)
    return np.array([shifts.get(scene, 0.0) for scene in scenes], np.float64)
