"""The only runner of the towers: batches, precision, and vectors of length 1."""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from detectors.types import Image
from retrieval.errors import WeightsUnknown, WeightsUnusable
from retrieval.gadms.checkpoint import read_checkpoint
from retrieval.gadms.configuration import PRESETS, GadmsConfig
from retrieval.gadms.towers import DualEncoder, draw_weights, towers_from
from retrieval.preprocess import prepare_pictures
from retrieval.relevance import Relevance, relevance_of
from retrieval.tokenizer import tokenize
from retrieval.types import Vectors
from retrieval.weights.copies import model_id
from retrieval.weights.library import ModelLibrary
from retrieval.weights.manifest import UNTRAINED, digest_of

log = logging.getLogger(__name__)

Precision = Literal["auto", "fp32", "fp16", "bf16"]
#: What autocast computes in; a precision that is not here needs none.
AUTOCAST_OF = {"fp16": torch.float16, "bf16": torch.bfloat16}


class Towers(Protocol):
    """What the encoder runs: features as projected, not yet of length 1."""

    @property
    def config(self) -> GadmsConfig:
        """The shape of the input and of the features."""
        ...

    def encode_image(self, images: Tensor) -> Tensor:
        """(B, D) features of (B, 3, height, width)."""
        ...

    def encode_text(self, ids: Tensor) -> Tensor:
        """(B, D) features of (B, 77) ids."""
        ...


