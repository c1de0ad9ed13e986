"""Cases: hits are put together, noted, held, and taken out again."""

from collections.abc import Collection
from dataclasses import dataclass
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
from pipeline.cursors import read_place, write_place
from pipeline.errors import ConfigError, Forbidden, NotFound, VoucherRefused
from pipeline.store.case_records import Case, CaseItem
from pipeline.store.cases import CaseStore
from pipeline.workers.case_facts import Origins, facts_of
from pipeline.workers.case_items import item_answer, told_of, words_answer
from pipeline.workers.case_sight import CaseSight
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

    @property
    def sight(self) -> CaseSight:
        """Which of them somebody may see."""
        return CaseSight(self.store)

    def open(self, request: CaseRequest, caller: Caller) -> CaseDetail:
        """Begin a case.

        Raises:
            ConfigError: there is one of that name, or that is no name.
        """
        now = self.clock.now()
        name = self.sight.name_for(request.id, caller, now)
        self.store.create(
            Case(name, request.title, request.notes, "open", now, caller.name, None, None)
        )
        return self.show(name, caller)

    def list(self, caller: Caller, *, count: int, after: str | None = None) -> CasePage:
        """Cases that the caller may see, the newest first; `after` is the `next` of a page.

        Raises:
            ConfigError: `after` is no place in the list.
        """
        at, name = (None, None) if after is None else read_place(after, (float, str))
        place = None if at is None else (float(at), str(name))
        found, is_more = self.sight.page(caller, count=count, after=place)
        page = [CaseAnswer(**told_of(case)) for case in found]
        following = write_place([found[-1].created_at, found[-1].id]) if is_more else None
        return CasePage(cases=page, next=following)

    def show(self, case_id: str, caller: Caller) -> CaseDetail:
        """A case with those of its items whose cameras the caller may see.

        Raises:
            NotFound: there is none of that name.
        """
        case = self.sight.get(case_id, caller)
        items = [i for i in self.store.items(case_id) if caller.may_see(i.track.camera_id)]
        held = self.holding.which(item.track for item in items)
        told = [item_answer(item, is_held=item.track in held) for item in items]
        shown = {0, *(item.number for item in items)}
        words = [words_answer(each) for each in self.store.words(case_id) if each.item in shown]
        return CaseDetail(**told_of(case), items=told, history=words)

    def change(self, case_id: str, change: CaseChange, caller: Caller) -> CaseDetail:
        """Change title, notes or status.

        Raises:
            NotFound: there is none of that name.
            ConfigError: it is closed, and stays so.
            Forbidden: it is closed, and the caller may not open it again.
        """
        case = self.sight.whole(case_id, caller)
        if case.status == "closed" and change.status == "open":
            _need_administrator(caller, "opens a closed case again")
        values: dict[str, Any] = change.model_dump(exclude_none=True)
        if change.status == "closed":
            values |= {"closed_at": self.clock.now(), "closed_by": caller.name}
        if change.status == "open":
            values |= {"closed_at": None, "closed_by": None}
        if values:
            self.store.change(case_id, by=caller.name, at=self.clock.now(), **values)
        return self.show(case_id, caller)

    def remove(self, case_id: str, caller: Caller) -> None:
        """Forget a case; what was held for its sake alone is held no longer.

        Raises:
            NotFound: there is none of that name.
            ConfigError: it is closed.
            Forbidden: the caller is no administrator.
        """
        case = self.sight.whole(case_id, caller)
        _need_administrator(caller, "removes a case")
        if case.status == "closed":
            raise ConfigError(f"case {case_id!r} is closed: 'descry case open {case_id}' it first")
        self._release(case_id, self.store.held_for(case_id))
        self.store.remove(case_id)

    def add(self, case_id: str, request: ItemRequest, caller: Caller) -> ItemAnswer:
        """Put a hit into a case; it is held from now on if the case is.

        Raises:
            NotFound: no such case, track or shot.
            ConfigError: the case is closed, that names no hit, or its voucher is not of this hit
                and installation.
        """
        self.sight.get(case_id, caller)
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
        if self.store.is_held(case_id):
            self._hold(case_id, [track])
        return item_answer(item, is_held=track in self.holding.which([track]))

    def note(self, case_id: str, number: int, note: str, caller: Caller) -> ItemAnswer:
        """Replace the note of an item.

        Raises:
            NotFound: no such case or item.
            ConfigError: the case is closed.
        """
        self.sight.item(case_id, number, caller)
        return item_answer(
            self.store.set_note(case_id, number, note, by=caller.name, at=self.clock.now())
        )

    def take_out(self, case_id: str, number: int, caller: Caller) -> ItemAnswer:
        """Take an item out; its track is no longer held for the sake of this case.

        Raises:
            NotFound: no such case or item.
            ConfigError: the case is closed, or the track held for it, and not the caller's to
                release.
        """
        self.sight.item(case_id, number, caller)
        items = self.store.items(case_id)
        track = next((item.track for item in items if item.number == number), None)
        is_last = sum(item.track == track for item in items) == 1
        held = self.store.held_for(case_id) & ({track} if is_last else set())
        _check_may_release(held, caller)
        item = self.store.remove_item(case_id, number)
        self._release(case_id, held)
        return item_answer(item)

    def hold(self, case_id: str, caller: Caller) -> CaseDetail:
        """Hold every track of a case that is known still: past retention, and not to be erased.

        What is put into it from now on is held as well.

        Raises:
            NotFound: no such case.
        """
        self.sight.whole(case_id, caller)
        self.store.set_held(case_id, held=True)
        known = self.clips.tracks.get_many({i.track for i in self.store.items(case_id)})
        self._hold(case_id, known.keys())
        return self.show(case_id, caller)

    def release(self, case_id: str, caller: Caller) -> CaseDetail:
        """Hold them no longer, but for those that another case or somebody by hand holds, too.

        Raises:
            NotFound: no such case.
        """
        self.sight.whole(case_id, caller)
        self.store.set_held(case_id, held=False)
        self._release(case_id, self.store.held_for(case_id))
        return self.show(case_id, caller)

    def _shown_as(self, request: ItemRequest, track: TrackKey) -> tuple[Shown, bool]:
        """How a hit was shown, and whether that is known; else it is what somebody states."""
        if request.voucher is None:
            return Shown(**{name: getattr(request, name) for name in Shown.model_fields}), False
        shown = self.vouchers.opened(str(track), request.voucher)
        if shown is None:
            raise VoucherRefused(
                f"the voucher of {track} is not of this hit, or of another installation: search "
                "again here, or leave it out, and what is said of the hit is kept as stated"
            )
        return shown, True

    def _hold(self, case_id: str, tracks: Collection[TrackKey]) -> None:
        before = self.holding.which(tracks)
        for track in sorted(tracks):
            self.holding.hold(str(track))
        # Who was held before is somebody else's to release.
        ours = set(tracks) - before | self.store.held_for_others(case_id, tracks)
        self.store.mark_held(case_id, ours, held=True)

    def _release(self, case_id: str, tracks: Collection[TrackKey]) -> None:
        others = self.store.held_for_others(case_id, tracks)
        for track in sorted(self.holding.which(set(tracks) - others)):
            self.holding.release(str(track))
        self.store.mark_held(case_id, tracks, held=False)


def _need_administrator(caller: Caller, does: str) -> None:
    if not caller.role.includes(Role.ADMINISTRATOR):
        raise Forbidden(f"an administrator {does}: ask one")


def _check_may_release(tracks: Collection[TrackKey], caller: Caller) -> None:
    if tracks and not caller.role.includes(Role.ADMINISTRATOR):
        raise ConfigError(
            f"track {min(tracks)} is on hold for this case: an administrator releases it first"
        )
