"""A sentence without some of its words, still a sentence."""

import re
from collections.abc import Sequence

_LOST = re.compile(r"^[\s,;:–-]+|[\s,;:–-]+$")
_TWICE = re.compile(r" ?,(?: ?,)+")
_ARTICLE = re.compile(r"\b([Aa])(n?) (?=(\w))")
#: What is left where nothing was said but what was left out.
_EMPTY = frozenset(
    ["a", "an", "the", "and", "or", "of", "in", "with", "is", "are", "who", "very", "looking"]
)


def without_words(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """`text` without the spans, which lie apart and in order; empty if nothing is left to say.

    >>> without_words("an asian man in black", [(3, 8)])
    'a man in black'
    >>> without_words("an asian", [(3, 8)])
    ''
    """
    kept, end, is_changed = [], 0, False
    for start, stop in spans:
        kept.append(text[end:start])
        end, is_changed = stop, True
    if not is_changed:
        return text
    rest = "".join([*kept, text[end:]])
    rest = _TWICE.sub(",", " ".join(rest.split()).replace(" ,", ",").replace(" .", "."))
    rest = _LOST.sub("", _LOST.sub("", rest))
    if all(word.strip(".,;:!?").lower() in _EMPTY for word in rest.split()):
        return ""
    return _ARTICLE.sub(_fitting, rest)


def _fitting(match: re.Match[str]) -> str:
    return f"{match[1]}{'n' if match[3].lower() in 'aeiou' else ''} "
