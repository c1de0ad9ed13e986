"""What is carried or worn beside garments: `canonical: other words` a line."""

CARRIED = """
rucksack: backpack, back pack, ruck sack, knapsack, daypack, day pack, school bag, schoolbag
shoulder bag: messenger bag, cross body bag, crossbody bag, crossbody, satchel, sling bag
shoulder bag: over the shoulder bag
handbag: purse, hand bag, clutch bag
shopping bag: carrier bag, plastic bag, grocery bag, paper bag, tote, tote bag, shopping
belt bag: bum bag, fanny pack, waist bag, waist pack
sports bag: duffel bag, duffle bag, holdall, gym bag, kit bag, travel bag
laptop bag: computer bag
briefcase: attache case
bag:
suitcase: suit case, wheeled suitcase, rolling suitcase, trolley case, trolley bag, luggage
suitcase: wheelie bag
umbrella: brolly, parasol
phone: mobile, mobile phone, cell phone, cellphone, smartphone, smart phone
pram: pushchair, push chair, stroller, buggy, baby carriage
bicycle: bike, pushbike, push bike, cycle
scooter: kick scooter
skateboard: longboard
wheelchair: wheel chair
walking stick: cane, walking cane, crutch
trolley: shopping trolley, shopping cart, cart
box: cardboard box, parcel, package
bottle: water bottle
cup: coffee cup, coffee, paper cup, mug
book:
newspaper: magazine
folder: clipboard
laptop: tablet, notebook
dog: puppy
guitar: guitar case
camera:
bouquet: flower, bunch of flowers
"""

ACCESSORY = """
scarf: shawl, neck scarf, snood
tie: necktie, bow tie, bowtie
belt:
mask: face mask, surgical mask, facemask
watch: wristwatch, wrist watch
necklace: chain, pendant
lanyard: name badge
apron:
armband: arm band
earring:
"""

ACCESSORY_PLURAL = """
glasses: spectacles, eyeglasses, eye glasses, reading glasses
sunglasses: shades, sun glasses, dark glasses
gloves: mittens
headphones: earphones, headset, earbuds, ear buds
"""

#: Of a thing named before them, and what pattern they make of it; no pattern: a detail.
PARTS = """
print: logo, design, graphic, picture, motif, emblem
striped: stripes, stripe
dotted: dots, spots, polka dots
checked: checks
floral: flowers on it
lettering: writing, text, number, slogan
button: buttons
collar:
zip: zipper
sleeve: sleeves, cuffs
pocket: pockets
sole: soles
lace: laces
strap: straps
trim: edging, lining, piping
handle: handles
wheel: wheels
"""
PATTERN_PARTS = frozenset({"print", "striped", "dotted", "checked", "floral"})
