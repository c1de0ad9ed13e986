"""Says of a shot which words and which parts of its picture support a match, with the model."""

import threading
from base64 import b64encode
from collections.abc import Callable

import cv2
import numpy as np

from detectors.types import Image, ShotId
from pipeline.clock import Clock
from pipeline.errors import Busy, ConfigError, NotFound
from pipeline.store.model_change import name_of
from pipeline.why_answers import WhyAnswer, WordAnswer
from pipeline.workers.cautions import cautions_about_models
from pipeline.workers.named_shots import NamedShots, like_of
from pipeline.workers.service import Engine
from retrieval.errors import PictureUnreadable, WeightsUnusable
from retrieval.pictures import decode_picture
from retrieval.ports import Explainer
from retrieval.search.doctor import examine
from retrieval.search.positive import without_negations
from retrieval.search.query import check_query
from retrieval.search.seen import seen_phrases
from retrieval.tokenizer import count_tokens
from retrieval.types import HeatMap, Relevance

#: At once: a backward pass takes both cores from searches.
AT_ONCE = 1

#: An overlay is at least so high, in pixels: a shot of 40 pixels would show no map.
LEAST_HEIGHT_PX = 256

#: How much of the picture the map covers where it is hottest.
MOST_COVER = 0.65

_HOT = np.array([255.0, 40.0, 0.0])


class Explaining:
    """Answers why a shot and a description match."""

    def __init__(
        self, engine: Callable[[], Engine], picture: Callable[[str], bytes | None], clock: Clock
    ) -> None:
        """Explain with the model of `engine`, by pictures (JPEG) under their media keys."""
        self._engine, self._picture, self._clock = engine, picture, clock
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def why(self, name: str, text: str) -> WhyAnswer:
        """Why shot `name` matches `text`.

        Raises:
            QueryRefused: the text cannot be searched.
            ConfigError: the name is none of a shot, or the model gives no reasons.
            NotFound: the shot is not in the index, or its picture is gone.
            StoreUnavailable: what would have the shot is away.
            Busy: another is being explained.
        """
        checked = check_query(text, count_tokens=count_tokens)
        told = examine(checked, count_tokens=count_tokens)
        shot = _shot_of(name)
        engine = self._engine()  # one for all of it: another may be put in its place
        encoder = engine.encoder
        if not isinstance(encoder, Explainer):
            raise ConfigError(_no_reasons(encoder.model_id))
        named = NamedShots(engine.index, encoder.dimension, self._clock.now(), engine.parts)
        sighting = named.sighting(shot)
        picture = self._read(shot, sighting.picture)
        words = without_negations(checked.text, seen_phrases(checked.text))
        relevance = self._explain(encoder, encoder.model_id, picture, words)
        (vector,) = encoder.encode_texts([words])
        models = {name_of(encoder.model_id)}
        cautions = cautions_about_models(engine.trust, is_trained=encoder.is_trained, models=models)
        return WhyAnswer(
            shot=str(shot),
            query=words,
            score=round(float(sighting.vector @ vector), 6),
            words=[
                WordAnswer(text=word.text, relevance=round(word.relevance, 4))
                for word in relevance.words
            ],
            heat=[[round(float(value), 4) for value in row] for row in relevance.heat],
            overlay=b64encode(overlay_png(picture, relevance.heat)).decode(),
            model=encoder.model_id,
            notes=[*cautions, *map(str, told.notes), *_about(checked.text, words, relevance)],
        )

    def _read(self, shot: ShotId, key: str) -> Image:
        data = self._picture(key)
        if data is None:
            raise NotFound(
                f"the picture of shot {shot} is gone: it was replaced or has expired; search "
                "again, and take a shot of what is found"
            )
        try:
            return np.asarray(decode_picture(data, f"the picture of shot {shot}"))
        except PictureUnreadable as error:
            raise NotFound(f"{error}: it is damaged on disk; take another shot") from None

    def _explain(self, encoder: Explainer, model_id: str, picture: Image, words: str) -> Relevance:
        if not self._places.acquire(blocking=False):
            raise Busy("another shot is being explained: ask again in a moment")
        try:
            (relevance,) = encoder.explain([picture], [words])
        except WeightsUnusable:
            raise ConfigError(_no_reasons(model_id)) from None
        finally:
            self._places.release()
        return relevance


def overlay_png(picture: Image, heat: HeatMap) -> bytes:
    """The picture in grey with the map over it in red, as PNG.

    Args:
        picture: (H, W, 3) RGB.
        heat: (rows, columns), 0 to 1.
    """
    height, width = picture.shape[:2]
    scale = max(1.0, LEAST_HEIGHT_PX / height)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    large = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(large, cv2.COLOR_RGB2GRAY)[:, :, None].astype(np.float64)
    cover = cv2.resize(heat.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    cover = MOST_COVER * np.clip(cover, 0, 1)[:, :, None]
    mixed = grey * (1 - cover) + _HOT * cover  # (H, W, 3) RGB
    _, data = cv2.imencode(".png", mixed[:, :, ::-1].astype(np.uint8))
    return data.tobytes()


def _shot_of(name: str) -> ShotId:
    track, number = like_of(name)
    if number is None:
        raise ConfigError(
            f"{name!r} names a track: name one shot of it, {track}/1 say ('descry search --json' "
            "lists them under best_shots)"
        )
    return ShotId(track, number)


def _no_reasons(model_id: str) -> str:
    return (
        f"model {model_id} gives no reasons for its scores: it cannot be looked into; use another, "
        "as 'descry models list' names them"
    )


def _about(text: str, words: str, relevance: Relevance) -> list[str]:
    notes = []
    if words != text:
        notes.append("what should not be seen is not looked for, and has no word here")
    if not relevance.heat.any():
        notes.append("no part of the picture stands out")
    if not any(word.relevance for word in relevance.words):
        notes.append("no word stands out")
    return notes
