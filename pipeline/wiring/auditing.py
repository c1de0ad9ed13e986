"""Builds what notes who asked what, for the query worker and for commands that have none."""

import json
import logging
import os
from contextlib import suppress

from pipeline.audit_events import Event
from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.config_sections import DAY_S
from pipeline.data_folder import DataFolder
from pipeline.errors import AuditUnavailable
from pipeline.files import write_whole
from pipeline.reason_fields import Grounds
from pipeline.store.audit_files import files_in
from pipeline.store.audit_log import AuditLog
from pipeline.workers.noted import Noting

log = logging.getLogger(__name__)


def open_audit(settings: Settings, folder: DataFolder, *, signs_each: bool = False) -> AuditLog:
    """The audit of a data folder; its head is signed as the settings say, or behind each note."""
    days = settings.audit.keep_days
    return AuditLog(
        folder.path / "audit",
        folder.path / "signing.key",
        sign_every=settings.audit.sign_every,
        keep_s=None if days is None else days * DAY_S,
        now=SystemClock().now,
        logs=folder.logs,
        signs_each=signs_each,
    )


def note_settings(settings: Settings, folder: DataFolder, audit: AuditLog) -> None:
    """Note that the settings of the audit and of exports are others than at the last start.

    Where they cannot be noted now, they are at the next start.
    """
    told = {
        "audit": settings.audit.model_dump(mode="json"),
        "export": settings.export.model_dump(mode="json"),
    }
    file, before = folder.path / "audit" / "settings.json", None
    with suppress(OSError, ValueError):
        before = json.loads(file.read_text())
    if before == told:
        return
    try:
        if before is not None or files_in(folder.path / "audit"):
            asked = {"before": before or {}, "now": told}
            audit.note(Event(f"local:{os.getuid()}", "audit-settings", asked=asked, outcome="done"))
        write_whole(file, json.dumps(told, sort_keys=True))
    except (AuditUnavailable, OSError) as error:
        log.warning("that settings changed is not noted yet: %s", error)


def build_noting(settings: Settings, folder: DataFolder, grounds: Grounds) -> Noting:
    """What notes what a command does by itself, as the user of the machine that it runs as."""
    audit = open_audit(settings, folder, signs_each=True)  # it may end with each of them
    return Noting(audit, f"local:{os.getuid()}", grounds, settings.audit.reason_required)
