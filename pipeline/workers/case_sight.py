"""Which cases somebody may see, and how much of them: a hidden case is to them as none."""

import secrets
from dataclasses import dataclass, replace
from typing import Final

from pipeline.callers import Caller
from pipeline.errors import NotFound
from pipeline.instants import format_instant
from pipeline.names import NAME_LETTERS, check_name
from pipeline.store.case_records import Case
from pipeline.store.cases import CaseStore, no_case

AT_ONCE: Final = 200
"""Cases that are read in one go, to find those that may be seen."""


@dataclass(frozen=True, slots=True)
class CaseSight:
    """What each caller may see of cases.

    Whoever may see all cameras sees every case. Whoever may see some sees cases with something of
    these, cases that nothing was put into yet, and what they began themselves as long as it is
    empty; of the others nothing they are told differs from there being none.

    Attributes:
        store: where cases are kept.
    """

    store: CaseStore

    def page(
        self, caller: Caller, *, count: int, after: tuple[float, str] | None
    ) -> tuple[list[Case], bool]:
        """Cases that `caller` may see, the newest first, and whether there are more.

        Args:
            caller: who asks.
            count: how many at most.
            after: when the last case of the page before was begun, and its name.
        """
        found: list[Case] = []
        place = after
        while len(found) <= count:
            some = self.store.cases(count=max(AT_ONCE, count + 1), after=place)
            if not some:
                break
            place = some[-1].created_at, some[-1].id
            found += self._of(some, caller)
        return found[:count], len(found) > count

    def get(self, case_id: str, caller: Caller) -> Case:
        """A case as `caller` may see it.

        Raises:
            NotFound: there is none of that name, or they may not see it.
        """
        seen = self._of([self.store.get(case_id)], caller)
        if not seen:
            raise no_case(case_id)
        return seen[0]

    def whole(self, case_id: str, caller: Caller) -> Case:
        """A case of which `caller` may see all, since something is done to all of it.

        Raises:
            NotFound: there is none that they may see, or some of it is of another camera.
        """
        seen = self.get(case_id, caller)
        if seen.count < self.store.get(case_id).count:
            raise NotFound(f"case {case_id!r} holds more than {caller.name} may see: "
                           "ask an administrator")  # fmt: skip
        return seen

    def item(self, case_id: str, number: int, caller: Caller) -> None:
        """See that a caller may see an item.

        Raises:
            NotFound: there is none of that number, or no case, that they may see.
        """
        self.get(case_id, caller)
        for item in self.store.items(case_id):
            if item.number == number and caller.may_see(item.track.camera_id):
                return
        raise NotFound(f"case {case_id!r} has no item {number}: 'descry case show' lists them")

    def name_for(self, wanted: str | None, caller: Caller, now: float) -> str:
        """What a new case is called.

        Whoever may see some cameras has something drawn added to the name they want: else they
        could try out which names are taken by cases that they may not see.

        Raises:
            ConfigError: that is no name.
        """
        drawn = secrets.token_hex(3)
        if wanted is None:
            return f"case-{format_instant(now)[:10]}-{drawn}"
        check_name("case", wanted)
        if caller.cameras is None:
            return wanted
        return f"{wanted[: NAME_LETTERS - len(drawn) - 1]}-{drawn}"

    def _of(self, cases: list[Case], caller: Caller) -> list[Case]:
        if caller.cameras is None:
            return cases
        counts = self.store.count_by_camera([case.id for case in cases])
        found = []
        for case in cases:
            seen = sum(n for camera, n in counts[case.id].items() if caller.may_see(camera))
            is_bare = not case.count and (not case.was_filled or case.created_by == caller.name)
            if seen or is_bare:
                found.append(replace(case, count=seen))
        return found
