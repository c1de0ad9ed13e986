"""What a watch is compared by: the vector of its sentence, of its picture, or of both."""

from collections.abc import Callable, Sequence

from pipeline.clock import Clock
from pipeline.errors import NotFound
from pipeline.likeness_fields import PictureFields
from pipeline.store.watches import Watch
from pipeline.workers.likened import likeness_of, refuse_nonsense
from pipeline.workers.named_shots import NamedShots
from pipeline.workers.pictured import FindPeople
from pipeline.workers.service import Engine
from retrieval.search.likeness import compose
from retrieval.search.phrases import phrases_of
from retrieval.search.positive import ANYBODY, without_negations
from retrieval.types import Vector


def to_be_seen(text: str) -> str:
    """What of a sentence is compared with shots, as a search does it."""
    return without_negations(text, phrases_of(text))


def vectors_of(engine: Engine, watches: Sequence[Watch]) -> dict[str, Vector]:
    """(D,) length 1 of each watch, by its id; of those not whose picture is another model's."""
    worded = [watch for watch in watches if _has_words(watch)]
    encoded = engine.encoder.encode_texts([to_be_seen(watch.text) for watch in worded])
    words = {watch.watch_id: vector for watch, vector in zip(worded, encoded, strict=True)}
    found: dict[str, Vector] = {}
    for watch in watches:
        said = words.get(watch.watch_id)
        if watch.kind == "text" and said is not None:
            found[watch.watch_id] = said
        elif watch.kind == "picture" and watch.model_id == engine.encoder.model_id:
            seen = watch.picture
            found[watch.watch_id] = seen if said is None else compose(seen, said)
    return found


def made_anew(engine: Engine, watch: Watch, now: float) -> Watch | None:
    """A watch whose picture is another model's, with that of the model in use.

    Args:
        engine: has the shots of the model in use.
        watch: the watch.
        now: Unix seconds: what has expired by then is not looked at.

    Returns:
        None where the picture is kept nowhere: it was uploaded, or its track has expired.
    """
    if not watch.like:
        return None
    try:
        vector = _shots(engine, now).of_like(watch.like)
    except NotFound:
        return None
    return watch.with_picture(vector, engine.encoder.model_id)


class WatchVectors:
    """Takes in pictures to watch for; they are kept as vectors, and in no other way."""

    def __init__(self, engine: Callable[[], Engine], find_people: FindPeople, clock: Clock) -> None:
        self._engine, self._find_people, self._clock = engine, find_people, clock

    def refuse_nonsense(self, asked: PictureFields) -> None:
        """Refuse what cannot be meant, before anything else is done.

        Raises:
            ConfigError: two are asked with, or a box is in no picture.
        """
        refuse_nonsense(asked)

    def with_picture(self, watch: Watch, asked: PictureFields) -> Watch:
        """The watch with who is asked with; as it is where words alone are.

        Raises:
            ConfigError: it is no name of a track or shot.
            NotFound: the track is not in the index.
            QueryRefused: the picture cannot be watched for: it shows nobody, say.
        """
        if not asked.has_likeness:
            return watch
        engine = self._engine()
        shots = _shots(engine, self._clock.now())
        vector = likeness_of(engine.encoder, shots, asked, self._find_people)
        return watch if vector is None else watch.with_picture(vector, engine.encoder.model_id)

    def asleep(self, watch: Watch) -> str:
        """Why a watch tells nobody now; empty where it does."""
        if watch.kind != "picture":
            return ""
        engine = self._engine()
        if watch.model_id == engine.encoder.model_id:
            return ""
        if made_anew(engine, watch, self._clock.now()) is not None:
            return ""
        left = (
            f"no shot of {watch.like} is in the index any more" if watch.like else "it is not kept"
        )
        return (
            f"its picture was embedded with {watch.model_id}, which is not in use, and {left}: "
            "remove the watch and add it with another picture"
        )


def _has_words(watch: Watch) -> bool:
    if watch.kind == "text":
        return True
    return bool(watch.text) and to_be_seen(watch.text) != ANYBODY


def _shots(engine: Engine, now: float) -> NamedShots:
    return NamedShots(engine.index, engine.encoder.dimension, now, engine.parts)
