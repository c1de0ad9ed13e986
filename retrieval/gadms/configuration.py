"""The shape of a model: everything needed to build its towers and its training heads."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class GadmsConfig:
    """Widths, depths and head counts of towers and heads; the defaults are ViT-B/16 on people.

    Head counts are settings of their own: weights of any head count have the same shapes,
    so nothing else would notice a wrong one.
    """

    vision_width: int = 768
    vision_layers: int = 12
    vision_head_width: int = 64  # the image tower's head count follows: width / head width
    text_width: int = 512
    text_heads: int = 8
    text_layers: int = 12
    embed_dim: int = 512  # D, what both towers project to
    patch_size: int = 16  # also the stride: patches do not overlap
    image_height: int = 384
    image_width: int = 128
    context_length: int = 77
    vocab_size: int = 49408
    cross_heads: int = 8  # of the cross attention and of the blocks after it; both are D wide
    cross_layers: int = 4
    score_layers: int = 8  # text blocks, counted from the last, that the gradient score runs again

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{field.name} is {value!r}, not a whole number from 1")
        for part, whole in (
            ("vision_head_width", "vision_width"),
            ("text_heads", "text_width"),
            ("cross_heads", "embed_dim"),
            ("patch_size", "image_height"),
            ("patch_size", "image_width"),
        ):
            if getattr(self, whole) % getattr(self, part):
                raise ValueError(
                    f"{whole} {getattr(self, whole)} is no multiple of {part} {getattr(self, part)}"
                )

    @property
    def score_blocks(self) -> int:
        """How many text blocks the score runs again: all of a tower that has fewer."""
        return min(self.score_layers, self.text_layers)

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return self.image_height // self.patch_size, self.image_width // self.patch_size

    @property
    def image_tokens(self) -> int:
        """How many tokens a picture becomes, the class token included."""
        rows, columns = self.grid
        return rows * columns + 1

    def to_mapping(self) -> dict[str, int]:
        """Plain values, for a file."""
        return asdict(self)

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> "GadmsConfig":
        """Read back what `to_mapping` wrote; what is missing keeps its default.

        Raises:
            ValueError: an unknown name, or a value that makes no sense.
        """
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ValueError(f"unknown configuration entry {unknown[0]!r}")
        return cls(**{name: _whole(name, value) for name, value in values.items()})


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{name} is {value!r}, not a whole number")  # noqa: TRY004 - a bad file
    return value


PRESETS: Mapping[str, GadmsConfig] = MappingProxyType(
    {
        "vit-b16": GadmsConfig(),
        # About a sixteenth of the work of vit-b16 for a picture: for machines without a GPU.
        "small": GadmsConfig(
            vision_width=256, vision_layers=6, text_width=256, text_heads=4, text_layers=6,
            embed_dim=256, cross_heads=4, score_layers=4,
        ),
        # The bundled model of the synthetic street: trains on two cores in an hour.
        "street": GadmsConfig(
            vision_width=192, vision_layers=6, text_width=128, text_heads=4, text_layers=4,
            embed_dim=128, image_height=192, image_width=64, cross_heads=4, cross_layers=1,
            score_layers=4,
        ),
        # For studies of many short trainings on two cores.
        "thumbnail": GadmsConfig(
            vision_width=96, vision_layers=4, vision_head_width=32, text_width=64, text_heads=2,
            text_layers=3, embed_dim=64, patch_size=8, image_height=96, image_width=32,
            cross_heads=2, cross_layers=1, score_layers=3,
        ),
        # For tests: everything structural, in milliseconds.
        "tiny": GadmsConfig(
            vision_width=32, vision_layers=2, vision_head_width=16, text_width=32, text_heads=2,
            text_layers=2, embed_dim=32, patch_size=32, cross_heads=4, cross_layers=1,
            score_layers=1,
        ),
        # The recorded reference run; all widths and head counts differ, so none can be mixed up.
        "parity": GadmsConfig(
            vision_width=128, vision_layers=4, text_width=48, text_heads=3, text_layers=12,
            embed_dim=64, cross_heads=4,
        ),
    }
)  # fmt: skip
