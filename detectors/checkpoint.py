"""Looking through a `.pt` file before anything loads it.

ultralytics' safe load lets a checkpoint name classes from a list, and *call* them: building one
of its models from a web address downloads, so a file could reach the network without running code
of its own. A real checkpoint restores objects and calls none of these classes: we refuse those
that do.
"""

import hashlib
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any, Final, NoReturn

from detectors.errors import DetectorUnusable
from detectors.safetensors_weights import is_safetensors, read_packed

KNOWN: Final = ("torch.", "ultralytics.", "collections.OrderedDict", "numpy.", "pathlib.")
"""What a checkpoint may name; the load itself holds a narrower list."""

KNOWN_BUILTINS: Final = frozenset({"set", "getattr", "dict", "list", "tuple", "complex", "slice"})

CALLABLE_TORCH: Final = ("torch._utils._rebuild_", "torch.Size", "torch.device")
"""Of torch and ultralytics, a checkpoint calls what puts tensors together; classes are restored."""


def digest_of(weights: Path) -> str:
    """The SHA-256 of the file, in hex.

    Raises:
        DetectorUnusable: the file is missing or cannot be read.
    """
    if not weights.is_file():
        raise DetectorUnusable(f"no weights at {weights}: check the path, or pull them first")
    try:
        with weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DetectorUnusable(f"{weights} cannot be read: {error.strerror}") from error


# The structure of a large YOLO is about a megabyte; the weights lie beside it.
PICKLE_BYTES = 64_000_000


def check_checkpoint(weights: Path) -> None:
    """Refuse a file that is no checkpoint, or one that does more than restore.

    Raises:
        DetectorUnusable: the message names the file and what is wrong with it.
    """
    if is_safetensors(weights):
        read_packed(weights)
        return
    stream = _read_pickle(weights)
    reader = _DryReader(stream)
    try:
        reader.load()
    except (
        pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, LookupError,
        OverflowError, RecursionError, MemoryError,
    ) as error:  # fmt: skip
        raise DetectorUnusable(f"{weights} is a damaged checkpoint: copy it again") from error
    for name in sorted(reader.named):
        if not _may_be_named(name):
            _refuse(weights, f"names {name}")
    for name in sorted(reader.called):
        if not _may_be_called(name):
            _refuse(weights, f"calls {name}")


def _refuse(weights: Path, deed: str) -> NoReturn:
    raise DetectorUnusable(
        f"{weights} {deed}, which no detector checkpoint needs: use weights from a source you trust"
    )


def _read_pickle(weights: Path) -> bytes:
    """The pickled part of a checkpoint, which torch writes as a zip archive."""
    try:
        with zipfile.ZipFile(weights) as archive:
            # torch's own reader does not tell case apart, and would open another entry than we do.
            names = [name.casefold() for name in archive.namelist()]
            pickles = [e for e in archive.infolist() if e.filename.endswith("/data.pkl")]
            if len(pickles) == 1 and len(set(names)) == len(names):
                entry = pickles[0]
                if entry.compress_type == zipfile.ZIP_STORED and entry.file_size <= PICKLE_BYTES:
                    return archive.read(entry)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise DetectorUnusable(
            f"{weights} is no YOLO checkpoint, or only part of one: copy it again"
        ) from error
    raise DetectorUnusable(f"{weights} is no YOLO checkpoint: expected a .pt file of ultralytics")


def _may_be_named(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    if module in {"builtins", "__builtin__"}:
        return attribute in KNOWN_BUILTINS
    return name.startswith(KNOWN)


def _may_be_called(name: str) -> bool:
    return not name.startswith(("torch.", "ultralytics.")) or name.startswith(CALLABLE_TORCH)


class _Recorder(type):
    """Makes a class that notes that it was called, in place of doing anything."""

    name: str
    calls: set[str]

    def __call__(cls, *_args: object, **_kwargs: object) -> object:
        cls.calls.add(cls.name)
        return super().__call__()


class _Inert(metaclass=_Recorder):
    """Stands for whatever a pickle names, and takes all that a pickle does to objects."""

    name = ""
    calls: set[str] = set()  # noqa: RUF012  # each stand-in gets the reader's own

    def __new__(cls, *_args: object) -> "_Inert":
        return object.__new__(cls)

    def __setstate__(self, state: object) -> None: ...

    def __setitem__(self, key: object, value: object) -> None: ...

    def append(self, value: object) -> None: ...

    def extend(self, values: object) -> None: ...

    def add(self, value: object) -> None: ...


# In Python, not C: the C one makes room for whatever memo index a file claims, up to gigabytes.
class _DryReader(pickle._Unpickler):  # noqa: SLF001
    """Walks a pickle without importing, building or calling anything it names."""

    def __init__(self, stream: bytes) -> None:
        super().__init__(io.BytesIO(stream))
        self.named: set[str] = set()
        self.called: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        self.named.add(full)
        return _Recorder("_StandIn", (_Inert,), {"name": full, "calls": self.called})

    def persistent_load(self, _pid: object) -> object:
        return None
