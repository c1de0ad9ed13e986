"""What a command does without a query worker, noted as a query worker would note it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from pipeline.answers import (
    CameraAnswer,
    CollectionAnswer,
    ErasedAnswer,
    ErasingAnswer,
    RemovedAnswer,
    TracksAnswer,
)
from pipeline.audit_events import Audit, Event, Phase
from pipeline.errors import ReasonRequired
from pipeline.hold_answers import HoldAnswer
from pipeline.reason_fields import Grounds
from pipeline.store.audit_names import names_in
from pipeline.workers.catalogue import Catalogue
from pipeline.workers.collecting import Collections
from pipeline.workers.enrolment import Enrolment
from pipeline.workers.erasing import Erasing
from pipeline.workers.holding import Holding

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Noting:
    """Notes what one caller does.

    Attributes:
        audit: where.
        who: `local:UID`.
        grounds: why they do it.
        reason_required: whether what is listed, exported, erased or let go needs a reason.
    """

    audit: Audit
    who: str
    grounds: Grounds
    reason_required: bool

    def show(self, what: str, ask: Callable[[], Answer], /, **asked: Any) -> Answer:
        """Ask, note what came back, and only then give it.

        Raises:
            AuditUnavailable: it could not be noted.
        """
        answer = ask()
        self.audit.note(replace(self._event(what, asked), shown=_names(answer), outcome="done"))
        return answer

    @contextmanager
    def changing(self, what: str, /, **asked: Any) -> Iterator[int]:
        """Note that something is about to be done, and how it ended; yields the first's number.

        Raises:
            AuditUnavailable: it could not be noted; if before, then nothing is done.
        """
        event = self._event(what, asked)
        number = self.audit.note(replace(event, phase=Phase.ASKED))
        outcome = "failed"
        try:
            yield number
            outcome = "done"
        finally:
            self.audit.note(replace(event, outcome=outcome, of=number))

    def handed_out(
        self, what: str, /, shown: Sequence[str], *, of: int, told: Mapping[str, Any], **asked: Any
    ) -> None:
        """Note what is about to be handed out.

        Args:
            what: in a word.
            shown: the tracks and shots in it.
            of: the number of the entry that said it would be made.
            told: ids and digests of it.
            asked: which it is.

        Raises:
            AuditUnavailable: it could not be noted: do not hand it out.
        """
        event = self._event(what, asked)
        self.audit.note(replace(event, shown=shown, told=told, outcome="done", of=of))

    def need_reason(self) -> None:
        """See that there is a reason, where one is needed.

        Raises:
            ReasonRequired: there is none.
        """
        if self.reason_required and not self.grounds.reason.strip():
            raise ReasonRequired("say why: --reason (audit.reason_required is set)")

    def _event(self, what: str, asked: Mapping[str, Any]) -> Event:
        given = {name: value for name, value in asked.items() if value is not None}
        return Event(
            self.who, what, reason=self.grounds.reason, case=self.grounds.case, asked=given
        )


@dataclass(frozen=True, slots=True)
class NotedCatalogue:
    """Tracks, cameras and boxes."""

    catalogue: Catalogue
    noting: Noting

    def tracks(
        self,
        camera: str | None = None,
        *,
        zone: str | None = None,
        after: str | None = None,
        count: int = 200,
    ) -> TracksAnswer:
        """A page of tracks."""
        self.noting.need_reason()

        def ask() -> TracksAnswer:
            return self.catalogue.tracks(camera, zone=zone, after=after, count=count)

        return self.noting.show("tracks", ask, camera=camera, zone=zone, after=after)

    def cameras(self, camera: str | None = None) -> list[CameraAnswer]:
        """Every camera, or one: no track, and no picture."""
        return self.catalogue.cameras(camera)

    def pause(self, camera: str) -> CameraAnswer:
        """Have no worker read a camera."""
        with self.noting.changing("camera-pause", camera=camera):
            return self.catalogue.pause(camera)

    def resume(self, camera: str) -> CameraAnswer:
        """Have it read again."""
        with self.noting.changing("camera-resume", camera=camera):
            return self.catalogue.resume(camera)

    def boxes(self, camera: str, run: str | None = None) -> str:
        """The MOTChallenge rows of a run."""
        self.noting.need_reason()

        def ask() -> str:
            return self.catalogue.boxes(camera, run)

        return self.noting.show("boxes", ask, camera=camera, run=run)


@dataclass(frozen=True, slots=True)
class NotedCollections:
    """What was imported where, and the end of it."""

    shelf: Collections
    noting: Noting

    def collections(self) -> list[CollectionAnswer]:
        """Every collection, in figures."""
        return self.shelf.collections()

    def remove_collection(self, name: str) -> RemovedAnswer:
        """Forget a collection."""
        with self.noting.changing("collection-remove", name=name):
            return self.shelf.remove_collection(name)


@dataclass(frozen=True, slots=True)
class NotedEnrolment:
    """Cameras that are added and removed; their settings hold passwords, and are not noted."""

    enrolment: Enrolment
    noting: Noting

    def add(self, camera: str, settings: Mapping[str, Any]) -> CameraAnswer:
        """Watch a camera from now on."""
        with self.noting.changing("camera-add", camera=camera):
            return self.enrolment.add(camera, settings)

    def remove(self, camera: str) -> CameraAnswer:
        """Watch it no longer."""
        with self.noting.changing("camera-remove", camera=camera):
            return self.enrolment.remove(camera)


@dataclass(frozen=True, slots=True)
class NotedHolding:
    """Tracks that are held."""

    holding: Holding
    noting: Noting

    def holds(self) -> list[HoldAnswer]:
        """Every held track."""
        return self.noting.show("holds", self.holding.holds)

    def hold(self, name: str) -> HoldAnswer:
        """Keep a track past retention."""
        with self.noting.changing("hold", track=name):
            return self.holding.hold(name)

    def release(self, name: str) -> HoldAnswer:
        """Hold a track no longer."""
        self.noting.need_reason()
        with self.noting.changing("hold-release", track=name):
            return self.holding.release(name)


@dataclass(frozen=True, slots=True)
class NotedErasing:
    """Tracks that are erased."""

    eraser: Erasing
    noting: Noting

    def erase(self, names: Sequence[str]) -> ErasedAnswer:
        """Erase tracks for good."""
        self.noting.need_reason()
        with self.noting.changing("erasure", tracks=list(names)):
            return self.eraser.erase(names)

    def erasing(self) -> ErasingAnswer:
        """How far that is."""
        return self.eraser.erasing()


def _names(answer: Any) -> list[str]:
    """The tracks and shots that an answer names."""
    parts = answer if isinstance(answer, list) else [answer]
    return sorted(
        names_in([part.model_dump() if isinstance(part, BaseModel) else None for part in parts])
    )
