"""The installation's signing key, and what it says that it is."""

from importlib.metadata import PackageNotFoundError, version

from pipeline.config import Settings
from pipeline.errors import ConfigError, StoreFull
from pipeline.store.audit_witness import key_of
from pipeline.store.signing import SigningKey
from pipeline.wiring.stores import open_folder


def signing_key(settings: Settings) -> SigningKey:
    """The key of the data folder, made at first use.

    Raises:
        ConfigError: its file is gone, or holds something else.
        StoreFull: it cannot be read or written.
    """
    folder = open_folder(settings).path
    file = folder / "signing.key"
    try:
        return key_of(file, folder / "audit")
    except ValueError as error:
        raise ConfigError(
            f"{error}: put the right file back; without it nothing signed before is shown to be "
            "of this installation"
        ) from error
    except OSError as error:
        raise StoreFull(f"{file} cannot be used ({error.strerror})") from error


def software() -> str:
    """Name and version, for what is signed.

    >>> software().split()[0]
    'Descry'
    """
    try:
        return f"Descry {version('descry')}"
    except PackageNotFoundError:
        return "Descry, from its source"
