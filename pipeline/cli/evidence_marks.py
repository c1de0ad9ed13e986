"""Marks for what the shots of a hit say of each phrase: yes, no, cannot tell."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pipeline.answers import HitAnswer
from pipeline.evidence_answers import EvidenceAnswer

MARKS: Mapping[str, str] = MappingProxyType({"yes": "✓", "no": "✗", "cannot tell": "?"})


def marks_of(evidence: Sequence[EvidenceAnswer]) -> str:
    """A mark for each phrase, in the order of the phrases.

    >>> yes = EvidenceAnswer(phrase="red coat", verdict="yes", strength=0.9, shot=1)
    >>> no = EvidenceAnswer(phrase="no hat", verdict="no", strength=0.8, shot=2)
    >>> marks_of([yes, no])
    '✓ ✗'
    """
    return " ".join(MARKS[one.verdict] for one in evidence)


def legend(hits: Sequence[HitAnswer]) -> str:
    """What the marks are of; empty where there are none."""
    phrases = [one.phrase for hit in hits[:1] for one in hit.evidence]
    if not phrases:
        return ""
    return f"✓ yes ✗ no ? cannot tell, in this order: {', '.join(phrases)}"
