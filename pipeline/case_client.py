"""Asks a query worker about cases, and fetches evidence packs."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pipeline.case_answers import (
    CaseChange,
    CaseDetail,
    CasePage,
    CaseRequest,
    EvidenceRequest,
    ItemAnswer,
    ItemRequest,
    NoteRequest,
    PackAnswer,
    PackJob,
)
from pipeline.client import Client
from pipeline.errors import ConfigError, DescryError
from pipeline.files import write_whole

LOOK_EVERY_S: Final = 0.5
FETCHED_WITHIN_S: Final = 3600.0


class CaseClient(Client):
    """A query worker, as what keeps cases. Each method raises what the worker answers."""

    def open(self, request: CaseRequest) -> CaseDetail:
        """Begin a case."""
        return self._detail("POST", "/api/v1/cases", request)

    def list(self, *, count: int, after: str | None = None) -> CasePage:
        """Cases, the newest first."""
        asked = {"count": count} | ({"after": after} if after else {})
        content = self._ask("GET", "/api/v1/cases", params=asked).content
        return CasePage.model_validate_json(content)

    def show(self, case_id: str) -> CaseDetail:
        """A case with all its items."""
        pages = [
            CaseDetail.model_validate_json(answer.content) for answer in self._pages(_path(case_id))
        ]
        return pages[0].model_copy(update={"items": [one for page in pages for one in page.items]})

    def change(self, case_id: str, change: CaseChange) -> CaseDetail:
        """Change title, notes or status."""
        return self._detail("PATCH", _path(case_id), change)

    def forget(self, case_id: str) -> None:
        """Forget a case."""
        self._ask("DELETE", _path(case_id))

    def put(self, case_id: str, request: ItemRequest) -> ItemAnswer:
        """Put a hit into a case."""
        return self._item("POST", f"{_path(case_id)}/items", request)

    def note(self, case_id: str, number: int, note: str) -> ItemAnswer:
        """Replace the note of an item."""
        return self._item("PATCH", f"{_path(case_id)}/items/{number}", NoteRequest(note=note))

    def take_out(self, case_id: str, number: int) -> ItemAnswer:
        """Take an item out."""
        return self._item("DELETE", f"{_path(case_id)}/items/{number}")

    def keep(self, case_id: str) -> CaseDetail:
        """Hold the tracks of a case."""
        return self._detail("PUT", f"{_path(case_id)}/hold")

    def let_go(self, case_id: str) -> CaseDetail:
        """Hold them no longer."""
        return self._detail("DELETE", f"{_path(case_id)}/hold")

    def export(
        self,
        case_id: str,
        request: EvidenceRequest,
        *,
        out: Path,
        progress: Callable[[float, float], None],
    ) -> PackAnswer:
        """Have an evidence pack made, wait for it, and write it to `out`, whole or not at all.

        Raises:
            NotFound: no such case.
            ConfigError: `out` cannot be written.
            DescryError: it could not be made; the message says why.
        """
        path = f"{_path(case_id)}/evidence"
        answer = self._ask("POST", path, json=request.model_dump())
        job = PackJob.model_validate_json(answer.content)
        while job.state == "working":
            time.sleep(LOOK_EVERY_S)
            job = PackJob.model_validate_json(self._ask("GET", f"{path}/{job.id}").content)
            progress(job.done / 100, job.total / 100)
        if job.pack is None or job.url is None:
            raise DescryError(f"no pack of case {case_id!r}: {job.detail}")
        content = self._ask("GET", job.url, timeout=FETCHED_WITHIN_S).content
        try:
            write_whole(out, content)
        except OSError as error:
            raise ConfigError(
                f"cannot write {out} ({error.strerror}): choose another file"
            ) from error
        return job.pack.model_copy(update={"path": str(out)})

    def _detail(
        self, method: str, path: str, body: CaseRequest | CaseChange | None = None
    ) -> CaseDetail:
        how = {} if body is None else {"json": body.model_dump()}
        return CaseDetail.model_validate_json(self._ask(method, path, **how).content)

    def _item(
        self, method: str, path: str, body: ItemRequest | NoteRequest | None = None
    ) -> ItemAnswer:
        how = {} if body is None else {"json": body.model_dump()}
        return ItemAnswer.model_validate_json(self._ask(method, path, **how).content)


def _path(case_id: str) -> str:
    return f"/api/v1/cases/{quote(case_id, safe='')}"
