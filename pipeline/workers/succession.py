"""One index after another: a query worker's part of a change of model.

The index of the new model grows beside the one that is searched, from the same log, and takes its
place in one step once both agree.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby, islice
from typing import Final

import numpy as np

from detectors.types import ShotId, TrackKey
from pipeline.errors import DescryError, StoreUnavailable
from pipeline.store.model_change import REVOCABLE, ModelChange, ModelStore
from pipeline.store.searchers import SearcherStore
from pipeline.store.sighting_log import position_order
from pipeline.workers.lease_keeper import renewed
from pipeline.workers.service import Engine
from pipeline.workers.view import VIEW_NAME, LogView
from retrieval.errors import RetrievalError
from retrieval.types import Vector, Where

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.25
NEXT_VIEW_NAME: Final = "index-next"

#: As a sighting is allowed, since half precision rounds.
LENGTH_SLACK: Final = 1e-2

#: So many shots of the sample are searched for; each must find itself, or what is as near.
SEARCHED_SHOTS: Final = 16
#: Of the same sum, made with other rows.
SCORE_SLACK: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Estate:
    """What a succession works with.

    Attributes:
        models: says which model is wanted.
        build: loads a model and opens its index, with a view of the given name.
        discard: deletes the index of a model from the disk, if nobody else has it.
        serve: has searches answered by an engine from now on.
        forget_view: the log need not wait for a view of that name any more.
        now: Unix seconds.
        searchers: who searches which model, where several workers share an index.
    """

    models: ModelStore
    build: Callable[[str, str], Engine]
    discard: Callable[[str], None]
    serve: Callable[[Engine], None]
    forget_view: Callable[[str], None]
    now: Callable[[], float]
    searchers: SearcherStore | None = None


class _Reign:
    """An engine whose view follows the log in a thread of its own."""

    def __init__(self, engine: Engine, alarm: Callable[[Exception], None]) -> None:
        self.engine, self._stop = engine, threading.Event()
        self._thread = threading.Thread(
            target=engine.view.run, args=(self._stop, alarm), name="view", daemon=True
        )
        self._thread.start()

    @property
    def model_id(self) -> str:
        return self.engine.encoder.model_id

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


class Succession:
    """Follows the log into the index that is searched, and into its successor if there is one."""

    def __init__(self, first: Engine, estate: Estate) -> None:
        self._first, self._estate = first, estate
        self._next: _Reign | None = None
        self._refused, self._waits_for = "", ""
        self._views: tuple[LogView, ...] = (first.view,)

    def erased(self) -> frozenset[TrackKey]:
        """Of the tracks that are being erased, those that none of our indexes holds any more."""
        views = self._views  # replaced as a whole
        return frozenset.intersection(*(view.state.erased for view in views))

    def run(self, stop: threading.Event, alarm: Callable[[Exception], None]) -> None:
        """Follow the log until `stop`; `alarm` hears of what ends it early."""
        now = _Reign(self._first, alarm)
        try:
            while not stop.wait(LOOK_EVERY_S):
                now = self._attended(now, alarm)
        except Exception as error:
            alarm(error)
            raise
        finally:
            now.end()
            if self._next is not None:
                self._next.end()
        if self._estate.searchers is not None:
            with suppress(StoreUnavailable):
                self._leave(self._estate.searchers, now.model_id)

    def _attended(self, now: _Reign, alarm: Callable[[Exception], None]) -> _Reign:
        """Say that we are alive, and see to a change; who reigns then."""
        with suppress(StoreUnavailable):  # the views say so
            if self._estate.searchers is not None:
                self._estate.searchers.attend(now.model_id)
            change = self._estate.models.change()
            if change is not None:
                return self._look(change, now, alarm)
        return now

    def _leave(self, searchers: SearcherStore, model_id: str) -> None:
        """Let the others know, and leave nothing of a past model behind if we were the last."""
        searchers.leave()
        change = self._estate.models.change()
        if change is not None and change.given_up not in {"", model_id}:
            self._estate.discard(change.given_up)

    def _look(self, change: ModelChange, now: _Reign, alarm: Callable[[Exception], None]) -> _Reign:
        """Do what the state of the change asks for; who reigns then."""
        is_late = change.state == "done" and now.model_id == change.from_id  # others were faster
        if (not change.is_active or change.state == "undoing") and not is_late:
            self._end_next()
            if change.given_up and change.given_up != now.model_id:
                self._estate.discard(change.given_up)
            return now
        # Who was away so long that a change went by serves what is being filled anew.
        is_unfinished = change.state in REVOCABLE and now.model_id != change.from_id
        if now.model_id == change.model_id and not is_unfinished:  # switched, or begun so
            if change.state == "tidying" and not change.served and _has_read(now, change.cut):
                self._settle(now, change)
            return now
        if now.model_id != change.from_id:
            raise DescryError(f"{now.model_id} is not in use any more: this worker begins anew")
        if change.model_id and self._next is None and change.name != self._refused:
            with self._known_to_live(now.model_id):
                self._begin(change, alarm)
        return now if self._next is None else self._raise_heir(change, now, self._next)

    def _raise_heir(self, change: ModelChange, now: _Reign, heir: _Reign) -> _Reign:
        if change.state == "checking" and not change.checked and _has_read(heir, change.upto):
            _missing(now, heir)  # what was missing before
            told = self._compare(now, heir)
            if not _missing(now, heir):  # else it says nothing: it is looked at again
                self._estate.models.note(change, checked=told)
        if change.state in {"tidying", "done"} and _has_read(heir, change.cut):
            return self._succeed(change, now, heir)
        return now

    def _known_to_live(self, model_id: str) -> AbstractContextManager[None]:
        """Loading a model may take longer than a worker that is silent counts."""
        searchers = self._estate.searchers
        return nullcontext() if searchers is None else renewed(partial(searchers.attend, model_id))

    def _begin(self, change: ModelChange, alarm: Callable[[Exception], None]) -> None:
        try:
            engine = self._estate.build(change.name, NEXT_VIEW_NAME)
        except StoreUnavailable as error:
            if self._waits_for != str(error):
                self._waits_for = str(error)
                log.warning("%s; the index of %s waits for it", error, change.name)
            raise
        except (DescryError, RetrievalError) as error:
            if not self._estate.models.undo(str(error)):
                raise  # behind the switch there is no way back
            self._refused = change.name
            return
        if engine.encoder.model_id != change.model_id:
            self._refused = change.name
            self._estate.models.undo(f"{change.name} has other weights here than there")
            return
        log.info("index: one of %s grows beside that of %s", change.model_id, change.from_id)
        self._views = (*self._views, engine.view)
        self._next = _Reign(engine, alarm)

    def _succeed(self, change: ModelChange, now: _Reign, heir: _Reign) -> _Reign:
        self._estate.serve(heir.engine)
        log.info("index: searches use %s from now on", heir.model_id)
        now.end()
        heir.engine.view.name, self._next = VIEW_NAME, None
        _forgive(heir, change)
        with suppress(StoreUnavailable):  # then whoever looks when the change is over sees to it
            self._estate.discard(now.model_id)
        self._views = (heir.engine.view,)  # no sooner: until here both could have held a track
        return heir

    def _settle(self, reign: _Reign, change: ModelChange) -> None:
        """Have the old model deleted from the log, once no worker searches it any more."""
        _forgive(reign, change)
        self._estate.forget_view(NEXT_VIEW_NAME)
        searchers = self._estate.searchers
        if searchers is None or not searchers.is_searched(change.from_id):
            self._estate.models.note(change, served="1")

    def _end_next(self) -> None:
        self._refused = ""
        if self._next is not None:
            heir, self._next = self._next, None
            heir.end()
            try:
                self._estate.discard(heir.model_id)
            finally:
                self._views = tuple(view for view in self._views if view is not heir.engine.view)
                self._estate.forget_view(NEXT_VIEW_NAME)

    def _compare(self, now: _Reign, heir: _Reign) -> str:
        """`ok`, or what of the sample one model finds and the other does not."""
        models, seen = self._estate.models, dict[ShotId, Vector]()
        for track, shots in groupby(models.sample(), key=lambda shot: shot.track):
            where = Where(now=self._estate.now())
            old, new = _shots(now.engine, track, where), _shots(heir.engine, track, where)
            for shot in shots:
                if (shot in old) != (shot in new) and models.copies.kept([shot])[0]:
                    which = "new" if shot in old else "old"
                    return f"shot {shot} is kept, and the index of the {which} model lacks it"
                if shot not in new:
                    continue
                if not abs(float(np.linalg.norm(new[shot])) - 1.0) <= LENGTH_SLACK:
                    return f"shot {shot} has a vector of the new model that is not of length 1"
                seen[shot] = new[shot]
        for shot, vector in islice(seen.items(), 0, None, max(1, len(seen) // SEARCHED_SHOTS)):
            if _is_overlooked(heir.engine, shot, vector, Where(now=self._estate.now())):
                return f"a search of the new model's index overlooks shot {shot}"
        return "ok"


def _shots(engine: Engine, track: TrackKey, where: Where) -> dict[ShotId, Vector]:
    """The vectors of a track's shots: whatever is asked finds them all."""
    query = np.eye(1, engine.encoder.dimension, dtype=np.float32)[0]
    found = engine.index.score_tracks(query, [track], where=where)
    return {one.sighting.shot: one.sighting.vector for one in found}


