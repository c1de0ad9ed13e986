"""Words that join, limit and deny, and those that mean nothing by themselves."""

ARTICLES = "a an the one some any"
AND = "and plus & +"
OR = "or nor /"
BE = "is are was were be being been that's which that it's they're"
IN = "in"
WITH = "with w/"
NOT = "not isn't isnt aren't wasn't weren't never doesn't don't didn't hasn't haven't non neither"
NO = "no without w/o lacking lacks minus nothing"
VERBS = (
    "wearing wears wore wear worn dressed carrying carries carry carried holding holds hold held "
    "pulling pulls pull pulled has have had having pushing pushes push pushed sporting clad got"
)
FILLERS = (
    "person individual pedestrian someone somebody people who whose their they them there i saw "
    "noticed think also maybe possibly probably what looks like appears to might kind of sort "
    "pair of over under underneath beneath below on top it its at by from as both all "
    "mostly mainly very quite rather really about around up down back front head shoulder "
    "shoulders hand hands arm arms feet legs face upper lower side left right this but though "
    "seen anything describe show me find search for i'm we're looking does do did"
)

#: Words that say that something is absent: what, by its canonical word.
ABSENCES = """
hat: bareheaded, bare headed, nothing on his head, nothing on her head, nothing on their head
bag: empty handed, nothing in his hands, nothing in her hands, nothing in their hands
beard: clean shaven
shoes: barefoot, bare feet
"""
