"""What `descry case` does."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from pipeline.case_answers import (
    TEXT,
    CaseChange,
    CaseDetail,
    CaseRequest,
    EvidenceRequest,
    ItemAnswer,
    ItemRequest,
    PackAnswer,
)
from pipeline.cli.clipping import as_blur, seconds
from pipeline.cli.evidence_marks import marks_of
from pipeline.cli.progress import progress_bar
from pipeline.cli.searching import percent, short_instant
from pipeline.errors import ConfigError, DescryError, NotFound
from pipeline.logs import printable
from pipeline.reason_fields import NO_GROUNDS, Grounds
from pipeline.wiring.case_book import CaseBook, open_case_book
from pipeline.wiring.sessions import open_session
from pipeline.wiring.settings import read_settings

PAGE = 500
ANSWER_BYTES = 64_000_000
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Adding:
    """What `case add` was told, as typed."""

    case: str
    hits: Sequence[str]
    search: Path | None
    title: str
    notes: str
    note: str


@dataclass(frozen=True, slots=True)
class Exporting:
    """What `case export` was told, as typed."""

    case: str
    out: Path
    before: str
    after: str
    blur: str | None
    look_in: Sequence[Path]
    reason: str


def add_hits(adding: Adding, *, config: Path | None, as_json: bool) -> None:
    """Put hits into a case, which is begun where there is none of that name.

    Raises:
        ConfigError: a name or an answer cannot be read.
        NotFound: a hit is not known, or not in the answer.
    """
    requests = _requests(adding)
    with _book(config) as book:
        try:
            name = book.show(adding.case).id
        except NotFound:
            title = adding.title or adding.case
            request = checked(CaseRequest, id=adding.case, title=title, notes=adding.notes)
            name = book.open(request).id
        items = [book.put(name, request) for request in requests]
        case = book.show(name)
    if as_json:
        sys.stdout.write(case.model_dump_json() + "\n")
        return
    for item in items:
        sys.stdout.write(_line(item) + "\n")
    sys.stdout.write(f"case {case.id}: {case.count} items\n")


def list_all(*, config: Path | None, as_json: bool) -> None:
    """Print every case."""
    with _book(config) as book:
        after: str | None = None
        while True:
            page = book.list(count=PAGE, after=after)
            for case in page.cases:
                opened = short_instant(case.created_at)
                line = f"{case.id}  {case.status}  {opened}  {case.count} items"
                line += f"  {printable(case.title)}"
                sys.stdout.write((case.model_dump_json() if as_json else line) + "\n")
            after = page.next
            if after is None:
                return


def run_on_case(
    do: Callable[[CaseBook], CaseDetail], *, config: Path | None, as_json: bool
) -> None:
    """Do something with a case, and print what it is then."""
    with _book(config) as book:
        _tell(do(book), as_json=as_json)


def write_note(
    case: str, text: str, item: int | None, *, config: Path | None, as_json: bool
) -> None:
    """Set the note of an item, or the notes of a case."""
    with _book(config) as book:
        if item is None:
            book.change(case, checked(CaseChange, notes=text))
        else:
            book.note(case, item, text)
        _tell(book.show(case), as_json=as_json)


def set_status(
    case: str, status: Literal["open", "closed"], *, config: Path | None, as_json: bool
) -> None:
    """Close a case, or open it again."""
    change = CaseChange(status=status)
    run_on_case(lambda book: book.change(case, change), config=config, as_json=as_json)


def remove_from(case: str, items: Sequence[int], *, yes: bool, config: Path | None) -> None:
    """Take items out of a case; without any, forget the case.

    Raises:
        ConfigError: nobody can be asked whether the whole case is meant.
    """
    if not items and not yes:
        if not sys.stdin.isatty():
            raise ConfigError(f"case {case!r} would go with its notes: say so with --yes")
        if not typer.confirm(f"Forget case {case} with its notes?", err=True):
            raise DescryError("nothing was removed")
    with _book(config) as book:
        for number in items:
            sys.stdout.write(f"taken out: {_line(book.take_out(case, number))}\n")
        if not items:
            book.forget(case)
            sys.stdout.write(f"case {case} is forgotten; its tracks stay as they were\n")


def export_case(exporting: Exporting, *, config: Path | None, as_json: bool) -> None:
    """Write an evidence pack.

    Raises:
        ConfigError: something was said that makes no sense, or the file cannot be written.
        NotFound: no such case.
    """
    request = checked(
        EvidenceRequest,
        before_s=seconds("--before", exporting.before),
        after_s=seconds("--after", exporting.after),
        blur=as_blur(exporting.blur),
    )
    for folder in exporting.look_in:
        if not folder.is_dir():
            raise ConfigError(f"--look-in {folder}: no such folder")
    out = exporting.out.absolute()
    grounds = Grounds(exporting.reason, exporting.case)
    with _book(config, exporting.look_in, grounds) as book, progress_bar() as bars:
        pack = book.export(exporting.case, request, out=out, progress=bars("items"))
    _tell_pack(pack, as_json=as_json)


def checked(kind: type[Model], **values: Any) -> Model:
    """A request of these values.

    Raises:
        ConfigError: one of them is too long, or no name.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{where}: {first['msg']}") from error


