"""Sentences as CLIP's token ids."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.open_clip_parts import SimpleTokenizer

#: The id that training uses for a hidden word; no text ever becomes it.
MASK_ID = 49405
START_ID = 49406
END_ID = 49407
CONTEXT_LENGTH = 77

_SPECIAL = re.compile(r"<(?=(?:start|end)_of_text>)", re.IGNORECASE)


def tokenize(texts: Sequence[str]) -> NDArray[np.int64]:
    """(N, 77) ids: start, the words, end, zeros; what is too long is cut before the end."""
    ids = np.zeros((len(texts), CONTEXT_LENGTH), np.int64)
    for row, text in zip(ids, texts, strict=True):
        words = _encode(text)[: CONTEXT_LENGTH - 2]
        row[: len(words) + 2] = [START_ID, *words, END_ID]
    return ids


@dataclass(frozen=True, slots=True)
class Word:
    """A word or sign of a sentence, and the positions of its tokens: `start` up to `stop`."""

    text: str
    start: int
    stop: int


def words_of(ids: NDArray[np.int64]) -> list[Word]:
    """The words that (77,) ids were made of, in order; a word that was cut ends where it was.

    >>> ids = tokenize(["a burgundyish coat"])[0]
    >>> [(word.text, word.start, word.stop) for word in words_of(ids)]
    [('a', 1, 2), ('burgundyish', 2, 6), ('coat', 6, 7)]
    """
    return list(_words(ids[1 : int(ids.argmax())].tolist()))


def _words(tokens: Sequence[int]) -> Iterator[Word]:
    tokenizer, start = _tokenizer(), 0
    for place, token in enumerate(tokens):
        if tokenizer.decoder[token].endswith("</w>") or place == len(tokens) - 1:
            letters = "".join(tokenizer.decoder[t] for t in tokens[start : place + 1])
            signs = bytes(tokenizer.byte_decoder[sign] for sign in letters.removesuffix("</w>"))
            yield Word(signs.decode("utf-8", errors="replace"), start + 1, place + 2)
            start = place + 1


def count_tokens(text: str) -> int:
    """How many ids `text` becomes, start and end included; past 77 the rest is not read."""
    return len(_encode(text)) + 2


def _encode(text: str) -> list[int]:
    return list(_tokenizer().encode(text))


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    """CLIP's tokenizer with the ways shut by which a text could become a special id.

    The mask reuses the id of the vocabulary's last merge, so without that merge the word
    "jekyll" is two ordinary pieces. And a sentence that spells out an end token would be cut
    there: it is read as letters and signs instead.
    """
    tokenizer = SimpleTokenizer()
    last_merge = max(tokenizer.bpe_ranks, key=tokenizer.bpe_ranks.__getitem__)
    del tokenizer.bpe_ranks[last_merge]
    clean = tokenizer.clean_fn
    tokenizer.clean_fn = lambda text: _SPECIAL.sub("< ", clean(text))
    return tokenizer


def known_tokens(texts: Iterable[str]) -> frozenset[int]:
    """The ids that occur in any of `texts`, and start, end and mask, which training needs."""
    ids = {START_ID, END_ID, MASK_ID}
    for text in texts:
        ids.update(_encode(text))
    return frozenset(ids)
