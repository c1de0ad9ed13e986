"""Who somebody is by the look of them, their hair, and what they do: `canonical: words` a line."""

GENDER = """
woman: lady, women, ladies, mother, mum, mom, grandmother, grandma, policewoman
man: guy, gentleman, men, bloke, gentlemen, dude, father, dad, grandfather, grandpa, chap, fella
man: policeman
girl: young girl, little girl, schoolgirl
boy: young boy, little boy, schoolboy, lad
female: females
male: males
"""

AGE_NOUNS = """
child: kid, children, young child, small child, little child, little kid
baby: toddler, infant
teenager: teen, youth, adolescent
adult: grown up
pensioner: senior citizen, oap
"""

AGE = """
young: twenties, 20s, youthful
teenage: teenaged
middle-aged: middle aged, thirties, forties, fifties, 30s, 40s, 50s
elderly: old, older, senior, sixties, seventies, eighties, 60s, 70s, 80s
"""

BUILD = """
slim: slender, slightly built, petite, slight
heavy: heavyset, heavy set, stocky, heavily built, overweight, chubby, obese, well built, plump
heavy: stout
tall: very tall
athletic: muscular, sporty
"""

#: Traits of people that are details of things: "a short man", "short hair", "a large bag".
EITHER = """
short: small, little
slim: thin, skinny
heavy: large, big, fat, broad
average: medium
"""

AGED = """
aged: years old, year old, yr old, yrs old, years of age
"""

BUILD_NOUNS = """
build: figure, frame, physique, stature, height, body
"""

HAIR = """
hair: haired, hairstyle, haircut, headed
ponytail: pony tail, pony tails
bun: hair bun, top knot
plait: braid, pigtail
dreadlocks: dreads, cornrows
afro:
fringe: bangs
beard: bearded, goatee, stubble
moustache: mustache
bald: bald head, bald headed, balding, shaven head, shaved head
"""

#: Words that say a hair colour by themselves.
HAIR_COLOURS = """
blond: blonde, blondes
red: redhead, redheaded
brown: brunette
"""

HAIR_DETAILS = """
tied: tied back, tied up, tied
curly: curled, wavy, frizzy
straight:
medium: shoulder length, medium length, chin length
"""

ACTION = """
walking: walking along, walks, walked, walking by, walking past, strolling, walk
standing: standing still, standing around, stands, stood, stand
turning: turning round, turning around, turning about, turns round, turns around
running: jogging, runs, sprinting, ran, run
sitting: seated, sits, sat, sitting down
phoning: on the phone, talking on the phone, making a phone call, on his phone, on her phone
phoning: on their phone, talking on a phone, using a phone, using his phone, using her phone
phoning: on a phone, on the telephone
cycling: riding a bike, riding a bicycle, on a bike, on a bicycle, riding
waiting: queueing, queuing
crouching: squatting, kneeling
lying: lying down
leaning:
smoking:
eating:
drinking:
talking: chatting, speaking
waving:
looking down: looking at his phone, looking at her phone, texting
"""

PRONOUNS = """
woman: she, her, hers, she's, herself
man: he, his, him, he's, himself
"""
