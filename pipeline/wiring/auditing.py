"""Builds what notes who asked what, for the query worker and for commands that have none."""

import os

from pipeline.clock import SystemClock
from pipeline.config import Settings
from pipeline.config_sections import DAY_S
from pipeline.data_folder import DataFolder
from pipeline.reason_fields import Grounds
from pipeline.store.audit_log import AuditLog
from pipeline.workers.audit_checking import AuditChecking
from pipeline.workers.noted import Noting


def open_audit(
    settings: Settings, folder: DataFolder, *, sign_every: int | None = None
) -> AuditLog:
    """The audit of a data folder; its head is signed as the settings say, or as often as asked."""
    days = settings.audit.keep_days
    return AuditLog(
        folder.path / "audit",
        folder.path / "signing.key",
        sign_every=sign_every or settings.audit.sign_every,
        keep_s=None if days is None else days * DAY_S,
        now=SystemClock().now,
    )


def build_audit_checking(folder: DataFolder) -> AuditChecking:
    """What tells over HTTP whether the audit of a data folder is as it was written."""
    path = folder.path
    return AuditChecking(path / "audit", path / "signing.key", folder.logs, SystemClock())


def build_noting(settings: Settings, folder: DataFolder, grounds: Grounds) -> Noting:
    """What notes what a command does by itself, as the user of the machine that it runs as."""
    audit = open_audit(settings, folder, sign_every=1)  # it may end with each of them
    return Noting(audit, f"local:{os.getuid()}", grounds, settings.audit.reason_required)
