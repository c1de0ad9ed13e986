"""Makes phrases of words: which colour goes with which thing, and how far a "no" reaches."""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.search.lexicon.kinds import PhraseKind, Role
from retrieval.search.lexicon.things import PATTERN_PARTS
from retrieval.search.phrase_types import Phrase, is_word, qualities
from retrieval.search.phrase_unheaded import Unheaded
from retrieval.search.wording import Item

_MODIFIERS = frozenset({Role.COLOUR, Role.PATTERN, Role.DETAIL, Role.EITHER, Role.UNKNOWN})
_WORN = frozenset(
    {
        PhraseKind.UPPER, PhraseKind.LOWER, PhraseKind.FULL, PhraseKind.FOOTWEAR,
        PhraseKind.HEADWEAR, PhraseKind.ACCESSORY,
    }
)  # fmt: skip


class Reader(Unheaded):
    """Reads a sentence once, from left to right."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__(items)
        self._steps = {
            Role.NOUN: self._noun,
            Role.PERSON: self._person,
            Role.TRAIT: self._trait,
            Role.LESS: self._less,
            Role.PART: self._part,
            Role.ARTICLE: self._article,
            Role.AND: self._and,
            Role.OR: self._and,
            Role.COMMA: self._comma,
            Role.STOP: self._stop,
            Role.BE: self._joins,
            Role.IN: self._joins,
            Role.WITH: self._joins,
            Role.VERB: self._joins,
            Role.NOT: self._not,
            Role.NO: self._not,
            Role.PRONOUN: self._pronoun,
            Role.FILLER: self._filler,
        }

    def phrases(self) -> list[Phrase]:
        """All phrases, in the order of the sentence."""
        for at, item in enumerate(self._items):
            self._at = at
            if item.role in _MODIFIERS:
                self._modifier(item)
                continue
            if item.role is not Role.OR:
                self._denied = False
            self._steps[item.role](item)
        self._flush()
        return sorted(self._found, key=lambda phrase: phrase.span)

    def _is_list_of_absent(self) -> bool:
        """Whether "or" comes before anything that ends `no hat, bag or glasses`."""
        ahead = 1
        while (role := self._role(ahead)) in _MODIFIERS | {Role.ARTICLE, Role.NOUN, Role.COMMA}:
            ahead += 1
        return role is Role.OR

    def _modifier(self, item: Item) -> None:
        is_denied = self._denied and item.role in (Role.COLOUR, Role.PATTERN)
        self._denied = is_denied
        self._waiting.append(replace(item, negated=is_denied))

    def _noun(self, item: Item) -> None:
        words, self._waiting = self._waiting, []
        if item.entry.kind is PhraseKind.BUILD and not words:
            return
        words = self._without_denied(words, item)
        if not words and self._is_joined_to_last(item):
            return
        found = qualities(words)
        first = words[0].start if words else item.start
        head = item.entry.meaning
        noun = head if item.text in ("haired", "headed", "bearded") else item.text
        text = f"{found.text} {noun}".strip()
        if item.entry.kind is PhraseKind.BUILD and found.details:
            head = found.details[-1]
        phrase = Phrase(
            text, item.entry.kind, found.colours, head, self._negating, (first, item.end),
            found.pattern, found.details, found.either, is_plural=item.entry.is_plural,
        )  # fmt: skip
        self._add_thing(phrase if words else self._with_shared_colour(phrase))

    def _without_denied(self, words: list[Item], noun: Item) -> list[Item]:
        """The other words; what is "not red" becomes a phrase of its own."""
        denied = [word for word in words if word.negated]
        if denied:
            self._deny(denied, noun.text, noun.entry.kind, noun.entry.meaning)
        rest = [word for word in words if not word.negated]
        if denied and denied[-1].end > (rest[0].start if rest else noun.start):
            rest = [word for word in rest if word.start > denied[-1].end]
        return rest if any(map(is_word, rest)) else []

    def _add_thing(self, phrase: Phrase) -> None:
        self._found.append(phrase)
        self._is_in_list = self._is_told_of is not None and self._joint is Role.COMMA
        self._is_told_of = phrase
        self._negated, self._negating = self._negating, False
        self._had_article, self._has_article = self._has_article, False
        self._joint = None

    def _is_joined_to_last(self, item: Item) -> bool:
        """Whether a noun only says more of the thing before it, which is then changed."""
        last = self._is_told_of
        if last is None or last is not self._found[-1] or self._negating or last.negated:
            return False
        kind = item.entry.kind
        if self._joint is Role.OR and kind is last.kind and item.entry.meaning != last.head:
            text = f"{last.text} or {item.text}"
            others = (*last.alternatives, item.entry.meaning)
            self._change(replace(last, text=text, alternatives=others), item.end)
            return True
        if self._joint is Role.IN and kind is last.kind is PhraseKind.HAIR:
            text = f"{last.text} in a {item.text}"
            self._change(replace(last, text=text, head=item.entry.meaning), item.end)
            return True
        is_of_coat = last.kind is PhraseKind.UPPER and item.text in ("hood", "hoods")
        if self._joint is Role.WITH and is_of_coat and self._has_article:
            text = f"{last.text} with a hood"
            self._change(replace(last, text=text, details=(*last.details, "hooded")), item.end)
            return True
        return False

    def _with_shared_colour(self, phrase: Phrase) -> Phrase:
        """`trousers` of "black shoes and trousers" are black too.

        Only where both stand alike: joined by "and", one article for both or none, both in the
        plural or neither. Jeans have their colour for themselves.
        """
        last = self._is_told_of
        is_alike = (
            last is not None
            and self._joint is Role.AND
            and not self._has_article
            and not phrase.negated
            and not last.negated
            and last.colours
            and last.pattern is None
            and not self._is_in_list
            and last.is_plural == phrase.is_plural
            and last.head not in ("jeans", "hair")
            and {last.kind, phrase.kind} <= _WORN
        )
        if last is None or not is_alike:
            return phrase
        colours = last.text.removesuffix(last.text.split()[-1]).strip()
        return replace(phrase, text=f"{colours} {phrase.text}", colours=last.colours)

    def _person(self, item: Item) -> None:
        words, self._waiting = self._waiting, []
        self._tell_of_person(words)
        known = any(
            one.kind is item.entry.kind and one.head == item.entry.meaning for one in self._found
        )
        if not known:
            self._add(item)
        self._negating = self._has_article = False
        self._is_told_of = None
        self._joint = None

    def _trait(self, item: Item) -> None:
        self._flush()
        known = any(
            one.kind is item.entry.kind and one.head == item.entry.meaning for one in self._found
        )
        if not known or item.entry.kind is PhraseKind.ACTION:
            self._add(item)
        self._negating = False
        if item.entry.kind is PhraseKind.ACTION:
            self._is_told_of = None

    def _less(self, item: Item) -> None:
        self._flush()
        self._add(item, negated=True, text=item.entry.meaning)

    def _part(self, item: Item) -> None:
        if self._role() is Role.NOUN and self._joint is None:
            self._waiting.append(item)
            return
        last, words = self._is_told_of, self._waiting
        if last is None or last is not self._found[-1] or self._negating:
            self._waiting.append(replace(item, entry=replace(item.entry, role=Role.UNKNOWN)))
            return
        self._waiting = []
        found = qualities(words)
        is_pattern = item.entry.meaning in PATTERN_PARTS
        part = f"{found.text} {item.text}".strip()
        changed = replace(
            last,
            text=f"{last.text} with {part}",
            colours=tuple(dict.fromkeys((*last.colours, *(found.colours if is_pattern else ())))),
            pattern=item.entry.meaning if is_pattern else last.pattern,
            details=last.details if is_pattern else (*last.details, part),
        )
        self._change(changed, item.end)

    def _article(self, item: Item) -> None:
        if self._waiting and self._only_unknown() and self._role() is Role.UNKNOWN:
            self._waiting.append(replace(item, entry=replace(item.entry, role=Role.UNKNOWN)))
            return
        self._flush()
        self._has_article = True

    def _and(self, item: Item) -> None:
        is_hair = any(word.entry.kind is PhraseKind.HAIR for word in self._waiting)
        is_open = self._waiting and not is_hair and not self._only_unknown()
        if is_open and self._role() in _MODIFIERS:
            self._waiting.append(item)
            return
        self._flush()
        is_bare = self._role() is Role.NOUN
        if self._negated and (item.role is Role.OR or is_bare):
            self._negating = True
        self._joint = item.role

    def _only_unknown(self) -> bool:
        return all(word.role is Role.UNKNOWN for word in self._waiting)

    def _comma(self, item: Item) -> None:
        is_open = self._has_article and not self._any_unknown() and self._role() in _MODIFIERS
        if self._waiting and is_open:
            self._waiting.append(item)
            return
        self._flush()
        self._negating = self._negated and self._is_list_of_absent()
        self._joint = Role.COMMA
        self._has_article = False

    def _any_unknown(self) -> bool:
        return any(word.role is Role.UNKNOWN for word in self._waiting)

    def _stop(self, _: Item) -> None:
        self._flush()
        self._begin()

    def _joins(self, item: Item) -> None:
        """Forms of "be", "in", "with", verbs."""
        self._flush()
        self._joint = item.role
        self._negated = False
        self._has_article = False

    def _not(self, item: Item) -> None:
        self._flush()
        self._has_article = False
        if item.role is Role.NOT and self._role() in (Role.COLOUR, Role.PATTERN):
            self._denied = True
        else:
            self._negating = True

    def _pronoun(self, item: Item) -> None:
        self._flush()
        if not any(one.kind is PhraseKind.GENDER for one in self._found):
            self._found.append(
                Phrase(
                    item.entry.meaning, PhraseKind.GENDER, (), item.entry.meaning, False,
                    (item.start, item.end),
                )
            )  # fmt: skip
        self._is_told_of = None

    def _filler(self, _: Item) -> None:
        """Says nothing by itself."""