def _is_overlooked(engine: Engine, shot: ShotId, vector: Vector, where: Where) -> bool:
    """Whether who searches for what a shot looks like finds nothing as near as it is."""
    where = replace(where, cameras=frozenset({shot.track.camera_id}))
    best = engine.index.search(vector, k=1, where=where)
    # In this order: what goes meanwhile is not missed.
    found = engine.index.score_tracks(vector, [shot.track], where=where)
    own = [one.score for one in found if one.sighting.shot == shot]
    return bool(own) and (not best or best[0].score < own[0] - SCORE_SLACK)


def _missing(*reigns: _Reign) -> list[str]:
    """Parts of their indexes that did not answer in full since this was asked last."""
    parts = [reign.engine.parts for reign in reigns]
    return [name for some in parts if some is not None for name in some.missing()]


def _forgive(reign: _Reign, change: ModelChange) -> None:
    """All of the old model is searched with the new, but for what has no picture."""
    skipped = reign.engine.view.state.skipped
    skipped.clear()
    if change.missing:
        skipped[change.from_id] = change.missing


def _has_read(reign: _Reign, position: str) -> bool:
    """Whether a view has taken in what the log held up to a position."""
    state = reign.engine.view.state
    return bool(position) and position_order(state.position) >= position_order(position)
