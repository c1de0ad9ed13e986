"""Copies of the weights that come with Descry: known again under another name, or rewritten.

What a model learnt from, and what its scores mean, goes for every copy of its file.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from retrieval.gadms.origin import Origin
from retrieval.weights.bundle import copy_of
from retrieval.weights.intake import convert, description_in
from retrieval.weights.manifest import Entry, digest_of

#: What the name of a calibration ends in; no file of weights ends so, whatever it is called.
_CALIBRATION = ".calibration"

CarryCalibration = Callable[[Path, Path, str], None]
"""Writes the calibration of the first file to the second, for a model of that id."""


def copied_from(path: Path, models: Collection[Entry]) -> Entry | None:
    """The one of `models` whose weights `path` holds: its file, or what an import made of it.

    An import rewrites an encoder, and notes the digest of the file that it read.
    """
    if (same := copy_of(path, models)) is not None:
        return same
    source = description_in(path).get("source_sha256")
    return next((e for e in models if e.sha256 is not None and e.sha256 == source), None)


def origin_of(path: Path, models: Collection[Entry]) -> Origin | None:
    """What the encoder in `path` learnt from: as its file says, else as the model of `models`.

    Raises:
        WeightsUnusable: the file is no checkpoint.
    """
    # Imported late: it loads torch, which listing models must not wait for.
    from retrieval.gadms.checkpoint import origin_in

    if (said := origin_in(path)) is not None:
        return said
    copied = copied_from(path, models)
    return "synthetic" if copied is not None and copied.synthetic else None


def known_as(entry: Entry, copied: Entry) -> Entry:
    """`entry` with what is known of the model that it is a copy of."""
    return replace(
        entry, licence=copied.licence, synthetic=copied.synthetic, note=copied.note or entry.note
    )


def with_calibration(
    entry: Entry, original: Path, calibration: Path, folder: Path, carry: CarryCalibration
) -> Entry:
    """`entry`, an encoder, with the calibration of the one it is a copy of, if it still is one.

    A calibration goes with the very weights. A file may say that it was read from the same one and
    hold others, or be read with another number of heads; those are judged without it.

    Args:
        entry: with the digest of its file.
        original: the file of the model whose copy it is.
        calibration: that of the original.
        folder: where the file of the entry lies.
        carry: writes the one calibration as the other.

    Raises:
        OSError: it cannot be written.
        WeightsError: the original or its calibration is damaged.
    """
    again = folder / f".{entry.name}.again.safetensors"
    try:
        convert(original, again, None)
        if digest_of(again) != entry.sha256:
            return entry
    finally:
        again.unlink(missing_ok=True)
    own = folder / f"{entry.name}{_CALIBRATION}"
    carry(calibration, own, model_id(entry.name, str(entry.sha256)))
    own.chmod(0o600)
    return replace(entry, calibration=own.name, calibration_sha256=digest_of(own))


def model_id(name: str, sha256: str) -> str:
    """What vectors and calibrations say of the encoder that they belong to.

    >>> model_id("mine", "b365c16c5b3c593444600c67")
    'mine@b365c16c5b3c'
    """
    return f"{name}@{sha256[:12]}"
