"""Sentences for the people of the real footage: a check of transfer, never training data.

People are numbered as they come in `one_by_one.mp4` (`room 1` to `room 6`) and as the ground truth
of `pets09_s2l1.mp4` numbers them (`pets 1` to `pets 19`). A sentence lists everyone it fits.
"""

from typing import NamedTuple


class Sentence(NamedTuple):
    text: str
    fits: frozenset[str]


#: Seconds of `one_by_one.mp4` in which each person stands in the room.
ROOM_SECONDS = {
    "room 1": (8.0, 17.0),
    "room 2": (24.0, 43.0),
    "room 3": (52.0, 67.0),
    "room 4": (76.0, 85.0),
    "room 5": (94.0, 117.5),
    "room 6": (126.0, 135.0),
}


def _pets(*numbers: int) -> frozenset[str]:
    return frozenset(f"pets {number}" for number in numbers)


def _room(*numbers: int) -> frozenset[str]:
    return frozenset(f"room {number}" for number in numbers)


_BLACK_JACKET_JEANS = _pets(2, 5, 9, 13, 17)
_ALL_BLACK = _pets(1, 8, 14, 15, 18, 19) | _room(2)
_RED_AND_NAVY = _pets(3, 11)
_RED_JACKET = _pets(6, 10)

SENTENCES = (
    Sentence("long hair and a grey cardigan", _room(1, 5)),
    Sentence("black hoodie", _room(2)),
    Sentence("grey top and blue jeans", _room(6)),
    Sentence("a woman with long blond hair and a grey cardigan", _room(1)),
    Sentence("a woman with blond hair in a black jumper and black leggings", _room(3)),
    Sentence("a man in a black t-shirt and black trousers", _room(4)),
    Sentence("a woman with black curly hair in a grey jumper and black trousers", _room(5)),
    Sentence("a man in a light grey shirt and blue jeans", _room(6)),
    Sentence("a man dressed all in black", _ALL_BLACK | _room(4)),
    Sentence("a man in a black jacket and blue jeans", _BLACK_JACKET_JEANS),
    Sentence("person in a red jacket", _RED_JACKET | _RED_AND_NAVY),
    Sentence("a woman in a red jacket and dark jeans", _RED_JACKET),
    Sentence("someone in a red and navy blue puffer jacket with dark trousers", _RED_AND_NAVY),
    Sentence("a person in a light blue jacket and blue jeans with a black rucksack", _pets(16)),
    Sentence("a person with a white hat and a light blue coat", _pets(16)),
    Sentence("a man in a blue jacket and grey trousers", _pets(7)),
    Sentence("a woman with blond hair in a long black coat and jeans", _pets(4, 12)),
    Sentence("a man in a black coat and black trousers", _ALL_BLACK),
)
