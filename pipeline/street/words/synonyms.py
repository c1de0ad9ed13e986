"""How people say what `claims.py` means: which word for which thing, and its spellings."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.street.wardrobe import Weights


def _table(text: str) -> Mapping[str, Weights]:
    """Lines of `name: word 3, word 1` as mappings of weights."""
    table = {}
    for line in text.strip().splitlines():
        name, _, words = line.strip().partition(":")
        pairs = (item.strip().rsplit(" ", 1) for item in words.split(","))
        table[name] = MappingProxyType({word: float(weight) for word, weight in pairs})
    return MappingProxyType(table)


#: The words of `KINDS_MEANT` by which each kind goes.
SAID_OF_KIND: Mapping[str, Weights] = _table(
    """t-shirt: t-shirt 7, top 1.5, shirt 1.5
    shirt: shirt 8, top 1
    blouse: blouse 5, top 3, shirt 1
    polo shirt: polo shirt 4, t-shirt 2, shirt 2, top 1
    jumper: jumper 7, sweatshirt 1, top 1.2
    tank top: tank top 4, top 2
    dress: dress 1
    jacket: jacket 8, jacket or coat 0.6
    coat: coat 8, jacket or coat 0.6
    hoodie: hoodie 8, sweatshirt 1, top 0.7
    cardigan: cardigan 7, top 0.5
    blazer: blazer 5, jacket 3
    puffer jacket: puffer jacket 4, jacket 3, coat 1.5, jacket or coat 0.4
    vest: vest 1
    high-visibility vest: high-visibility vest 6, vest 0.7
    jeans: jeans 8, pants 0.8
    trousers: trousers 6, pants 3
    leggings: leggings 6, pants 1
    joggers: joggers 5, trousers 1, pants 1.5
    shorts: shorts 1
    skirt: skirt 1
    trainers: trainers 6, shoes 3
    shoes: shoes 1
    boots: boots 6, shoes 1
    sandals: sandals 1
    heels: heels 3, shoes 1.5
    cap: cap 6, hat 0.7
    beanie: beanie 5, hat 2
    hat: hat 1
    helmet: helmet 1
    hood: hood 1
    rucksack: rucksack 7, bag 1.2
    shoulder bag: shoulder bag 4, bag 2.5
    handbag: handbag 4, bag 2
    shopping bag: shopping bag 4, bag 1.5
    suitcase: suitcase 1
    umbrella: umbrella 1
    """
)

#: The spellings of each word for a kind.
SPELLINGS: Mapping[str, Weights] = _table(
    """t-shirt: t-shirt 6, T-shirt 3, tee shirt 0.6, tshirt 1, tee 0.5, short-sleeved top 0.5
    shirt: shirt 1
    blouse: blouse 1
    polo shirt: polo shirt 5, polo 2
    jumper: jumper 4, sweater 5, pullover 2, knitted jumper 0.4, knit sweater 0.5
    sweatshirt: sweatshirt 1
    tank top: tank top 4, sleeveless top 2, sleeveless shirt 1
    dress: dress 1
    top: top 1
    jacket: jacket 1
    jacket or coat: jacket or coat 2, coat or jacket 1
    coat: coat 6, overcoat 0.8, winter coat 0.5
    puffer jacket: puffer jacket 4, padded jacket 2, down jacket 1.5, quilted jacket 1
    hoodie: hoodie 7, hooded sweatshirt 1.5, hooded top 1.2, hoody 0.6
    cardigan: cardigan 1
    blazer: blazer 5, suit jacket 2.5
    vest: vest 3, gilet 2, body warmer 1, sleeveless jacket 1
    high-visibility vest: hi-vis vest 3, high-visibility vest 2, safety vest 2, reflective vest 2
    jeans: jeans 7, denim jeans 0.8
    trousers: trousers 1
    pants: pants 1
    leggings: leggings 5, tights 0.5
    joggers: joggers 3, tracksuit bottoms 2, sweatpants 2.5, jogging bottoms 1, track pants 0.8
    shorts: shorts 1
    skirt: skirt 1
    trainers: trainers 4, sneakers 4, running shoes 1, sports shoes 0.5, tennis shoes 0.3
    shoes: shoes 1
    boots: boots 1
    sandals: sandals 1
    heels: high heels 2, heels 2, high-heeled shoes 0.7
    cap: cap 3, baseball cap 3
    beanie: beanie 4, woolly hat 2, knit cap 1, knitted hat 1, wool cap 0.5
    hat: hat 1
    helmet: helmet 1
    hood: hood 1
    rucksack: rucksack 3.5, backpack 5, back pack 0.3
    bag: bag 1
    shoulder bag: shoulder bag 4, messenger bag 1, cross-body bag 1, satchel 0.5
    handbag: handbag 5, purse 2, hand bag 0.4
    shopping bag: shopping bag 4, carrier bag 1.5, plastic bag 1, grocery bag 0.6
    suitcase: suitcase 5, wheeled suitcase 0.8, rolling suitcase 0.8, trolley case 0.6
    umbrella: umbrella 6, brolly 0.3
    glasses: glasses 6, spectacles 0.8, eyeglasses 0.5
    sunglasses: sunglasses 6, shades 0.5
    woman: woman 7, lady 1.5
    man: man 7, guy 1.2, gentleman 0.4
    girl: girl 5, young girl 1, little girl 1.5
    boy: boy 5, young boy 1, little boy 1.5
    female: female 1
    male: male 1
    child: child 4, kid 2
    young: young 1
    middle-aged: middle-aged 1
    elderly: elderly 3, old 1.5, older 1.5
    slim: slim 3, thin 1.5, slender 1, skinny 0.5
    heavy: heavyset 1.5, stocky 1.5, heavily built 1, overweight 0.8, large 0.5
    """
)

#: The words of `COLOURS_MEANT` for each colour; those a shade does not fit are left out for it.
SAID_OF_COLOUR: Mapping[str, Weights] = _table(
    """black: black 9, dark 1.2, black or navy 0.3
    white: white 9, light 0.5
    cream: cream 3, white 2, light 0.6
    grey: grey 8, dark grey 2.5, light grey 2.5, light 0.2, dark 0.2
    blue: blue 8, dark blue 1.5, dark 0.3
    navy: navy 3.5, dark blue 4, blue 1.5, dark 1.2, black or navy 0.5
    light blue: light blue 6, blue 2.5, light 0.5
    red: red 1
    burgundy: burgundy 5, red 2, dark 0.5
    green: green 7, dark green 1.5, dark 0.2
    olive: olive 3, green 3, dark green 1, khaki 1.5
    yellow: yellow 1
    orange: orange 1
    pink: pink 1
    purple: purple 6, dark 0.2
    beige: beige 5, light brown 1.5, khaki 0.7, light 0.7
    brown: brown 6, dark brown 2, light brown 0.6, dark 0.6
    teal: teal 1
    """
)

#: The spellings of each word for a colour, of clothes and of hair.
COLOUR_SPELLINGS: Mapping[str, Weights] = _table(
    """grey: grey 5, gray 3
    dark grey: dark grey 4, dark gray 2, charcoal 0.8
    light grey: light grey 4, light gray 2, pale grey 0.4
    white: white 1
    cream: cream 3, off-white 1.5, cream-coloured 0.7
    navy: navy 3, navy blue 4
    dark blue: dark blue 1
    light blue: light blue 5, pale blue 1.5, sky blue 0.7, baby blue 0.2
    burgundy: burgundy 3, maroon 2.5, dark red 2.5, wine-red 0.5
    olive: olive 2, olive green 3, army green 0.8
    purple: purple 5, violet 0.6
    beige: beige 5, tan 1.5, sand-coloured 0.3, camel 0.2
    teal: teal 3, turquoise 1, blue-green 1
    yellow: yellow 8, mustard yellow 0.3
    black or navy: black or navy 1, black or dark blue 2
    dark: dark 5, dark-coloured 1, dark-colored 0.5
    light: light 2, light-coloured 3, light-colored 1.5, pale 1
    blond: blond 2, blonde 3, fair 1
    red: red 1
    """
)
#: Of hair, words that are spelled otherwise than those of clothes.
_OF_HAIR: Mapping[str, Weights] = _table(
    """red: red 3, ginger 2
    dark: dark 1
    light: light 3, light-coloured 1, light-colored 1
    white: white 1
    """
)

#: The words of `HAIR_MEANT` for each hair colour.
SAID_OF_HAIR: Mapping[str, Weights] = _table(
    """black: black 5, dark 3
    brown: brown 6, dark 2
    blond: blond 6, light 0.8
    red: red 1
    grey: grey 6, light 0.3
    white: white 4, grey 2
    """
)

#: Nouns that stand in the plural.
PLURAL_WORDS = frozenset(
    {
        "jeans", "trousers", "pants", "leggings", "joggers", "shorts", "trainers", "shoes",
        "boots", "sandals", "heels", "glasses", "sunglasses",
    }
)  # fmt: skip


def spellings(word: str) -> Weights:
    """How a word for a kind may be written."""
    return SPELLINGS.get(word) or MappingProxyType({word: 1.0})


def colour_spellings(word: str, *, of_hair: bool = False) -> Weights:
    """How a word for a colour may be written."""
    if of_hair and word in _OF_HAIR:
        return _OF_HAIR[word]
    return COLOUR_SPELLINGS.get(word) or MappingProxyType({word: 1.0})


_BRITISH = frozenset(
    {
        "grey", "dark grey", "light grey", "pale grey", "jumper", "knitted jumper", "pullover",
        "trainers", "rucksack", "gilet", "body warmer", "tracksuit bottoms", "jogging bottoms",
        "joggers", "woolly hat", "knitted hat", "carrier bag", "trolley case", "brolly",
        "light-coloured", "dark-coloured", "cream-coloured", "sand-coloured", "two-coloured",
        "spectacles", "stripy", "spotted", "tartan", "checked", "hoody",
    }
)  # fmt: skip
_AMERICAN = frozenset(
    {
        "gray", "dark gray", "light gray", "sweater", "knit sweater", "sneakers", "tennis shoes",
        "sweatpants", "track pants", "knit cap", "wool cap", "grocery bag", "purse", "eyeglasses",
        "rolling suitcase", "light-colored", "dark-colored", "plaid", "checkered", "tan",
        "heavyset", "backpack",
    }
)  # fmt: skip


def in_dialect(words: Weights, dialect: str) -> Weights:
    """The words that a dialect has; those of the other are kept at a twentieth of their weight.

    Args:
        words: how often each is said.
        dialect: `british` or `american`.
    """
    foreign = _AMERICAN if dialect == "british" else _BRITISH
    return {word: weight * (0.05 if word in foreign else 1) for word, weight in words.items()}
