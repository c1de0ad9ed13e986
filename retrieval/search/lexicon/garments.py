"""What is worn: `canonical: other words` a line, one plural line each for what comes in pairs."""

UPPER = """
t-shirt: tee shirt, tshirt, tee, short sleeved top, short sleeve top, short sleeved shirt
shirt: dress shirt, button up shirt, button down shirt, flannel shirt
blouse:
polo shirt: polo, polo top
jumper: sweater, pullover, knitted jumper, knit sweater, knitted sweater, jersey, turtleneck
jumper: polo neck
sweatshirt: sweat shirt, fleece
tank top: sleeveless top, sleeveless shirt, singlet, camisole, crop top, halter top
top: long sleeved top, long sleeve top
jacket: bomber jacket, denim jacket, leather jacket, fleece jacket, track jacket, rain jacket
jacket: windbreaker, windcheater, jean jacket, sports jacket, ski jacket, tracksuit top
jacket: biker jacket
coat: overcoat, winter coat, trench coat, raincoat, rain coat, duffle coat, duffel coat, mac
coat: cape, cloak, poncho, great coat, greatcoat
parka: anorak, cagoule
puffer jacket: padded jacket, down jacket, quilted jacket, puffer coat, padded coat
puffer jacket: puffa jacket, puffer
hoodie: hoody, hooded sweatshirt, hooded top, hooded jumper, zip up hoodie
cardigan: cardi
blazer: suit jacket, suit coat, sport coat
vest: gilet, body warmer, bodywarmer, sleeveless jacket, waistcoat
high-visibility vest: hi vis vest, hi viz vest, high vis vest, safety vest, reflective vest
high-visibility vest: hi vis jacket, high visibility jacket, hi vis, hi viz, high vis
high-visibility vest: reflective jacket
tunic: kurta
"""

LOWER_PLURAL = """
jeans: denim jeans, blue denims, denims
trousers: slacks, chinos, suit trousers, dress pants, cargo trousers, corduroys, flannels
pants: cargo pants, bottoms, khakis
leggings: tights, yoga pants
joggers: tracksuit bottoms, sweatpants, sweat pants, jogging bottoms, jogging pants, track pants
joggers: tracksuit pants, jogging trousers
shorts: bermudas, denim shorts, cargo shorts, board shorts
dungarees: overall trousers
"""

LOWER = """
skirt: miniskirt, mini skirt, denim skirt, kilt
"""

FULL = """
dress: gown, sundress, summer dress, frock, sari, robe
suit: business suit, trouser suit, pantsuit, tuxedo
coverall: overall, boiler suit, jumpsuit, onesie, playsuit, romper
tracksuit: track suit, jogging suit, shell suit
uniform:
"""

FULL_PLURAL = """
coveralls: overalls
clothes: clothing, outfit, attire, garments
"""

FOOTWEAR_PLURAL = """
trainers: sneakers, running shoes, sports shoes, tennis shoes, gym shoes, training shoes
trainers: runners, plimsolls, converse
shoes: footwear, dress shoes, leather shoes, loafers, brogues, flats, slippers, lace ups, pumps
shoes: ballet flats
boots: ankle boots, wellington boots, wellingtons, wellies, work boots, walking boots
boots: hiking boots, knee high boots
sandals: flip flops, flipflops
heels: high heels, high heeled shoes, stilettos
socks: stockings
"""

HEADWEAR = """
cap: baseball cap, flat cap, peaked cap, snapback
beanie: woolly hat, wooly hat, knit cap, knitted hat, knit hat, wool cap, wool hat, bobble hat
beanie: beany, knitted cap, beanie hat, skull cap
hat: sun hat, bucket hat, straw hat, fedora, trilby, cowboy hat, bowler hat, beret, top hat
hat: headgear, sunhat
helmet: hard hat, crash helmet, bike helmet, cycle helmet, cycling helmet, motorcycle helmet
helmet: bicycle helmet
hood: hood up
headscarf: head scarf, hijab, turban, bandana, veil
"""
