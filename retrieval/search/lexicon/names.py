"""Given names, and words written with a capital that are no names of people."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Frequent ones that are no other English word, no colour and no garment.
GIVEN = _words("""
aaron abdul abigail adam ahmed alan albert alejandro alex alexander alexandra alfred ali alice
alison amanda amelia amy ana andrea andreas andrew angela anita ann anna anne annie anthony
antonio arthur ashley barbara ben benjamin bernard beth betty brandon brenda brian bruce bryan
cameron carl carlos carmen carol caroline catherine charles charlie charlotte chloe chris
christina christine christopher claire clara colin craig cynthia daniel danielle david deborah
debra dennis diana diane diego donald donna dorothy douglas dylan edward eleanor elena elizabeth
ella ellen emily emma eric erik ethan eva evelyn fatima felix fernando fiona frances francesca
francis frank fred frederick gary geoffrey george gerald giovanni giulia gloria gordon graham
greg gregory hannah harold harry hassan heather helen henry howard hugo hussein ian ibrahim
isabella ivan jacob james jane janet janice jason javier jeff jeffrey jennifer jeremy jessica
jim jimmy joan joe johan johannes john johnny jonathan jordan jorge jose joseph joshua juan
judith julia julian julie karen katarina kate katherine kathleen kathryn katie keith kelly ken
kenneth kevin kim klaus kyle larry laura lauren lee leila leo leon leonard liam linda lisa louis
louise lucas lucy luis luke lukas maria marie marina mario marta martha martin mary matteo
matthew maureen megan melissa michael michaela michelle miguel mike mohamed mohammed monica
muhammad nancy natalie natasha nathan nicholas nicola nicole nigel noah nora oliver olivia olga
omar oscar pablo pamela patricia patrick paul paula pedro peter philip rachel ralph raymond
rebecca ricardo richard robert roberto roger ronald russell ruth ryan samantha samuel sandra
sara sarah scott sean sebastian sergio sharon shirley simon sofia sophia sophie stefan stephanie
stephen steve steven stuart susan suzanne sylvia teresa theresa thomas tim timothy tina tom tony
tracy valentina vanessa veronica victor victoria vincent virginia walter wayne wendy william
yusuf yvonne zoe
""")

TITLES = _words("mr mrs ms miss dr prof sir lady lord officer pc sergeant")

#: After these a word is a name if the lexicon does not know it.
INTRODUCTIONS = _words("called named")

#: Written with a capital, and no name of a person.
OTHERS = _words("""
i nike adidas puma reebok asics vans converse gucci prada versace burberry lacoste levi levis
hilfiger tommy north superdry barbour carhartt dickies patagonia umbro fila kappa supreme zara
primark hollister abercrombie timberland ugg birkenstock crocs oakley ray ban rolex apple
samsung tesco asda aldi lidl sainsbury ikea amazon dhl fedex ups uber deliveroo lego disney
mickey batman superman spiderman london paris berlin york chicago boston manchester liverpool
arsenal chelsea barcelona madrid lakers yankees bulls christmas santa easter halloween january
february march april may june july august september october november december monday tuesday
wednesday thursday friday saturday sunday english european velcro lycra gore tex
""")
