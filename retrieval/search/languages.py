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
    "Czech": _words("v na se ve je který která nebo žena muž má bez černou červenou modrou"),
    "Danish": _words("en et og med som er på uden hun han af til sort rød mand kvinde"),
    "Dutch": _words("een het van met zijn aan voor naar niet draagt wie zij hij en"),
    "Finnish": _words("ja joka jolla jossa nainen mies yllään ilman päällään punainen musta"),
    "French": _words(
        "un une le la les des du de avec et dans sur sans qui porte est au aux elle il en"
    ),
    "German": _words(
        "ein eine einen einem einer eines der das dem den mit und ohne trägt ist im auf für "
        "sie er von zum zur"
    ),
    "Hungarian": _words("egy és van aki nő férfi piros fekete kék nélkül visel"),
    "Indonesian": _words("yang dengan dan memakai seorang wanita pria tanpa berwarna"),
    "Italian": _words(
        "un una uno il lo la gli di del della con e che senza porta nel nella indossa sul"
    ),
    "Norwegian": _words("en et og med som er på uten hun han av til sort rød mann kvinne"),
    "Polish": _words("w z na ze przez oraz jest ma kobieta mężczyzna bez czerwonym czarnym"),
    "Portuguese": _words("um uma o os da dos das de com e que sem no na em vestindo usando ao"),
    "Romanian": _words("cu și un pe în din care este fără femeie bărbat poartă"),
    "Spanish": _words("un una el la los las de del con y que sin en lleva vestido vestida al su"),
    "Swedish": _words("en ett och med som är på utan hon han av till svart röd kvinna"),
    "Turkish": _words("bir ve ile olan kadın adam kırmızı siyah mavi giyen ceketli"),
    "Vietnamese": _words("người và có mặc áo màu một đàn ông phụ nữ không"),
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
    counts = {name: sum(word in known for word in set(words)) for name, known in FOREIGN.items()}
    most = max(counts.values())
    if most < 2:
        return None
    return " or ".join(name for name, count in counts.items() if count == most)
