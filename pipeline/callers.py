"""Who asks: a person, a program with a token, or whoever is logged in on the machine itself."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each may what the ones before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"

    def includes(self, needed: "Role") -> bool:
        """Whether who has this role may do what `needed` may.

        >>> Role.OPERATOR.includes(Role.VIEWER), Role.OPERATOR.includes(Role.ADMINISTRATOR)
        (True, False)
        """
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whose request was let in.

    Attributes:
        name: as it stands in the audit: `anna`, `token:parking-desk`, `local:1000`.
        role: what they may do.
        cameras: the cameras they may see; None for all.
    """

    name: str
    role: Role
    cameras: frozenset[str] | None = None

    def may_see(self, camera: str) -> bool:
        """Whether what `camera` saw may be shown to them."""
        return self.cameras is None or camera in self.cameras


#: Whoever can read the token file of the data folder can read the folder.
FOLDER_HOLDER = Caller("data-folder", Role.ADMINISTRATOR)
