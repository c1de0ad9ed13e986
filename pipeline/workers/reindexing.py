"""The worker of a change of model: from the wish for it to the last trace of the old model."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pipeline.errors import DescryError, ReindexFailed, StoreUnavailable
from pipeline.retry import Backoff
from pipeline.store.model_change import ModelChange, ModelStore
from pipeline.store.sighting_log import SightingLog
from pipeline.workers.copying import Copier
from retrieval.errors import RetrievalError

log = logging.getLogger(__name__)

SAMPLED_SHOTS: Final = 256
WAIT_S: Final = 0.2
DELETED_AT_ONCE: Final = 500
LOOKS_AT_MOST: Final = 5
"""So often what lacks a copy is looked for again: shots may be retired while we look."""


@dataclass(frozen=True, slots=True)
class ReindexParts:
    """What a change works with; `make_copier` loads the model of a name."""

    models: ModelStore
    sightings: SightingLog
    make_copier: Callable[[str], tuple[str, Copier]]


class ReindexWorker:
    """Takes a change from state to state; killed at any instant, the next goes on from there."""

    def __init__(self, parts: ReindexParts) -> None:
        self._parts, self._models = parts, parts.models
        self._copier: Copier | None = None

    def run(self, stop: threading.Event) -> None:
        """Work until the change is over, or until `stop`; waits while Redis is away."""
        backoff, away = Backoff(0.2, 5.0, random.Random()), False
        while not stop.is_set():
            try:
                change = self._models.change()
                if change is None or not change.is_active:
                    return
                self._step(change, stop)
                away = False
                backoff.reset()
            except StoreUnavailable as error:
                if not away:
                    log.warning("%s; the change of model waits until it is mended", error)
                away = True
                stop.wait(backoff.next_wait_s())
            except (DescryError, RetrievalError) as error:
                log.error("the change of model failed: %s", error)  # noqa: TRY400
                if not self._models.undo(str(error)):
                    raise  # behind the switch there is no way back: whoever started us tries again

    def _step(self, change: ModelChange, stop: threading.Event) -> None:
        match change.state:
            case "undoing":
                self._undo(change)
            case "starting" | "encoding":
                self._encode(change, stop)
            case "checking":
                self._check(change, stop)
            case "switching":
                self._finish_copies(change, stop)
            case "tidying":
                self._tidy(change, stop)

    def _undo(self, change: ModelChange) -> None:
        if change.model_id:
            ours = [e.position for e in self._models.copies.scan() if e.model_id == change.model_id]
            for start in range(0, len(ours), DELETED_AT_ONCE):
                self._models.copies.delete(ours[start : start + DELETED_AT_ONCE])
        self._copier = None
        self._models.advance(change, state="failed" if change.reason else "cancelled")

    def _encode(self, change: ModelChange, stop: threading.Event) -> None:
        """Copy until the end of the log is near enough to be checked."""
        model_id, copier = self._of(change)
        if model_id == change.from_id:
            raise ReindexFailed(f"{change.name} has the very weights that are in use already")
        now = self._models.advance(
            change, state="encoding", model_id=model_id, total=copier.count(), **_progress(copier)
        )
        while now is not None and not stop.is_set() and copier.copy_some():
            now = self._models.advance(now, **_progress(copier))
        if now is None or stop.is_set():
            return
        logged = sorted(copier.copied.logged)
        self._models.draw_sample(logged[:: max(1, len(logged) // SAMPLED_SHOTS)])
        upto = self._parts.sightings.last_id()
        self._models.advance(now, state="checking", upto=upto, **_progress(copier))

    def _check(self, change: ModelChange, stop: threading.Event) -> None:
        """Copy what comes meanwhile, and switch once both we and a query worker find all of it."""
        _, copier = self._of(change)
        while copier.copy_some() and not stop.is_set():
            pass
        now = self._models.advance(change, **_progress(copier))
        if now is None or stop.is_set():
            return
        if change.checked not in {"", "ok"}:
            raise ReindexFailed(change.checked)
        if change.checked:
            self._verify(copier, stop)
            if not stop.is_set():
                self._models.switch(now)
            return
        stop.wait(WAIT_S)

    def _verify(self, copier: Copier, stop: threading.Event) -> None:
        """Every kept shot that has a picture has a copy, in each collection.

        Raises:
            ReindexFailed: one has none.
        """
        lacking, counts = copier.survey()
        for _ in range(LOOKS_AT_MOST):
            if not lacking or stop.is_set():
                break
            # What came while we looked; the survey behind it knows those of before.
            before = set(lacking)
            while copier.copy_some() and not stop.is_set():
                pass
            lacking, counts = copier.survey()
            lacking = [shot for shot in lacking if shot in before]
        if lacking and not stop.is_set():
            raise ReindexFailed(
                f"{len(lacking)} kept shots have no vector of the new model, {lacking[0]} first: "
                "look into the log of the worker, and give the command again"
            )
        for name, (kept, copied) in sorted(counts.items()):
            log.info("collection '%s': %d of %d kept shots are embedded anew", name, copied, kept)

    def _finish_copies(self, change: ModelChange, stop: threading.Event) -> None:
        """What of the old model came between the last look and the switch."""
        _, copier = self._of(change)
        copier.copy_until(change.cut)
        if not stop.is_set():
            copier.drop_retired()
            self._models.name_missing(sorted(copier.copied.missing))
            end = self._parts.sightings.last_id()
            self._models.advance(change, state="tidying", cut=end, **_progress(copier))

    def _tidy(self, change: ModelChange, stop: threading.Event) -> None:
        """Delete what the old model left in the log, once nobody searches it.

        What has a copy goes, and what is not kept. What has no picture stays as it was, to age.
        """
        if not change.served:
            stop.wait(WAIT_S)
            return
        mine = change.model_id
        seen = list(self._models.copies.scan())
        copies = {each.shot for each in seen if each.model_id == mine}
        others = [each for each in seen if each.model_id != mine and each.shot is not None]
        for start in range(0, len(others), DELETED_AT_ONCE):
            some = others[start : start + DELETED_AT_ONCE]
            is_kept = self._models.copies.kept(
                [each.shot for each in some if each.shot is not None]
            )
            self._models.copies.delete(
                each.position
                for each, kept in zip(some, is_kept, strict=True)
                if each.shot in copies or not kept
            )
        self._models.advance(change, state="done")

    def _of(self, change: ModelChange) -> tuple[str, Copier]:
        if self._copier is None:
            model_id, self._copier = self._parts.make_copier(change.name)
            if change.model_id not in {"", model_id}:
                raise ReindexFailed(
                    f"{change.name} has other weights than when this began: give the command again"
                )
            self._model_id = model_id
        return self._model_id, self._copier


def _progress(copier: Copier) -> dict[str, int]:
    copied = copier.copied
    return {"done": len(copied.logged) + len(copied.missing), "missing": len(copied.missing)}