@contextmanager
def _book(
    config: Path | None, look_in: Sequence[Path] = (), grounds: Grounds = NO_GROUNDS
) -> Iterator[CaseBook]:
    with open_session(read_settings(config), need=frozenset(), grounds=grounds) as session:
        yield open_case_book(session, look_in)


def _requests(adding: Adding) -> list[ItemRequest]:
    if adding.search is None:
        return [checked(ItemRequest, hit=hit, note=adding.note) for hit in adding.hits]
    answer = _read_answer(adding.search)
    shown = {str(hit["track"]): hit for hit in answer["hits"]}
    requests = []
    for name in adding.hits or shown:
        track = "/".join(name.split("/")[:3])
        if track not in shown:
            raise NotFound(f"{name} is not in {adding.search}: name a track that the search found")
        hit = shown[track]
        requests.append(
            checked(
                ItemRequest,
                hit=name,
                note=adding.note,
                text=str(answer["query"])[:TEXT],
                score=hit["score"],
                probability=hit.get("probability"),
                evidence=hit.get("evidence", []),
                model=answer.get("model", {}).get("id"),
                voucher=hit.get("voucher"),
            )
        )
    return requests


def _read_answer(path: Path) -> dict[str, Any]:
    try:
        if str(path) == "-":
            text = sys.stdin.read(ANSWER_BYTES)
        else:
            with path.open(encoding="utf-8") as file:
                text = file.read(ANSWER_BYTES)
        answer: dict[str, Any] = json.loads(text)
        _ = answer["query"], [(hit["track"], hit["score"]) for hit in answer["hits"]]
    except OSError as error:
        raise ConfigError(f"cannot read {path} ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(f"{path} is no answer of 'descry search --json'") from error
    return answer


def _tell(case: CaseDetail, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(case.model_dump_json() + "\n")
        return
    sys.stdout.write(f"{case.id}  {case.status}  {printable(case.title)}\n")
    sys.stdout.write(f"opened {short_instant(case.created_at)} by {printable(case.created_by)}\n")
    if case.closed_at:
        by = printable(case.closed_by or "")
        sys.stdout.write(f"closed {short_instant(case.closed_at)} by {by}\n")
    for line in case.notes.splitlines():
        sys.stdout.write(f"  {printable(line)}\n")
    for item in case.items:
        sys.stdout.write(_line(item) + "\n")
        for line in item.note.splitlines():
            sys.stdout.write(f"      {printable(line)}\n")


def _line(item: ItemAnswer) -> str:
    hit = item.track if item.shot is None else f"{item.track}/{item.shot}"
    marks = f"  {marks_of(item.shown.evidence)}" if item.shown.evidence else ""
    held = "  held" if item.held else ""
    stated = "" if item.checked or item.shown.probability is None else " (stated, not checked)"
    return printable(
        f"{item.item:4d}  {hit}  {short_instant(item.first_seen_at)}  "
        f"{percent(item.shown.probability)}{stated}{marks}{held}"
    )


def _tell_pack(pack: PackAnswer, *, as_json: bool) -> None:
    for why in pack.missing:
        sys.stderr.write(f"! {printable(why)}\n")
    if as_json:
        sys.stdout.write(pack.model_dump_json() + "\n")
        return
    sys.stdout.write(
        f"{printable(str(pack.path))}: {pack.items} items in {pack.files} files, "
        f"{pack.bytes / 1e6:.1f} MB; others: {pack.blur} hidden; signed by {pack.public_key}\n"
    )
