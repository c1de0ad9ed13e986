"""The folder of a run: its plan, its checkpoints, its best model, and one trainer at a time.

    plan.json                       what decides the result
    checkpoints/step-00001234/      one safetensors file a group, and state.json with digests
    checkpoints/step-00001234.old/  what a second saving of the same step replaces, for an instant
    best.safetensors                the best model so far, its values in the head of the file
    best.json                       those values, to be read by people
    .lock                           held by the trainer

Names that begin with a dot and end in `.part` are being written or thrown away.
"""

import fcntl
import json
import logging
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from retrieval.errors import PlanRefused, TrainingError
from retrieval.gadms.description import METADATA_KEY
from retrieval.training.checkpoints import Saved, read_checkpoint, write_checkpoint
from retrieval.training.durable import PART, flush_folder, write_tensors, write_whole
from retrieval.weights.download import disk_trouble

log = logging.getLogger(__name__)

_FINISHED = re.compile(r"step-(\d{8,})(\.old)?")
_BEST = "best"


@dataclass(frozen=True, slots=True)
class Best:
    """The best model so far."""

    step: int
    path: Path
    state: Mapping[str, Any]


class RunFolder:
    """Everything a run leaves on the disk. Killed at any instant, it goes on where it was saved.

    A checkpoint is written beside the others and renamed when all of it is on the disk; only
    then older ones go. So there is a whole one at any moment after the first.
    """

    def __init__(self, out: Path, *, keep: int = 2) -> None:
        """The run in `out`.

        Args:
            out: made when something is written.
            keep: newest checkpoints to keep, at least 1.
        """
        if keep < 1:
            raise ValueError(f"keep is {keep}: no checkpoint would be left")
        self.out, self.keep = out, keep
        self._checkpoints = out / "checkpoints"
        self._damaged: set[Path] = set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other trainer out of the folder; the system lets go if this one is killed.

        Raises:
            PlanRefused: another holds it.
            TrainingError: the folder cannot be made.
        """
        path = self.out / ".lock"
        with _told_in_words(path):
            self.out.mkdir(parents=True, exist_ok=True)
            lock = path.open("a")
        with lock:
            try:
                with _told_in_words(path):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PlanRefused(
                    f"another training is at work in {self.out}: wait for it, or give another out"
                ) from error
            yield

    def claim(self, deciding: Mapping[str, Any]) -> None:
        """Note what decides the result, or check that it is what the run was begun with.

        Args:
            deciding: plain values by name, such as `TrainingPlan.deciding` and a data digest.

        Raises:
            PlanRefused: the run was begun with something else; the message names it.
            TrainingError: the folder cannot be written.
        """
        path = self.out / "plan.json"
        wanted = json.loads(json.dumps(dict(deciding)))  # as a file gives it back
        try:
            begun = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            if self._found():
                raise PlanRefused(
                    f"{self.out} holds checkpoints but no plan.json: give another out"
                ) from None
            with _told_in_words(path):
                self.out.mkdir(parents=True, exist_ok=True)
                write_whole(path, json.dumps(wanted, indent=1, sort_keys=True))
            return
        except (OSError, ValueError) as error:
            raise PlanRefused(f"{path} cannot be read: give another out ({error})") from error
        if differing := _difference(begun, wanted):
            if isinstance(begun, dict) and not self._found():  # a first try that trained nothing
                log.info("%s: begun with another plan, but nothing was trained", self.out)
                with _told_in_words(path):
                    write_whole(path, json.dumps(wanted, indent=1, sort_keys=True))
                return
            raise PlanRefused(
                f"{self.out} holds a run with another plan ({differing}): "
                "give another out, or the plan it was begun with"
            )

    def save(
        self,
        step: int,
        tensors: Mapping[str, Mapping[str, Tensor]],
        state: Mapping[str, Any],
        said: Mapping[str, Any] | None = None,
    ) -> Path:
        """Write a checkpoint, then let the oldest go.

        Args:
            step: of the training, from 0; saved a second time, it replaces the first.
            tensors: by name within groups such as "model", "optimiser" and "scores".
            state: plain values that JSON holds exactly.
            said: what the heads of its files say of the model, for whoever takes one of them.

        Returns:
            The folder of the checkpoint.

        Raises:
            TrainingError: no room, or the disk fails; the older checkpoints stay.
        """
        final = self._checkpoints / f"step-{step:08}"
        part = self._checkpoints / f".{final.name}{PART}"
        try:
            with _told_in_words(final):
                self._checkpoints.mkdir(parents=True, exist_ok=True)
                flush_folder(self.out)
                self._sweep()
                head = {METADATA_KEY: json.dumps(said, sort_keys=True)} if said else None
                write_checkpoint(part, step, tensors, state, head)
                self._put(part, final)
                self._prune(final)
        except TrainingError:
            shutil.rmtree(part, ignore_errors=True)
            raise
        return final

    def latest(self) -> Saved | None:
        """The newest checkpoint that is whole; None if there is none.

        What is damaged is named in a warning and passed over; the next `save` removes it.
        """
        for path in self._found():
            try:
                return read_checkpoint(path)
            except ValueError as error:
                self._damaged.add(path)
                log.warning("checkpoint %s is passed over: %s", path, error)
            except OSError as error:  # it may be whole all the same: it stays
                log.warning("checkpoint %s is passed over, it cannot be read: %s", path, error)
        return None

    def save_best(
        self,
        step: int,
        tensors: Mapping[str, Tensor],
        state: Mapping[str, Any],
        said: Mapping[str, Any] | None = None,
    ) -> Path:
        """Replace the best model; a reader finds the old one or the new one.

        Args:
            step: it was trained for.
            tensors: of the model.
            state: plain values, such as what it was chosen by.
            said: what else the head of the file says of the model, beside step and state.

        Raises:
            TrainingError: no room, or the disk fails; the one before stays.
        """
        path = self.out / "best.safetensors"
        work = self.out / f".best{PART}"
        best = {"step": step, "state": dict(state)}
        # One text under one key: the order of several is not the same from run to run.
        head = json.dumps({**(said or {}), _BEST: best}, sort_keys=True, allow_nan=False)
        try:
            with _told_in_words(path):
                shutil.rmtree(work, ignore_errors=True)
                work.mkdir(parents=True)
                write_tensors(work / path.name, tensors, {METADATA_KEY: head})
                (work / path.name).replace(path)
                write_whole(self.out / "best.json", json.dumps(best, indent=1))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        return path

    def best(self) -> Best | None:
        """The best model so far; None if there is none, or it is damaged, which is warned of."""
        path = self.out / "best.safetensors"
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="pt", device="cpu") as file:
                said = json.loads((file.metadata() or {})[METADATA_KEY])[_BEST]
            return Best(int(said["step"]), path, dict(said["state"]))
        except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the best model %s is passed over: damaged (%s)", path, error)
            return None

    def _found(self) -> list[Path]:
        """The finished checkpoints, whole or damaged, the newest first."""
        paths = list(self._checkpoints.iterdir()) if self._checkpoints.is_dir() else []
        named = [(path, _FINISHED.fullmatch(path.name)) for path in paths]
        ranked = [
            (int(match[1]), match[2] is None, path) for path, match in named if match is not None
        ]
        return [path for _, _, path in sorted(ranked, reverse=True)]

    def _put(self, part: Path, final: Path) -> None:
        """Rename the finished `part`; what is there under its name is findable until then."""
        old = final.with_name(f"{final.name}.old")
        if final in self._damaged:
            self._discard(final)
        elif final.exists():
            self._discard(old)
            final.rename(old)
        part.rename(final)
        flush_folder(self._checkpoints)
        self._damaged.discard(final)
        self._discard(old)

    def _prune(self, newest: Path) -> None:
        whole = [path for path in self._found() if path not in self._damaged]
        kept = {newest, *whole[: self.keep]}
        for path in self._found():
            if path not in kept:
                self._discard(path)
        self._damaged.clear()

    def _sweep(self) -> None:
        for path in self._checkpoints.glob(f".*{PART}"):
            shutil.rmtree(path)

    def _discard(self, path: Path) -> None:
        """Remove a checkpoint; it is out of the list at once, so that none is found half gone."""
        trash = path.with_name(f".{path.name}.gone{PART}")
        with suppress(FileNotFoundError):
            path.rename(trash)
            shutil.rmtree(trash)


@contextmanager
def _told_in_words(path: Path) -> Iterator[None]:
    """Turn what the disk says of `path` into a line for people; a lock that is held passes."""
    try:
        yield
    except BlockingIOError:
        raise
    except OSError as error:
        raise TrainingError(disk_trouble(path, error)) from error


def _difference(begun: Any, wanted: Mapping[str, Any]) -> str:
    """What differs, in words; empty if nothing does."""
    if not isinstance(begun, dict):
        return "its plan.json is no plan"
    names = [
        name
        for name in sorted({*begun, *wanted})
        if name not in begun or name not in wanted or begun[name] != wanted[name]
    ]
    told = [f"{name} was {begun.get(name)}, now {wanted.get(name)}" for name in names[:3]]
    return "; ".join(told) + (f"; and {len(names) - 3} more" if len(names) > 3 else "")
