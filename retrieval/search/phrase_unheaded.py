"""What is read so far of a sentence, and what becomes of words that no noun came for."""

from collections.abc import Sequence
from dataclasses import replace

from retrieval.search.lexicon.kinds import PhraseKind, Role
from retrieval.search.phrase_types import Phrase, is_word, joined, qualities, with_qualities
from retrieval.search.wording import Item

_HAIR_COLOURS = frozenset({"blond", "ginger"})


class Unheaded:
    """The state of reading; words before a noun wait in `_waiting` until something ends them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._at = 0
        self._found: list[Phrase] = []
        self._waiting: list[Item] = []
        self._begin()

    def _begin(self) -> None:
        """Forget what a sentence leaves open at its end."""
        self._negating = False  # until the next noun
        self._negated = False  # the noun just read
        self._denied = False  # the colours that follow "not"
        self._has_article = self._had_article = False
        self._is_told_of: Phrase | None = None  # the thing that words may be said of
        self._is_in_list = False  # the last thing came after a comma
        self._joint: Role | None = None  # what came since it

    def _role(self, ahead: int = 1) -> Role | None:
        at = self._at + ahead
        return self._items[at].role if at < len(self._items) else None

    def _deny(self, denied: list[Item], noun: str, kind: PhraseKind, head: str) -> None:
        found = qualities(denied)
        text, span = f"{found.text} {noun}", (denied[0].start, denied[-1].end)
        self._found.append(
            Phrase(text, kind, found.colours, head, True, span, found.pattern, either=True)
        )

    def _change(self, phrase: Phrase, end: int) -> None:
        """Put `phrase`, which now reaches to `end`, in the place of the last thing."""
        changed = replace(phrase, span=(phrase.span[0], end))
        self._found[-1] = self._is_told_of = changed
        self._has_article = False
        self._joint = None

    def _tell_of_person(self, words: list[Item]) -> None:
        """Words before a person, or by themselves: build, hair, or not understood."""
        run: list[Item] = []
        for word in [*words, None]:
            if word is not None and word.role is Role.UNKNOWN:
                run.append(word)
                continue
            if run and (word is None or is_word(word)):
                self._other(run)
                run = []
            if word is not None and word.role is Role.EITHER:
                self._add(word)
            elif word is not None and is_word(word):
                self._of_person(word)

    def _of_person(self, word: Item) -> None:
        is_hair = word.entry.meaning in _HAIR_COLOURS or word.entry.kind is PhraseKind.HAIR
        found, span = qualities([word]), (word.start, word.end)
        kind, noun = (PhraseKind.HAIR, " hair") if is_hair else (PhraseKind.OTHER, "")
        negated = self._negating or word.negated
        head = "hair" if is_hair else word.entry.meaning
        self._found.append(
            Phrase(
                word.text + noun, kind, found.colours, head, negated, span,
                found.pattern, found.details if is_hair else (),
            )
        )  # fmt: skip

    def _add(self, item: Item, *, negated: bool = False, text: str | None = None) -> None:
        """A word that is a phrase by itself."""
        self._found.append(
            Phrase(
                text or item.text, item.entry.kind, (), item.entry.meaning,
                negated or self._negating, (item.start, item.end), is_plural=item.entry.is_plural,
            )
        )  # fmt: skip

    def _flush(self) -> None:
        words, self._waiting = self._waiting, []
        while words and not is_word(words[-1]):
            words.pop()
        if not words:
            return
        last = self._is_told_of
        if last is not None and last is self._found[-1] and self._is_said_of(last, words):
            self._say_of(last, words)
        elif any(word.role is Role.UNKNOWN for word in words) and not self._only_people(words):
            self._other(words)
        elif all(word.role in (Role.COLOUR, Role.PATTERN) or not is_word(word) for word in words):
            self._clothes(words)
        else:
            self._tell_of_person(words)
        self._has_article = False

    def _only_people(self, words: list[Item]) -> bool:
        return any(word.role is Role.EITHER for word in words)

    def _is_said_of(self, last: Phrase, words: list[Item]) -> bool:
        if any(word.role is Role.UNKNOWN for word in words):
            return False
        if any(word.entry.kind is PhraseKind.HAIR for word in words):
            return last.kind is PhraseKind.HAIR
        if self._joint in (Role.BE, Role.IN):
            return True
        is_denied = any(word.negated for word in words)
        is_bare = not last.colours and all(word.role is not Role.EITHER for word in words)
        return is_denied or (self._joint is Role.COMMA and is_bare)

    def _say_of(self, last: Phrase, words: list[Item]) -> None:
        denied = [word for word in words if word.negated]
        said = [word for word in words if not word.negated and is_word(word)]
        if said and not denied:
            self._change(with_qualities(last, qualities(words), words[-1].end), words[-1].end)
            return
        if denied:
            self._deny(denied, last.text, last.kind, last.head)
        for word in said:
            self._of_person(word)

    def _clothes(self, words: list[Item]) -> None:
        """`a man in black`: all that he wears."""
        if all(word.entry.meaning in _HAIR_COLOURS for word in words):
            self._tell_of_person(words)
            return
        found = qualities(words)
        negated = self._negating or any(word.negated for word in words)
        span = (words[0].start, words[-1].end)
        self._found.append(
            Phrase(
                f"{found.text} clothes", PhraseKind.FULL, found.colours, "clothes", negated, span,
                found.pattern, (), found.either, is_plural=True,
            )
        )  # fmt: skip
        self._negating = False

    def _other(self, words: list[Item]) -> None:
        """Something that the lexicon does not know."""
        while words and not is_word(words[-1]):
            words = words[:-1]
        head = joined([word for word in words if word.role is Role.UNKNOWN])
        found = qualities(words)
        phrase = Phrase(
            found.text, PhraseKind.OTHER, found.colours, head, self._negating,
            (words[0].start, words[-1].end), found.pattern, (), found.either,
        )  # fmt: skip
        self._found.append(phrase)
        self._negated, self._negating = self._negating, False
        self._is_told_of = None
