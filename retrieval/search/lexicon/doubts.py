"""Words for what no shot of a person shows; commas part them, a space is where a hyphen may be."""

from collections.abc import Iterable

Words = tuple[str, ...]


def _table(text: str) -> frozenset[Words]:
    return frozenset(
        tuple(one.replace("-", " ").split()) for one in text.replace("\n", ",").split(",") if one
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Character, standing and looks: judgements.
CHARACTER = _table("""
suspicious, suspicious looking, suspiciously, criminal, criminals, thief, thieves, burglar, robber
shoplifter, pickpocket, mugger, vandal, hooligan, terrorist, drug dealer, gangster, gang member
pervert, stalker, intruder, trespasser, troublemaker, killer, rapist, drunk, drunken, drunkard
intoxicated, tipsy, stoned, drugged, addict, junkie, high on drugs, on drugs, under the influence
dangerous, violent, aggressive, aggressively, threatening, menacing, sinister, evil, creepy, shady
dodgy, dodgy looking, sketchy, fishy, guilty, guilty looking, innocent, honest, dishonest
untrustworthy, crazy, insane, mad, mentally ill, weird, strange, rude, homeless, rich, wealthy
poor, illegal, beautiful, pretty, handsome, attractive, ugly, sexy, good looking, harmless
friendly, unfriendly, polite, lazy, clever, stupid
""")

#: What somebody means to do, or what only a story tells: more words belong to it.
ACTS = _table("""
about to, going to, trying to, planning to, wants to, want to, intends to, intending to, plotting
steal, steals, stealing, stole, stolen, robbing, robbed, shoplifting, pickpocketing, lurking
loitering, casing, stalking, hiding something, up to no good, looking for trouble, acting
behaving, pretending, waiting for, dealing drugs, fleeing, escaping
escaped, attacked, attacking, threatened
""")

EMOTION = _table("""
happy, sad, angry, upset, nervous, nervously, anxious, scared, afraid, worried, frightened, excited
bored, cheerful, depressed, furious, annoyed, confused, stressed, smiling, smiles, smile, laughing
laughs, crying, cries, frowning, grinning, grumpy, miserable, in tears, sad looking, angry looking
nervous looking, worried looking, happy looking, unhappy, calm, calmly
""")

#: Origin, nationality, religion, colour of skin.
ORIGIN = _table("""
asian, south asian, east asian, african, african american, afro american, afro caribbean, caribbean
caucasian, european, eastern european, hispanic, latino, latina, latin american, mediterranean
middle eastern, middle easterner, arab, arabic, arabian, oriental, chinese, japanese, korean
vietnamese, thai, filipino, indian, pakistani, bangladeshi, afghan, iranian, iraqi, syrian, turkish
kurdish, israeli, egyptian, moroccan, algerian, tunisian, nigerian, somali, ethiopian, eritrean
russian, ukrainian, romanian, bulgarian, albanian, italian, spanish, portuguese, french, german
dutch, greek, british, english, scottish, irish, american, mexican, brazilian, colombian, muslim
islamic, jewish, jew, christian, hindu, sikh, buddhist, mixed race, biracial, gypsy, roma, traveller
foreign, foreigner, foreign looking, immigrant, migrant, refugee, asian looking, arab looking
dark skinned, light skinned, fair skinned, pale skinned, brown skinned, black skinned, olive skinned
white skinned, tanned skin, dark skin, light skin, fair skin, pale skin, brown skin, black skin
olive skin, white skin, skin colour, skin color, skin tone, complexion, dark complexion, race
light complexion, fair complexion, pale complexion, olive complexion, ethnicity, ethnic, nationality
ic1, ic2, ic3, ic4, ic5, ic6, person of colour, person of color
""")
#: Of a person they are origin; of a thing, its colour.
SKIN = frozenset({"black", "white", "brown"})

FACE = _table("""
freckles, freckled, wrinkles, wrinkled face, dimples, birthmark, mole, eyelashes, eyebrows, lipstick
make up, makeup, eyeliner, mascara, nail polish, eyeshadow, nose ring, nose piercing, lip ring
round face, oval face, thin face, chubby cheeks, high cheekbones, cheekbones, big nose, long nose
crooked nose, broken nose, crooked teeth, gold teeth, gold tooth, missing teeth, double chin
big ears, thin lips, full lips, scar on his face, scar on her face, scar on his cheek
scar on her cheek, facial scar, contact lenses
""")

TIME = _table("""
yesterday, today, tonight, last night, last week, last month, this morning, this afternoon
this evening, yesterday morning, yesterday afternoon, yesterday evening, yesterday night, just now
in the morning, in the afternoon, in the evening, at night, at noon, at midnight, at lunchtime
monday, tuesday, wednesday, thursday, friday, saturday, sunday, on monday, on tuesday, on wednesday
on thursday, on friday, on saturday, on sunday, last monday, last tuesday, last wednesday
last thursday, last friday, last saturday, last sunday, recently, earlier today, an hour ago
a minute ago, a few minutes ago, half an hour ago, an hour earlier
""")
MONTHS = _words("""
january february march april may june july august september october november december
""")

#: Where people are, if a word of WHERE comes before.
PLACES = _words("""
door doors doorway entrance exit gate station platform stairs staircase escalator lift elevator
corridor hallway hall lobby reception shop store supermarket mall street road pavement sidewalk
kerb square fountain cafe restaurant bar pub stop bank hotel school university office kitchen
room floor aisle checkout till counter kiosk market crossing corner building airport terminal
garage park lot yard courtyard garden bridge tunnel underpass church mosque hospital library
museum theatre stadium gym pool beach wall fence window bench tree car van bus train camera
entry carpark warehouse dock bay
""")
WHERE = _words("""
at by near in on from outside inside towards toward through into to behind beside opposite
across past around leaving entering
""")
#: Words that lead to something that is not worn or carried.
BESIDE = _words("""
by at near from outside inside towards toward through into behind beside opposite across past
next between among against after before following over under underneath beneath below atop
""")

RELATIONS = _words("""
neighbour neighbor husband wife boss colleague coworker friend mate brother sister son daughter
ex boyfriend girlfriend partner mother mum mom father dad uncle aunt cousin nephew niece boy
girl grandmother grandma grandfather grandpa child kid kids children teacher doctor landlord
tenant flatmate roommate employee manager client customer sibling parents family fiance
""")
OWNERS = _words("my our your his her their")

MANY = _words("""
men women ladies gentlemen guys girls boys kids children females males teenagers teens people
persons adults youths toddlers pedestrians individuals blokes lads pensioners friends
""")
COUNTS = _words("""
two three four five six seven eight nine ten several many some both multiple 2 3 4 5 6 7 8 9 10
""")
GROUPS = _table("""
group of, crowd of, a crowd, couple of, a couple, gang of, family of, a family
two people, three people, both of them, all of them
""")

#: Words that a sentence joins with, of no garment and no doubt: no note of them.
PLAIN = _words("""
my our your we me us if to so while just could would can may please want need may will must
should such than then when where which because during until till still only even same other
another each every every more most less few too also else here near nearby behind beside next
between across through into onto out off away past toward towards inside outside against along
being get gets getting go goes going come comes coming came went make makes put puts putting
take takes taking took use using used like similar kind type style coloured colored suspect
witness cctv camera video image picture photo footage shot how why again always often sometimes
one's himself herself themselves together alone myself bit lot little who's there's these those
covered covering cover wrapped tucked rolled hanging hung slung worn matching opposite following
ago after before since called named
""")


def words_of(tables: Iterable[Iterable[Words]]) -> frozenset[str]:
    """Every single word of the tables.

    >>> sorted(words_of([{("up", "to")}, {("angry",)}]))
    ['angry', 'to', 'up']
    """
    return frozenset(word for table in tables for words in table for word in words)


LONGEST = max(map(len, CHARACTER | ACTS | EMOTION | ORIGIN | FACE | TIME | GROUPS))
