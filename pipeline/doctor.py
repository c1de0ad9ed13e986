"""Looks the machine over, and names the next step for whatever is amiss.

Nothing here loads torch or talks to Redis itself: what only the heavy parts know comes in as
`Questions`, which the wiring supplies.
"""

import importlib
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from detectors.errors import DetectorError
from detectors.gpus import Gpus
from pipeline.doctor_machine import Check, check_data_dir, check_redis_server
from pipeline.errors import ConfigError, DescryError
from retrieval.errors import RetrievalError

_OLDEST_PYTHON = (3, 11)
# The CUDA that torch is built for, and the oldest driver that runs it (NVIDIA's R numbers).
_OLDEST_DRIVER = {"12": 525, "13": 580}
# What to do when an answer does not say so itself.
_NEXT = {
    "redis connection": "start it, or mend redis.url, redis.username and redis.password",
    "mqtt broker": "start it, or mend mqtt.url, mqtt.username and mqtt.password; see mqtt.md",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What of the settings the doctor looks at."""

    data_dir: Path
    has_own_redis: bool
    cameras: Sequence[str]


@dataclass(frozen=True, slots=True)
class Questions:
    """What only the heavy parts can answer; each may raise one of our errors.

    `gpus` asks torch. `redis` greets the configured server and gives its version; `broker`
    likewise, None without one. `detector`
    and `encoder` say in a few words which model would be used, or raise.
    """

    gpus: Callable[[], Gpus]
    redis: Callable[[], str]
    broker: Callable[[], str] | None
    detector: Callable[[], str]
    encoder: Callable[[], str]


def examine(
    settings: Subject | ConfigError,
    questions: Questions,
    *,
    driver: Callable[[], str | None],
) -> list[Check]:
    """Everything that can be told without starting anything.

    Args:
        settings: what they say, or why they cannot be read; the rest is looked at anyway.
        questions: what the heavy parts know.
        driver: the version of the NVIDIA driver, None without one.
    """
    checks = [_python(), _settings(settings), _opencv(), *_packages()]
    checks += _gpu(questions.gpus, driver())
    checks.append(_faiss())
    if isinstance(settings, ConfigError):
        checks.append(check_redis_server(is_needed=False))
        return checks
    checks.append(check_redis_server(is_needed=settings.has_own_redis))
    if not settings.has_own_redis:
        checks.append(_ask("redis connection", questions.redis))
    if questions.broker is not None:
        checks.append(_ask("mqtt broker", questions.broker))
    checks += check_data_dir(settings.data_dir)
    checks.append(_ask("detector", questions.detector))
    checks.append(_ask("encoder", questions.encoder))
    checks.append(_cameras(settings.cameras))
    return checks


def is_well(checks: Sequence[Check]) -> bool:
    """Whether nothing failed; a warning is no failure."""
    return all(check.ok is not False for check in checks)


def to_json(checks: Sequence[Check]) -> dict[str, Any]:
    """One object for programs."""
    return {"ok": is_well(checks), "checks": [asdict(check) for check in checks]}


def _python() -> Check:
    found = platform.python_version()
    ok = sys.version_info >= _OLDEST_PYTHON
    wanted = ".".join(str(part) for part in _OLDEST_PYTHON)
    return Check("python", ok, found, "" if ok else f"install Python {wanted} or newer")


def _settings(settings: Subject | ConfigError) -> Check:
    if isinstance(settings, ConfigError):
        return Check("settings", False, str(settings), "mend it, then: descry config check")
    return Check("settings", True, "all well")


def _opencv() -> Check:
    """Load it: on a bare system it lacks libraries that pip cannot bring."""
    try:
        opencv = importlib.import_module("cv2")
    except ImportError as error:
        detail = f"cannot be loaded: {error}"
        return Check("opencv", False, detail, "apt-get install libgl1 libglib2.0-0")
    return Check("opencv", True, str(opencv.__version__))


def _packages() -> Iterator[Check]:
    for name in ("torch", "ultralytics", "open_clip_torch", "av", "redis"):
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            yield Check(name, False, "not installed", "install Descry again: make install")


def _gpu(ask: Callable[[], Gpus], driver: str | None) -> list[Check]:
    """A machine without a GPU is fine; one whose GPU lies idle is told why."""
    try:
        gpus = ask()
    except (ImportError, OSError, RuntimeError) as error:
        remedy = "install Descry again: make install"
        return [Check("gpu", False, f"torch cannot be loaded: {error}", remedy)]
    if gpus.names:
        names = ", ".join(gpus.names)
        return [Check("gpu", True, f"{names} (CUDA {gpus.cuda}, driver {driver or 'unknown'})")]
    if driver is None:
        return [Check("gpu", None, "none: everything runs on the CPU, slower")]
    if gpus.cuda is None:
        detail = f"driver {driver} is here, but torch was built without CUDA"
        return [Check("gpu", None, detail, "install torch from PyPI, which comes with CUDA")]
    oldest = _OLDEST_DRIVER.get(gpus.cuda.split(".")[0])
    if oldest and int(driver.split(".")[0]) < oldest:
        detail = f"driver {driver} is too old for torch's CUDA {gpus.cuda}; the CPU does the work"
        return [Check("gpu", None, detail, f"install NVIDIA driver R{oldest} or newer")]
    detail = f"driver {driver} is here, but torch finds no GPU; the CPU does the work"
    return [Check("gpu", None, detail, "see nvidia-smi; a container needs --gpus all")]


def _faiss() -> Check:
    try:
        faiss = importlib.import_module("faiss")
    except ImportError as error:
        return Check("faiss", False, f"cannot be loaded: {error}", "install Descry again")
    # The CPU-only package has no such function.
    count = faiss.get_num_gpus() if hasattr(faiss, "get_num_gpus") else 0
    return Check("faiss", True, f"{faiss.__version__}, {count} GPUs")


def _ask(name: str, ask: Callable[[], str]) -> Check:
    """Weights that are not here yet are a step to take, not a fault of the machine."""
    try:
        return Check(name, True, ask())
    except RetrievalError as error:
        return Check(name, None, str(error), _NEXT.get(name, ""))
    except (DescryError, DetectorError, OSError) as error:
        return Check(name, False, str(error), _NEXT.get(name, ""))


def _cameras(cameras: Sequence[str]) -> Check:
    if not cameras:
        remedy = "list some under cameras: in the settings, or use descry replay"
        return Check("cameras", None, "none in the settings", remedy)
    return Check("cameras", True, f"{len(cameras)}: {', '.join(cameras)}")
