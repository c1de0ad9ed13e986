"""Builds what notes who asked what, for the query worker and for commands that have none."""

import os

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.config_sections import DAY_S
from pipeline.data_folder import DataFolder
from pipeline.reason_fields import Grounds
from pipeline.store.audit_log import AuditLog
from pipeline.workers.noted import Noting


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


def build_noting(settings: Settings, folder: DataFolder, grounds: Grounds) -> Noting:
    """What notes what a command does by itself, as the user of the machine that it runs as."""
    audit = open_audit(settings, folder, signs_each=True)  # it may end with each of them
    return Noting(audit, f"local:{os.getuid()}", grounds, settings.audit.reason_required)
