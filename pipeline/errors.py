"""Everything the pipeline raises on purpose, and the exit code each leads to.

DescryError                     exit code
    ConfigError                     2   the settings or flags do not make sense
    NotFound                        2   an unknown camera, collection, run or track
    FolderInUse                     2   another process owns the data folder
    FolderTooNew                    2   the data folder was written by a newer version
    SourceError                         a camera or file gave no frames
        SourceUnreachable           3   nobody answered; worth trying again
        SourceRefused               3   wrong credentials, not a stream; trying again is no use
        SourceUnreadable            1   a file that is missing, empty, damaged or no video
            NotVideo                1   a file of another kind: in a folder it is passed over
    StoreUnavailable                3   Redis did not answer in time
    StoreFull                       1   no room left for pictures, or for an index beside the old
    OtherModel                      2   vectors of a model that is not in use
    ReindexFailed                   1   the change of model came to nothing; the old one is in use
    VideoGone                       1   the video of a hit is kept nowhere, or not any more
    AuditUnavailable                1   what was asked cannot be noted, so it is not done
    AuditBroken                     5   the audit is not as it was written
    ReasonRequired                  2   nothing is shown without a reason here, and none was given
    ServiceUnavailable              3   the query worker did not answer
    ErasureIncomplete               4   something of an erased track is left somewhere
    SignInRefused                   2   no user of that name has that password
    Forbidden                       2   a role that may not, or a password to be changed first
    SetupNeeded                     2   nobody has set the administrator's password yet
    TooManyAttempts                 3   too many wrong passwords, or requests: later again
    TooManyOpen                     3   one caller has as many of these open as may be
    EvidenceChanged                 5   an evidence pack or certificate is not as it was signed
    WireError                       1   a message that cannot be read: damaged or of another version
"""

import math
from typing import ClassVar


class DescryError(Exception):
    """The base of what the pipeline raises on purpose; the message is one line for a person."""

    exit_code: ClassVar[int] = 1


class ConfigError(DescryError):
    """The settings or flags do not make sense."""

    exit_code = 2


class VoucherRefused(ConfigError):
    """What a hit was shown as is not what this installation answered."""


class NotFound(DescryError):
    """No camera, collection, run or track of that name."""

    exit_code = 2


class FolderInUse(DescryError):
    """Another process owns the data folder."""

    exit_code = 2


class FolderTooNew(DescryError):
    """The data folder was written by a newer version than the one that wants to open it."""

    exit_code = 2


class SourceError(DescryError):
    """A camera or file gave no frames."""


class SourceUnreachable(SourceError):
    """Nobody answered, or the stream broke; trying again may help."""

    exit_code = 3


class SourceRefused(SourceError):
    """The camera turned us away; a person must act."""

    exit_code = 3


class SourceUnreadable(SourceError):
    """A file that is missing, empty, damaged, or no video."""


class NotVideo(SourceUnreadable):
    """A file of another kind, a picture or a text; in a folder it is passed over."""


class StoreUnavailable(DescryError):
    """Redis did not answer in time; the caller waits and tries again."""

    exit_code = 3


class Busy(DescryError):
    """As much of this is being done as can be at once; the caller tries again."""

    exit_code = 3


class SignInRefused(DescryError):
    """No user of that name has that password."""

    exit_code = 2


class Forbidden(DescryError):
    """Who asks is known, and may not."""

    exit_code = 2


class SetupNeeded(Forbidden):
    """Nobody has set the administrator's password yet."""


class TooManyAttempts(DescryError):
    """Too many wrong passwords; `wait_s` seconds, then again."""

    exit_code = 3

    def __init__(self, wait_s: float) -> None:
        """Say how long to wait."""
        self.wait_s = max(1, math.ceil(wait_s))
        super().__init__(f"too many attempts: try again in {self.wait_s} s")


class TooManyOpen(DescryError):
    """One caller has as many of these open as one may have; they close some, or wait."""

    exit_code = 3


class UnwritableClip(ConfigError):
    """The file that a clip was to be written to cannot be."""


class StoreFull(DescryError):
    """No room left on the disk that holds pictures."""


class OtherModel(ConfigError):
    """Vectors of a model that is not the one in use; the catcher loads the one that is."""


class ReindexFailed(DescryError):
    """The change of model came to nothing; the old one is in use as before."""


class VideoGone(DescryError):
    """The video of a hit is kept nowhere, or not any more."""


class AuditUnavailable(DescryError):
    """What was asked cannot be noted in the audit: it is not done, and nothing is shown."""


class AuditBroken(DescryError):
    """An entry of the audit was changed, removed, moved or put in, or its end was cut off."""

    exit_code = 5


class ReasonRequired(ConfigError):
    """A search, a clip or an export needs a reason here (`audit.reason_required`)."""


class ServiceUnavailable(DescryError):
    """The query worker did not answer."""

    exit_code = 3


class ErasureIncomplete(DescryError):
    """Something of an erased track is left, in a place that the message names."""

    exit_code = 4


class EvidenceChanged(DescryError):
    """An evidence pack or a certificate is not as it was signed, or signed by somebody else."""

    exit_code = 5


class WireError(DescryError):
    """A message that cannot be read: damaged, or written by another version."""
