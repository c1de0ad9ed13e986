"""The words of descriptions: things by kind, colours, and what else may stand before a thing."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class PhraseKind(StrEnum):
    """What a phrase speaks of."""

    UPPER = "upper garment"
    LOWER = "lower garment"
    FOOTWEAR = "footwear"
    HEADWEAR = "headwear"
    HAIR = "hair"
    CARRIED = "carried thing"
    BUILD = "build"
    AGE = "age"
    GENDER = "gender"
    ACTION = "action"
    OTHER = "other"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Lines of `word: spelling, spelling`, by kind.
_THINGS = {
    PhraseKind.UPPER: """t-shirt: tee shirt, tshirt, tee, short-sleeved top
        shirt
        blouse
        polo shirt: polo
        jumper: sweater, pullover, knitted jumper, knit sweater
        sweatshirt
        tank top: sleeveless top, sleeveless shirt
        dress
        top
        jacket: jacket or coat, coat or jacket, anorak, windbreaker
        coat: overcoat, winter coat, raincoat, parka
        puffer jacket: padded jacket, down jacket, quilted jacket
        hoodie: hooded sweatshirt, hooded top, hoody
        cardigan
        blazer: suit jacket
        vest: gilet, body warmer, sleeveless jacket
        high-visibility vest: hi-vis vest, safety vest, reflective vest, hi-vis, high-vis vest""",
    PhraseKind.LOWER: """jeans: denim jeans
        trousers: slacks, chinos
        pants
        leggings: tights
        joggers: tracksuit bottoms, sweatpants, jogging bottoms, track pants
        shorts
        skirt""",
    PhraseKind.FOOTWEAR: """trainers: sneakers, running shoes, sports shoes, tennis shoes
        shoes: shoe
        boots: boot
        sandals
        heels: high heels, high-heeled shoes""",
    PhraseKind.HEADWEAR: """cap: baseball cap
        beanie: woolly hat, woolly cap, knit cap, knitted hat, wool cap
        hat
        helmet
        hood""",
    PhraseKind.HAIR: """hair
        ponytail
        bun
        bald: bald head""",
    PhraseKind.CARRIED: """rucksack: backpack, back pack
        bag
        shoulder bag: messenger bag, cross-body bag, satchel
        handbag: purse, hand bag
        shopping bag: carrier bag, plastic bag, grocery bag
        suitcase: wheeled suitcase, rolling suitcase, trolley case
        umbrella: brolly""",
    PhraseKind.GENDER: """woman: lady, female
        man: guy, gentleman, male
        girl
        boy""",
    PhraseKind.AGE: """child: kid
        young
        middle-aged
        elderly: old, older""",
    PhraseKind.BUILD: """slim: thin, slender, skinny
        heavyset: stocky, heavily built, overweight, large
        tall""",
    PhraseKind.ACTION: """walking
        standing
        phoning: on the phone
        running
        turning""",
    PhraseKind.OTHER: """glasses: spectacles, eyeglasses
        sunglasses: shades
        beard""",
}

#: Lines of `colour: spelling, spelling`; a spelling may name two.
_COLOURS = """black
    white
    cream: off-white, cream-coloured, cream-colored
    grey: gray
    dark grey: dark gray, charcoal
    light grey: light gray, pale grey, pale gray
    blue
    navy: navy blue
    dark blue
    light blue: pale blue, sky blue, baby blue
    red: ginger
    burgundy: maroon, dark red, wine-red
    green
    dark green
    olive: olive green, army green
    khaki
    yellow: mustard yellow
    orange
    pink
    purple: violet
    beige: tan, sand-coloured, camel
    brown
    dark brown
    light brown
    teal: turquoise, blue-green
    dark: dark-coloured, dark-colored
    light: light-coloured, light-colored, pale
    blond: blonde, fair"""

#: What may stand between a colour and its thing, and belongs to neither.
MODIFIERS = _words(
    """long short shoulder-length medium-length curly straight striped stripy checked checkered
    plaid tartan polka-dot spotted dotted camouflage camo two-tone two-coloured printed
    patterned leather denim woollen knitted open closed loose"""
)

NEGATORS = _words("""no without not never isn't isn’t doesn't doesn’t aren't aren’t""")

#: Words that say by themselves that something is not there.
LACKING: Mapping[str, str] = MappingProxyType({"hatless": "hat", "bareheaded": "hat"})

#: Words that carry no meaning of their own in a description.
FILLING = _words(
    """a an the his her their its some any person someone somebody individual pedestrian who
    that is are was were be been being he she they it has have had having in on of to at
    from by with and or nor but wearing wears wore wear dressed carrying carries carried
    carry holding holds held pulling pulls pulled pair kind what looks like appears might
    maybe possibly probably also as over under front back head tied up one two three several"""
)


def _table(lines: str) -> dict[str, str]:
    """Every spelling, and the word that it stands for."""
    table: dict[str, str] = {}
    for line in lines.splitlines():
        word, _, others = (part.strip() for part in line.strip().partition(":"))
        table |= {spelling.strip(): word for spelling in (word, *others.split(",")) if spelling}
    return table


#: Every spelling of a thing: its kind, and its usual word.
THINGS: Mapping[str, tuple[PhraseKind, str]] = MappingProxyType(
    {
        spelling: (kind, word)
        for kind, lines in _THINGS.items()
        for spelling, word in _table(lines).items()
    }
)

#: Every spelling of a colour, and its usual word.
COLOURS: Mapping[str, str] = MappingProxyType(_table(_COLOURS))
