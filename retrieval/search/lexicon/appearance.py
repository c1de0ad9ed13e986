"""How things look: colours, patterns, materials, cuts; `canonical: other words` a line."""

COLOURS = """
black: jet black
white: snow white
cream: off white, ivory, cream coloured, ecru
grey: gray
dark grey: charcoal, charcoal grey, charcoal gray, anthracite
light grey: pale grey, silver grey
blue: royal blue, cobalt, indigo, bluish
navy: navy blue
light blue: pale blue, sky blue, baby blue, powder blue
red: scarlet, crimson, cherry red, reddish
burgundy: maroon, dark red, wine red, wine, claret, oxblood
green: emerald, lime green, lime, mint, mint green, bright green, greenish
olive: olive green, army green
khaki:
yellow: mustard, mustard yellow, lemon, yellowish
orange: rust, amber
pink: rose pink, magenta, fuchsia, salmon
purple: violet, lilac, lavender, mauve, plum
beige: tan, sand coloured, sand, camel, fawn
brown: chocolate, chestnut, brownish
teal: turquoise, blue green, aqua, cyan
gold: golden
silver:
dark: dark coloured, darker
light: light coloured, pale, lighter
bright: brightly coloured, neon, fluorescent, colourful, colorful
multicoloured: multicolored, multi coloured, multi colored, rainbow
blond: blonde, fair
ginger:
"""
#: Colours that go with dark, light, bright: "dark green", "pale pink".
SHADED = ("grey", "gray", "blue", "green", "pink", "purple", "brown", "yellow", "orange", "red")
DARK = ("dark", "deep", "darker")
LIGHT = ("light", "pale", "pastel", "lighter")
BRIGHT = ("bright", "vivid", "neon", "fluorescent")

PATTERNS = """
striped: stripy, stripey, pinstriped, pinstripe, stripped
checked: checkered, chequered, plaid, tartan, check, gingham
dotted: polka dot, polka dotted, spotted, spotty
camouflage: camo, camouflaged
block: two tone, two coloured, two colored, colour block, color block, two toned
print: printed, patterned, graphic
floral: flowery, flowered, flower print
animal print: leopard print, zebra print, leopard
plain: solid, plain coloured
"""

DETAILS = """
leather:
denim:
wool: woollen, woolen, woolly
knitted: knit
cotton:
suede:
fur: furry, faux fur
silk: satin
corduroy:
linen:
nylon:
velvet:
tweed:
straw:
canvas:
plastic:
long: full length, ankle length
knee-length: knee length, mid length, knee high
cropped:
long-sleeved: long sleeved, long sleeve
short-sleeved: short sleeved, short sleeve
sleeveless:
baggy: loose, oversized, loose fitting
tight: fitted, tight fitting, skinny fit
open: unzipped, unbuttoned
closed: zipped, zipped up, buttoned up, done up
hooded:
padded: quilted, puffy
ripped: torn
pleated:
wide: wide leg, flared
high-waisted: high waisted
wheeled: rolling
shiny: glossy
winter:
summer:
work:
high-visibility: high visibility, reflective
"""