class GadmsEncoder:
    """Pictures of people and sentences as vectors of length 1, in batches of at most `batch`.

    A batch that does not fit the memory of the GPU is halved, for good, and tried again: other
    programs on the card must slow the encoder, not stop it.
    """

    def __init__(
        self,
        model: Towers,
        *,
        name: str,
        digest: str,
        is_trained: bool,
        device: str = "cpu",
        precision: Precision = "auto",
        batch: int = 32,
    ) -> None:
        """`model` already lives on `device`; `digest` tells its weights from all others."""
        if batch < 1:
            raise ValueError(f"batch is {batch}, not at least 1")
        self._model = model
        self._model_id = model_id(name, digest)
        self._is_trained = is_trained
        self._device = torch.device(device)
        self._dtype = AUTOCAST_OF.get(precision_on(self._device, precision))
        self._batch = batch
        if self._dtype is None and self._device.type == "cuda":
            torch.backends.cudnn.allow_tf32 = False  # fp32 means it: no ten bits in convolutions

    @property
    def model_id(self) -> str:
        """Name and digest of the weights: vectors of different ids never mix."""
        return self._model_id

    @property
    def is_trained(self) -> bool:
        """Whether its ranking means anything."""
        return self._is_trained

    @property
    def dimension(self) -> int:
        """D, the length of a vector."""
        return self._model.config.embed_dim

    @property
    def batch(self) -> int:
        """The most that is encoded at once, as far as memory is known to allow."""
        return self._batch

    def encode_images(self, pictures: Sequence[Image]) -> Vectors:
        """(N, D) float32 of length 1, in the order of `pictures` (RGB, any size).

        Raises:
            ValueError: a picture is empty or not (H, W, 3) uint8.
        """
        height, width = self._model.config.image_height, self._model.config.image_width
        return self._in_batches(
            len(pictures),
            lambda part: prepare_pictures(pictures[part], height=height, width=width),
            self._model.encode_image,
        )

    def encode_prepared(self, prepared: NDArray[np.float32]) -> Vectors:
        """(N, D) of what `prepare_pictures` gave: (N, 3, height, width)."""
        return self._in_batches(
            len(prepared), lambda part: prepared[part], self._model.encode_image
        )

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """(N, D) float32 of length 1, in the order of `texts`; past 77 tokens is not read."""
        return self._in_batches(
            len(texts), lambda part: tokenize(texts[part]), self._model.encode_text
        )

    def explain(self, pictures: Sequence[Image], texts: Sequence[str]) -> list[Relevance]:
        """Which words and which parts of the picture support each of N matches, in order.

        Raises:
            ValueError: not as many sentences as pictures, or a picture that cannot be encoded.
            WeightsUnusable: the model is not made of towers that can be looked into.
        """
        if not isinstance(self._model, DualEncoder):
            raise WeightsUnusable(f"model {self._model_id} gives no reasons for its scores")
        return relevance_of(self._model, pictures, texts, batch=max(1, self._batch // 2))

    def _in_batches(
        self,
        count: int,
        prepare: Callable[[slice], NDArray[np.float32] | NDArray[np.int64]],
        run: Callable[[Tensor], Tensor],
    ) -> Vectors:
        vectors = np.empty((count, self.dimension), np.float32)
        start = 0
        while start < count:
            part = slice(start, start + self._batch)
            try:
                vectors[part] = self._run(prepare(part), run)
            except torch.OutOfMemoryError:
                if self._batch == 1:
                    raise
                self._batch //= 2
                log.warning("encoder: out of GPU memory, going on in batches of %d", self._batch)
                torch.cuda.empty_cache()
                continue
            start = part.stop
        return vectors

    def _run(
        self, values: NDArray[np.float32] | NDArray[np.int64], run: Callable[[Tensor], Tensor]
    ) -> Vectors:
        with torch.inference_mode(), self._autocast():
            features = run(torch.from_numpy(values).to(self._device)).float()
            unit: Vectors = functional.normalize(features, dim=-1).cpu().numpy()
        if not np.isfinite(unit).all():
            raise WeightsUnusable(
                f"model {self._model_id} gave values that are no numbers; set precision to fp32"
            )
        return unit

    def _autocast(self) -> AbstractContextManager[object]:
        if self._dtype is None:
            return nullcontext()
        return torch.autocast(self._device.type, self._dtype)


def load_encoder(
    path: Path,
    *,
    name: str,
    digest: str | None = None,
    device: str | None = None,
    precision: Precision = "auto",
    batch: int = 32,
    text_heads: int | None = None,
) -> GadmsEncoder:
    """An encoder with the weights in `path`.

    Args:
        path: any checkpoint that `read_checkpoint` reads.
        name: what people call it.
        digest: SHA-256 of the file where it is known; None reads the file once more.
        device: `cpu`, `cuda`, `cuda:1`; None or `auto` for the GPU where there is one.
        precision: `auto` is fp32 on a CPU, else bf16 where the GPU has it, else fp16.
        batch: the most to encode at once.
        text_heads: see `read_checkpoint`.

    Raises:
        WeightsUnusable: the file, or there is no such device.
    """
    where = _device(name, device)
    checkpoint = read_checkpoint(path, text_heads=text_heads)
    log.info("encoder %s: on %s", name, where)
    return GadmsEncoder(
        towers_from(checkpoint.config, checkpoint.tensors).to(where),
        name=name,
        digest=digest or digest_of(path),
        is_trained=True,
        device=where,
        precision=precision,
        batch=batch,
    )


def untrained_encoder(
    config_name: str,
    seed: int = 0,
    *,
    device: str | None = None,
    precision: Precision = "auto",
    batch: int = 32,
) -> GadmsEncoder:
    """An encoder that has learnt nothing: its ranking is noise, the same on every machine.

    Raises:
        WeightsUnknown: no preset of that name.
    """
    if config_name not in PRESETS:
        raise WeightsUnknown(
            f"no model configuration {config_name!r}; there are {', '.join(PRESETS)}"
        )
    config = PRESETS[config_name]
    name = f"{UNTRAINED}{config_name}"
    where = _device(name, device)
    log.info("encoder %s: on %s", name, where)
    recipe = json.dumps(["drawn-1", config.to_mapping(), seed], sort_keys=True)
    return GadmsEncoder(
        towers_from(config, draw_weights(config, seed)).to(where),
        name=name,
        digest=hashlib.sha256(recipe.encode()).hexdigest(),
        is_trained=False,
        device=where,
        precision=precision,
        batch=batch,
    )


def load_encoder_named(
    library: ModelLibrary,
    name: str,
    *,
    device: str | None = None,
    precision: Precision = "auto",
    batch: int = 32,
) -> GadmsEncoder:
    """The encoder that the library knows as `name`; untrained ones by their name only.

    Raises:
        WeightsUnknown: no model of that name.
        WeightsUnusable: not installed, no encoder, or damaged.
    """
    entry = library.find(name)
    if entry.kind != "encoder":
        raise WeightsUnusable(f"model {name!r} is a {entry.kind}, not an encoder; name another")
    if name.startswith(UNTRAINED):
        return untrained_encoder(
            name.removeprefix(UNTRAINED), device=device, precision=precision, batch=batch
        )
    return load_encoder(
        library.path_of(name), name=name, device=device, precision=precision, batch=batch
    )


def _device(name: str, wanted: str | None) -> str:
    has_gpu = torch.cuda.is_available()
    if wanted is None or wanted == "auto":
        return "cuda" if has_gpu else "cpu"
    if wanted.startswith("cuda") and not has_gpu:
        raise WeightsUnusable(
            f"model {name!r} cannot run on {wanted!r}: no CUDA device is visible; use 'cpu'"
        )
    return wanted


def precision_on(device: torch.device, wanted: Precision) -> Precision:
    """What `auto` means on `device`: bf16 where a GPU has it, fp16 on others, fp32 on a CPU."""
    if wanted != "auto":
        return wanted
    if device.type != "cuda":
        return "fp32"  # half precision is several times slower on most CPUs
    return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
