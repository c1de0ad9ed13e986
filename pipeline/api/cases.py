"""Cases over HTTP, and their evidence packs."""

from typing import Protocol

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from pipeline.api.asking import Asking
from pipeline.api.openapi import answers_with
from pipeline.api.paging import Paging
from pipeline.api.telling import event_of_change, tell_audit
from pipeline.audit_events import Event
from pipeline.callers import Caller
from pipeline.case_answers import (
    CaseChange,
    CaseDetail,
    CasePage,
    CaseRequest,
    EvidenceRequest,
    ItemAnswer,
    ItemRequest,
    NoteRequest,
    PackJob,
)
from pipeline.workers.pack_jobs import ReadyPack


class Cases(Protocol):
    """What the routes ask (`pipeline.workers.casework.CaseDesk`)."""

    def open(self, request: CaseRequest, caller: Caller) -> CaseDetail: ...

    def list(self, caller: Caller, *, count: int, after: str | None = None) -> CasePage: ...

    def show(self, case_id: str, caller: Caller) -> CaseDetail: ...

    def change(self, case_id: str, change: CaseChange, caller: Caller) -> CaseDetail: ...

    def remove(self, case_id: str, caller: Caller) -> None: ...

    def add(self, case_id: str, request: ItemRequest, caller: Caller) -> ItemAnswer: ...

    def note(self, case_id: str, number: int, note: str, caller: Caller) -> ItemAnswer: ...

    def take_out(self, case_id: str, number: int, caller: Caller) -> ItemAnswer: ...

    def hold(self, case_id: str, caller: Caller) -> CaseDetail: ...

    def release(self, case_id: str, caller: Caller) -> CaseDetail: ...


class Packs(Protocol):
    """What makes evidence packs (`pipeline.workers.pack_jobs.PackJobs`)."""

    def begin(
        self, case_id: str, request: EvidenceRequest, caller: Caller, *, noted: Event | None = None
    ) -> PackJob: ...

    def look(self, case_id: str, job_id: str, caller: Caller) -> PackJob: ...

    def fetch(self, case_id: str, job_id: str, caller: Caller) -> ReadyPack: ...


def case_routes(cases: Cases) -> APIRouter:
    """The routes under `/cases` but for evidence."""
    routes = APIRouter()

    @routes.get("/cases")
    def list_cases(caller: Asking, paging: Paging) -> CasePage:
        """Cases, the newest first, a page at a time; pages of some cameras are short."""
        page = cases.list(caller, count=paging.count, after=paging.after)
        paging.tell(page.next)
        return page

    @routes.post("/cases", status_code=201)
    def open_case(request: CaseRequest, caller: Asking) -> CaseDetail:
        """Begin a case."""
        return cases.open(request, caller)

    @routes.get("/cases/{case}")
    def show_case(case: str, caller: Asking, paging: Paging) -> CaseDetail:
        """A case with its items, a page of them at a time; its history with the first."""
        shown = cases.show(case, caller)
        page = paging.cut(shown.items, lambda one: [one.item], (int,))
        history = shown.history if paging.after is None else []
        return shown.model_copy(update={"items": page, "history": history})

    @routes.patch("/cases/{case}")
    def change_case(case: str, change: CaseChange, caller: Asking) -> CaseDetail:
        """Change its title or notes, close it, open it again."""
        return cases.change(case, change, caller)

    @routes.delete("/cases/{case}", status_code=204)
    def remove_case(case: str, caller: Asking) -> None:
        """Forget a case; tracks stay."""
        cases.remove(case, caller)

    @routes.put("/cases/{case}/hold")
    def hold_case(case: str, caller: Asking) -> CaseDetail:
        """Keep its tracks past retention, and refuse to erase them."""
        return cases.hold(case, caller)

    @routes.delete("/cases/{case}/hold")
    def release_case(case: str, caller: Asking) -> CaseDetail:
        """Hold its tracks no longer, but for those that somebody else holds, too."""
        return cases.release(case, caller)

    _item_routes(routes, cases)
    return routes


def _item_routes(routes: APIRouter, cases: Cases) -> None:
    @routes.post("/cases/{case}/items", status_code=201)
    def add_item(case: str, request: ItemRequest, caller: Asking, asked: Request) -> ItemAnswer:
        """Put a hit into a case, as it was shown: by its `voucher`, or as somebody states."""
        item = cases.add(case, request, caller)
        shown = item.shown.model_dump(exclude={"text"}, exclude_defaults=True)
        tell_audit(asked, item=item.item, checked=item.checked, **shown)
        return item

    @routes.patch("/cases/{case}/items/{item}")
    def note_item(case: str, item: int, request: NoteRequest, caller: Asking) -> ItemAnswer:
        """Replace the note of an item."""
        return cases.note(case, item, request.note, caller)

    @routes.delete("/cases/{case}/items/{item}")
    def take_out(case: str, item: int, caller: Asking) -> ItemAnswer:
        """Take an item out of a case."""
        return cases.take_out(case, item, caller)


def evidence_routes(packs: Packs) -> APIRouter:
    """The routes under `/cases/{case}/evidence`."""
    routes = APIRouter()

    @routes.post("/cases/{case}/evidence", status_code=202)
    def begin(case: str, request: EvidenceRequest, caller: Asking, asked: Request) -> PackJob:
        """Begin an evidence pack; look at the job until it is done, then fetch `url`."""
        job = packs.begin(case, request, caller, noted=event_of_change(asked))
        tell_audit(asked, job=job.id)
        return job

    @routes.get("/cases/{case}/evidence/{job}")
    def look(case: str, job: str, caller: Asking) -> PackJob:
        """How far a pack is."""
        return packs.look(case, job, caller)

    @routes.get(
        "/cases/{case}/evidence/{job}/pack",
        response_class=FileResponse,
        responses=answers_with("application/zip", _206="a piece", _416="no such piece"),
    )
    def fetch(case: str, job: str, caller: Asking, asked: Request) -> FileResponse:
        """The pack, a zip; `Range` goes on where a download broke off."""
        pack = packs.fetch(case, job, caller)
        tell_audit(asked, pack.tracks, manifest_sha256=pack.manifest_sha256)
        return FileResponse(
            pack.path,
            media_type="application/zip",
            filename=f"{case}.zip",
            headers={"Cache-Control": "private, no-store"},
        )

    return routes
