"""The parts of open_clip that Descry is built of, without the rest that importing it brings.

`import open_clip` also imports every kind of model that it can build: timm, transformers, and
torchvision with torch's compiler, which together take longer than all of torch. A worker that is
started again, and a search that starts one, would wait for them: seconds in which no camera is
searched. None of them has a part in a ViT of CLIP and its tokenizer.

Whoever imports `open_clip` later gets all of it, with the same classes as here.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Final

PACKAGE: Final = "open_clip"

_OPTIONAL: Final = ("timm", "transformers")
"""What open_clip does without where it is not installed."""

_REMEMBER_ABSENCE: Final = ("hf_model", "timm_model", "utils")
"""Those of its modules that bind what was kept from them."""


class _Unused:
    """In place of torchvision's `FrozenBatchNorm2d`, which residual networks use."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError("a ViT has no batch normalisation to freeze")


@contextmanager
def _alone() -> Iterator[None]:
    """Within, modules of open_clip import nothing but torch and one another.

    Does nothing where all of it, or torchvision, is imported already: then nothing is to be saved.
    """
    spec = find_spec(PACKAGE)
    if spec is None or PACKAGE in sys.modules or "torchvision" in sys.modules:
        yield
        return
    package = module_from_spec(spec)  # not executed: its submodules are found, its imports not made
    stand_ins: dict[str, ModuleType | None] = {PACKAGE: package}
    for name in ("torchvision", "torchvision.ops", "torchvision.ops.misc"):
        stand_ins[name] = ModuleType(name)
    vars(stand_ins["torchvision.ops.misc"])["FrozenBatchNorm2d"] = _Unused
    stand_ins |= dict.fromkeys(_OPTIONAL)  # None: not to be imported
    displaced = {name: sys.modules[name] for name in stand_ins if name in sys.modules}
    sys.modules |= stand_ins  # type: ignore[arg-type]  # None is what the import system asks for
    try:
        yield
    finally:
        left = [*stand_ins, *(f"{PACKAGE}.{name}" for name in _REMEMBER_ABSENCE)]
        for name in left:
            sys.modules.pop(name, None)
        sys.modules |= displaced


with _alone():
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg
    from open_clip.tokenizer import SimpleTokenizer
    from open_clip.transformer import QuickGELU, Transformer

__all__ = ["CLIP", "CLIPTextCfg", "CLIPVisionCfg", "QuickGELU", "SimpleTokenizer", "Transformer"]
