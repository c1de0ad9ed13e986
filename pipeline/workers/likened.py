"""Who is asked with, by a track, a shot or a picture: their vector."""

from pipeline.errors import ConfigError
from pipeline.likeness_fields import PictureFields
from pipeline.workers.named_shots import NamedShots
from pipeline.workers.pictured import FindPeople, person_in
from retrieval.ports import Encoder
from retrieval.types import Vector


def refuse_nonsense(asked: PictureFields) -> None:
    """Refuse what cannot be meant.

    Raises:
        ConfigError: two are asked with, or a box is in no picture.
    """
    if asked.like is not None and asked.picture is not None:
        raise ConfigError("--like and --picture are both given: ask with one of them")
    if asked.box is not None and asked.picture is None:
        raise ConfigError("--box says where somebody is in a --picture, and none is given")


def likeness_of(
    encoder: Encoder, vectors: NamedShots, asked: PictureFields, find_people: FindPeople
) -> Vector | None:
    """(D,) length 1 of who is asked with; None where words alone are.

    Raises:
        ConfigError: it is no name of a track or shot.
        NotFound: the track is not in the index.
        QueryRefused: the picture cannot be searched with.
        StoreUnavailable: the part of the index that has the track is away.
    """
    if asked.like is not None:
        return vectors.of_like(asked.like)
    if asked.picture is not None:
        crop = person_in(asked.picture, asked.box, find_people)
        found: Vector = encoder.encode_images([crop])[0]
        return found
    return None
