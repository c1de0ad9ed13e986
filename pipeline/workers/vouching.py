"""Vouchers: what a search answered of a hit, sealed, so that a case can tell it from hearsay.

A hit comes back from a client when it is put into a case: out of a file that anybody may have
edited, or a request that anybody may have written. The seal is made with a key of this
installation, so what it holds is what a search of this installation answered, word for word.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.answers import HitAnswer, SearchAnswer, SearchRequest
from pipeline.case_answers import TEXT, Shown

PURPOSE: Final = b"descry: what a search answered of a hit"
"""What the key is drawn for; it opens nothing else."""

_SEAL_LETTERS: Final = 64


class _Vouched(BaseModel):
    """What a voucher holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    track: str
    shown: Shown


class Vouchers:
    """Seals, and tells a seal of ours."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        """With what gives the key, which is asked for when it is needed first."""
        self._secret = secret

    def seal(self, track: str, shown: Shown) -> str:
        """A voucher: base64url of what it holds, a dot, its HMAC-SHA256 in hex."""
        held = _Vouched(track=track, shown=shown).model_dump_json().encode()
        body = base64.urlsafe_b64encode(held).decode()
        return f"{body}.{self._mac(body)}"

    def opened(self, track: str, voucher: str) -> Shown | None:
        """What was answered of `track`; None where the voucher is not ours, or of another."""
        body, _, seal = voucher.rpartition(".")
        if not body.isascii() or not hmac.compare_digest(self._mac(body), _ascii(seal)):
            return None
        try:
            held = _Vouched.model_validate_json(base64.urlsafe_b64decode(body))
        except (binascii.Error, ValidationError):
            return None  # sealed by another version, which kept something else
        return held.shown if held.track == track else None

    def _mac(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), "sha256").hexdigest()

    @cached_property
    def _key(self) -> bytes:
        return self._secret()


class Search(Protocol):
    """What answers searches (`pipeline.workers.service.SearchService`)."""

    @property
    def is_ready(self) -> bool: ...

    def search(self, request: SearchRequest) -> SearchAnswer: ...


@dataclass(frozen=True, slots=True)
class VouchedSearch:
    """A search whose hits have vouchers.

    Attributes:
        search_service: answers.
        vouchers: seals.
    """

    search_service: Search
    vouchers: Vouchers

    @property
    def is_ready(self) -> bool:
        """As the service."""
        return self.search_service.is_ready

    def search(self, request: SearchRequest) -> SearchAnswer:
        """As the service; raises what that does."""
        answer = self.search_service.search(request)
        text = asked_with(request)

        def vouched(hit: HitAnswer) -> HitAnswer:
            shown = Shown(
                text=text, score=hit.score, probability=hit.probability, evidence=hit.evidence,
                model=answer.model.id,
            )  # fmt: skip
            return hit.model_copy(update={"voucher": self.vouchers.seal(hit.track, shown)})

        return answer.model_copy(update={"hits": [vouched(hit) for hit in answer.hits]})


def asked_with(request: SearchRequest) -> str:
    """The description of a search, and in brackets what else had a part in its scores.

    No track is named: it may be erased while the case stays.

    >>> asked_with(SearchRequest(text="red coat"))
    'red coat'
    >>> asked_with(SearchRequest(text="red coat", like="a/r/1", less_like=["a/r/2", "a/r/3"]))
    'red coat [with the likeness of a track, 2 judged not to fit]'
    """
    with_these = ", ".join(_besides(request))
    said = f"[with {with_these}]" if with_these else ""
    room = TEXT - len(said) - 1
    return f"{request.text[: room if said else TEXT]} {said}".strip()


def _besides(request: SearchRequest) -> Iterator[str]:
    if request.like is not None:
        yield "the likeness of a track"
    if request.picture is not None:
        yield "a picture"
    if request.more_like:
        yield f"{len(request.more_like)} judged to fit"
    if request.less_like:
        yield f"{len(request.less_like)} judged not to fit"
    if request.answers:
        yield "answers: " + json.dumps(request.answers, ensure_ascii=False)[:500]


def _ascii(text: str) -> str:
    """What can be compared in constant time; no seal is anything else."""
    return text if text.isascii() and len(text) == _SEAL_LETTERS else ""
