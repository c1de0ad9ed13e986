"""Which other language than English a sentence in Latin letters is evidently written in."""

from collections.abc import Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words that an English description of a person can hardly do without.
ENGLISH = _words(
    "a and are at by from has her his is of or she the their to walking wearing who with"
)

#: Function words by language, less those that are also English words ("die", "hat", "do", "on").
FOREIGN = {
    "Dutch": _words("een het van met zijn aan voor naar niet draagt wie zij hij en"),
    "French": _words(
        "un une le la les des du de avec et dans sur sans qui porte est au aux elle il en"
    ),
    "German": _words(
        "ein eine einen einem einer eines der das dem den mit und ohne trägt ist im auf für "
        "sie er von zum zur"
    ),
    "Italian": _words(
        "un una uno il lo la gli di del della con e che senza porta nel nella indossa sul"
    ),
    "Portuguese": _words("um uma o os da dos das de com e que sem no na em vestindo usando ao"),
    "Spanish": _words("un una el la los las de del con y que sin en lleva vestido vestida al su"),
}


def foreign_language(words: Sequence[str]) -> str | None:
    """The language that `words` (lower case) are evidently in; None if English or in doubt.

    Two function words of the language are wanted and none of English: a false alarm annoys
    more than a missed one, for the search goes ahead all the same.

    >>> foreign_language("una mujer con un abrigo rojo y mochila".split())
    'Spanish'
    >>> foreign_language("woman from la with a red coat".split())
    """
    if not ENGLISH.isdisjoint(words):
        return None
    counts = {name: sum(word in known for word in words) for name, known in FOREIGN.items()}
    most = max(counts.values())
    if most < 2:
        return None
    return " or ".join(name for name, count in counts.items() if count == most)
