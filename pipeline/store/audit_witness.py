"""The last signed head once more, outside the audit: a chain without it was changed, or cut off.

audit-head.json              beside the key: the last head that was signed, and its signature
logs/audit-heads.log         each head in a line, as logs have it, for `audit verify`
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.errors import ConfigError
from pipeline.files import write_whole
from pipeline.store.audit_heads import FILE, Head, line_of, read_head
from pipeline.store.signing import SigningKey

LAST: Final = "audit-head.json"
LOG: Final = "audit-heads.log"

_LOG_BYTES: Final = 4 << 20
"""A log that is as large becomes `audit-heads.old.log`, in place of the one before."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a head is kept beside the audit.

    Attributes:
        last: the file of the last head.
        log: the log of all of them; None: there is none.
    """

    last: Path
    log: Path | None = None

    @classmethod
    def beside(cls, key: Path, logs: Path | None) -> "Witness":
        """Beside the file of the signing key, and in the folder of logs."""
        return cls(key.with_name(LAST), None if logs is None else logs / LOG)

    def read(self) -> Head | None:
        """The last head, which may have been changed; None where none is kept.

        Raises:
            ValueError: what is there is no head.
            OSError: it cannot be read.
        """
        try:
            content = self.last.read_bytes()
        except FileNotFoundError:
            return None
        head = read_head(content)
        if head is None:
            raise ValueError(f"{self.last} holds no head")
        return head

    def keep(self, head: Head) -> None:
        """Keep a head that was signed, and log it.

        Raises:
            OSError: it cannot be.
        """
        write_whole(self.last, line_of(head))
        if self.log is None:
            return
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        line = f"{head.at} {words_of(head)}\n".encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        descriptor = os.open(self.log, flags, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)


def words_of(head: Head) -> str:
    """What logs say of a head; `audit_check.LOGGED` reads it."""
    return f"audit: {head.count} entries, head {head.hash}"


def key_of(file: Path, audit: Path) -> SigningKey:
    """The installation's key, made at first use, and never again once something was signed.

    Args:
        file: where the key is.
        audit: the folder of the audit.

    Raises:
        ConfigError: it is gone.
        ValueError: the file holds something else.
        OSError: it cannot be made or read.
    """
    if (
        any(signed.exists() for signed in (file.with_name(LAST), audit / FILE))
        and not file.exists()
    ):
        raise ConfigError(
            f"{file} is gone, and the heads of the audit are signed with it: put it back from a "
            "backup; where there is none, see 'The audit' in the runbook"
        )
    return SigningKey.of(file)
