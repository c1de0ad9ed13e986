"""One way to cases for the command line: by a query worker elsewhere, or in this process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from pipeline.callers import Caller
from pipeline.case_answers import (
    CaseChange,
    CaseDetail,
    CasePage,
    CaseRequest,
    EvidenceRequest,
    ItemAnswer,
    ItemRequest,
    PackAnswer,
)
from pipeline.wiring.casework import build_case_desk, build_evidence_desk, local_caller
from pipeline.wiring.sessions import Session
from pipeline.wiring.stores import Stores, open_stores


class CaseBook(Protocol):
    """Cases, as the command line asks for them."""

    def open(self, request: CaseRequest) -> CaseDetail: ...

    def list(self, *, count: int, after: str | None = None) -> CasePage: ...

    def show(self, case_id: str) -> CaseDetail: ...

    def change(self, case_id: str, change: CaseChange) -> CaseDetail: ...

    def forget(self, case_id: str) -> None: ...

    def put(self, case_id: str, request: ItemRequest) -> ItemAnswer: ...

    def note(self, case_id: str, number: int, note: str) -> ItemAnswer: ...

    def take_out(self, case_id: str, number: int) -> ItemAnswer: ...

    def keep(self, case_id: str) -> CaseDetail: ...

    def let_go(self, case_id: str) -> CaseDetail: ...

    def export(
        self,
        case_id: str,
        request: EvidenceRequest,
        *,
        out: Path,
        progress: Callable[[float, float], None],
    ) -> PackAnswer: ...


class LocalCases:
    """Cases of a data folder on this machine, for whoever is logged in."""

    def __init__(
        self, session: Session, stores: Stores, caller: Caller, look_in: Sequence[Path]
    ) -> None:
        self._settings, self._stores, self._caller = session.settings, stores, caller
        self._desk, self._look_in = build_case_desk(session.settings, stores), look_in
        self._noting = session.noting()

    def open(self, request: CaseRequest) -> CaseDetail:
        """Begin a case."""
        with self._noting.changing("case-open", id=request.id, title=request.title):
            return self._desk.open(request, self._caller)

    def list(self, *, count: int, after: str | None = None) -> CasePage:
        """Cases, the newest first."""
        return self._noting.show(
            "cases", lambda: self._desk.list(self._caller, count=count, after=after)
        )

    def show(self, case_id: str) -> CaseDetail:
        """A case with its items."""
        return self._noting.show("case", lambda: self._desk.show(case_id, self._caller), id=case_id)

    def change(self, case_id: str, change: CaseChange) -> CaseDetail:
        """Change title, notes or status."""
        with self._noting.changing(
            "case-change", id=case_id, title=change.title, status=change.status
        ):
            return self._desk.change(case_id, change, self._caller)

    def forget(self, case_id: str) -> None:
        """Forget a case."""
        with self._noting.changing("case-remove", id=case_id):
            self._desk.remove(case_id, self._caller)

    def put(self, case_id: str, request: ItemRequest) -> ItemAnswer:
        """Put a hit into a case."""
        stated = request.model_dump(exclude={"note", "voucher"}, exclude_defaults=True)
        with self._noting.changing("case-item-add", id=case_id, **stated):
            return self._desk.add(case_id, request, self._caller)

    def note(self, case_id: str, number: int, note: str) -> ItemAnswer:
        """Replace the note of an item."""
        with self._noting.changing("case-item-note", id=case_id, item=number):
            return self._desk.note(case_id, number, note, self._caller)

    def take_out(self, case_id: str, number: int) -> ItemAnswer:
        """Take an item out."""
        with self._noting.changing("case-item-remove", id=case_id, item=number):
            return self._desk.take_out(case_id, number, self._caller)

    def keep(self, case_id: str) -> CaseDetail:
        """Hold the tracks of a case."""
        with self._noting.changing("case-hold", id=case_id):
            return self._desk.hold(case_id, self._caller)

    def let_go(self, case_id: str) -> CaseDetail:
        """Hold them no longer."""
        with self._noting.changing("case-hold-release", id=case_id):
            return self._desk.release(case_id, self._caller)

    def export(
        self,
        case_id: str,
        request: EvidenceRequest,
        *,
        out: Path,
        progress: Callable[[float, float], None],
    ) -> PackAnswer:
        """Write the evidence pack of a case to `out`."""
        self._noting.need_reason()
        desk = build_evidence_desk(self._settings, self._stores, self._look_in)
        margins = {"before_s": request.before_s, "after_s": request.after_s}
        noted = self._noting.changing("evidence", id=case_id, blur=request.blur, **margins)
        with noted as number:

            def made(tracks: Sequence[str], manifest_sha256: str) -> None:
                told = {"manifest_sha256": manifest_sha256}
                self._noting.handed_out("evidence-made", tracks, of=number, told=told, id=case_id)

            return desk.export(
                case_id, request, self._caller, out=out, progress=progress, made=made
            )


def open_case_book(session: Session, look_in: Sequence[Path] = ()) -> CaseBook:
    """Cases: of this machine's data folder, or by the query worker of `api.url`."""
    if session.redis_url is None:
        return session.case_client()
    stores = open_stores(session.settings, session.redis_url)
    return LocalCases(session, stores, local_caller(), look_in)
