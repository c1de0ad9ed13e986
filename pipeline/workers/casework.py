"""Cases: hits are put together, noted, held, and taken out again."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from detectors.types import TrackKey
from pipeline.callers import Caller, Role
from pipeline.case_answers import (
    CaseAnswer,
    CaseChange,
    CaseDetail,
    CasePage,
    CaseRequest,
    ItemAnswer,
    ItemRequest,
    Shown,
)
from pipeline.clock import Clock
from pipeline.errors import ConfigError, NotFound
from pipeline.instants import format_instant
from pipeline.names import check_name
from pipeline.store.case_records import Case, CaseItem
from pipeline.store.cases import CaseStore
from pipeline.workers.case_facts import Origins, facts_of
from pipeline.workers.clipping import ClipDesk, parse_name
from pipeline.workers.holding import Holding
from pipeline.workers.vouching import Vouchers


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """What the command line and the API ask of cases.

    Attributes:
        store: where they are kept.
        clips: knows tracks and their shots.
        holding: keeps tracks past retention.
        clock: says when something was done.
        vouchers: tell what a search answered from what somebody says that it did.
        origins: knows where a hit comes from.
    """

    store: CaseStore
    clips: ClipDesk
    holding: Holding
    clock: Clock
    vouchers: Vouchers
    origins: Origins

    def open(self, request: CaseRequest, caller: Caller) -> CaseDetail:
        """Begin a case.

        Raises:
            ConfigError: there is one of that name, or that is no name.
        """
        now = self.clock.now()
        name = request.id or f"case-{format_instant(now)[:10]}-{secrets.token_hex(3)}"
        check_name("case", name)
        self.store.create(
            Case(name, request.title, request.notes, "open", now, caller.name, None, None)
        )
        return self.show(name, caller)

    def list(self, caller: Caller, *, count: int, after: str | None = None) -> CasePage:
        """Cases, the newest first; `after` is the last of the page before.

        Whoever may see some cameras is told of cases with something of these, and of empty ones.

        Raises:
            NotFound: there is no case `after`.
        """
        found = self.store.cases(count=count + 1, after=after)
        shown = [case for each in found[:count] if (case := self._shown(each, caller))]
        page = [CaseAnswer(**_told(case)) for case in shown]
        return CasePage(cases=page, next=found[count - 1].id if len(found) > count else None)

    def show(self, case_id: str, caller: Caller) -> CaseDetail:
        """A case with those of its items whose cameras the caller may see.

        Raises:
            NotFound: there is none of that name.
        """
        case = self._shown(self.store.get(case_id), caller)
        if case is None:
            raise NotFound(f"no case {case_id!r}: 'descry case list' names all")
        items = [i for i in self.store.items(case_id) if caller.may_see(i.track.camera_id)]
        held = self.holding.which(item.track for item in items)
        told = [_item(item, is_held=item.track in held) for item in items]
        return CaseDetail(**_told(case), items=told)

    def change(self, case_id: str, change: CaseChange, caller: Caller) -> CaseDetail:
        """Change title, notes or status.

        Raises:
            NotFound: there is none of that name.
            ConfigError: it is closed, and stays so.
        """
        self._see_all(case_id, caller)
        values: dict[str, Any] = change.model_dump(exclude_none=True)
        if change.status == "closed":
            values |= {"closed_at": self.clock.now(), "closed_by": caller.name}
        if change.status == "open":
            values |= {"closed_at": None, "closed_by": None}
        if values:
            self.store.change(case_id, **values)
        return self.show(case_id, caller)

    def remove(self, case_id: str, caller: Caller) -> None:
        """Forget a case; what was held for its sake alone is held no longer.

        Raises:
            NotFound: there is none of that name.
            ConfigError: tracks are held for it, and the caller may not release them.
        """
        self._see_all(case_id, caller)
        held = self.store.held_for(case_id)
        _check_may_release(held, caller)
        self._release(case_id, held)
        self.store.remove(case_id)

    def add(self, case_id: str, request: ItemRequest, caller: Caller) -> ItemAnswer:
        """Put a hit into a case.

        Raises:
            NotFound: no such case, track or shot.
            ConfigError: the case is closed, that names no hit, or its voucher is not of this hit
                and installation.
        """
        track, shot = parse_name(request.hit)
        record = self.clips.tracks.get_many([track]).get(track)
        if record is None or not caller.may_see(track.camera_id):
            raise NotFound(f"no track {track}: retention may have forgotten it")
        shots = list(self.clips.shots(record))
        facts = facts_of(self._shown_as(request, track), record, shots, self.origins)
        if shot is not None and shot not in {each.shot for each in facts.shots}:
            raise NotFound(f"no shot {request.hit}: it was replaced, or retention forgot it")
        item = self.store.add(
            CaseItem(
                case_id, 0, track, shot, facts, request.note, self.clock.now(), caller.name
            )
        )  # fmt: skip
        if not self.clips.tracks.get_many([track]):
            # It was erased between our look and our writing; whoever erases has looked here before.
            self.store.delete_tracks([track])
            raise NotFound(f"no track {track}: it was erased a moment ago")
        return _item(item, is_held=track in self.holding.which([track]))

    def note(self, case_id: str, number: int, note: str, caller: Caller) -> ItemAnswer:
        """Replace the note of an item.

        Raises:
            NotFound: no such case or item.
            ConfigError: the case is closed.
        """
        self._see(case_id, number, caller)
        return _item(self.store.set_note(case_id, number, note))

    def take_out(self, case_id: str, number: int, caller: Caller) -> ItemAnswer:
        """Take an item out; its track is no longer held for the sake of this case.

        Raises:
            NotFound: no such case or item.
            ConfigError: the case is closed, or the track held for it, and not the caller's to
                release.
        """
        self._see(case_id, number, caller)
        items = self.store.items(case_id)
        track = next((item.track for item in items if item.number == number), None)
        is_last = sum(item.track == track for item in items) == 1
        held = self.store.held_for(case_id) & ({track} if is_last else set())
        _check_may_release(held, caller)
        item = self.store.remove_item(case_id, number)
        self._release(case_id, held)
        return _item(item)

    def hold(self, case_id: str, caller: Caller) -> CaseDetail:
        """Hold every track of a case that is known still: past retention, and not to be erased.

        Raises:
            NotFound: no such case.
        """
        self._see_all(case_id, caller)
        known = self.clips.tracks.get_many({i.track for i in self.store.items(case_id)})
        before = self.holding.which(known)
        for track in sorted(known):
            self.holding.hold(str(track))
        # Who was held before is somebody else's to release.
        ours = known.keys() - before | self.store.held_for_others(case_id, known)
        self.store.mark_held(case_id, ours, held=True)
        return self.show(case_id, caller)

    def release(self, case_id: str, caller: Caller) -> CaseDetail:
        """Hold them no longer, but for those that another case or somebody by hand holds, too.

        Raises:
            NotFound: no such case.
        """
        self.store.get(case_id)
        self._release(case_id, self.store.held_for(case_id))
        return self.show(case_id, caller)

    def _shown_as(self, request: ItemRequest, track: TrackKey) -> tuple[Shown, bool]:
        """How a hit was shown, and whether that is known; else it is what somebody states."""
        if request.voucher is None:
            return Shown(**{name: getattr(request, name) for name in Shown.model_fields}), False
        shown = self.vouchers.opened(str(track), request.voucher)
        if shown is None:
            raise ConfigError(
                f"the voucher of {track} is not of this hit, or of another installation: search "
                "again here, or leave it out, and what is said of the hit is kept as stated"
            )
        return shown, True

    def _release(self, case_id: str, tracks: Collection[TrackKey]) -> None:
        others = self.store.held_for_others(case_id, tracks)
        for track in sorted(self.holding.which(set(tracks) - others)):
            self.holding.release(str(track))
        self.store.mark_held(case_id, tracks, held=False)

    def _shown(self, case: Case, caller: Caller) -> Case | None:
        """A case as `caller` may see it; None if it is all about cameras that they may not."""
        if caller.cameras is None or not case.count:
            return case
        seen = sum(caller.may_see(i.track.camera_id) for i in self.store.items(case.id))
        return replace(case, count=seen) if seen else None

    def _see_all(self, case_id: str, caller: Caller) -> None:
        """See that a caller may see all of a case, which is done something to as a whole.

        Raises:
            NotFound: some of it is of another camera, or there is no such case.
        """
        self.store.get(case_id)
        if not all(caller.may_see(i.track.camera_id) for i in self.store.items(case_id)):
            raise NotFound(
                f"no case {case_id!r} that {caller.name} may see all of: ask an administrator"
            )

    def _see(self, case_id: str, number: int, caller: Caller) -> None:
        for item in self.store.items(case_id):
            if item.number == number and caller.may_see(item.track.camera_id):
                return
        raise NotFound(f"case {case_id!r} has no item {number}: 'descry case show' lists them")


def _check_may_release(tracks: Collection[TrackKey], caller: Caller) -> None:
    if tracks and not caller.role.includes(Role.ADMINISTRATOR):
        raise ConfigError(
            f"track {min(tracks)} is on hold for this case: an administrator releases it first"
        )


def _told(case: Case) -> Mapping[str, Any]:
    return {
        "id": case.id, "title": case.title, "notes": case.notes, "status": case.status,
        "created_at": format_instant(case.created_at), "created_by": case.created_by,
        "closed_at": None if case.closed_at is None else format_instant(case.closed_at),
        "closed_by": case.closed_by, "count": case.count,
    }  # fmt: skip


def _item(item: CaseItem, *, is_held: bool = False) -> ItemAnswer:
    facts = item.facts
    return ItemAnswer(
        item=item.number,
        track=str(item.track),
        shot=item.shot,
        camera=facts.camera,
        collection=facts.collection,
        first_seen_at=format_instant(facts.first_seen_at),
        last_seen_at=format_instant(facts.last_seen_at),
        time_from=facts.shots[0].time_from if facts.shots else None,
        zones=facts.zones,
        shown=facts.shown,
        checked=facts.checked,
        shots=[each.shot for each in facts.shots],
        note=item.note,
        added_at=format_instant(item.added_at),
        added_by=item.added_by,
        held=is_held,
    )
