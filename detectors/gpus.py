"""What torch says of the machine's GPUs."""

import warnings
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gpus:
    """What torch finds.

    `cuda` is the CUDA version that torch was built for, None for a build without. `names` is
    empty where torch can use no GPU.
    """

    cuda: str | None
    names: tuple[str, ...] = ()


def find_gpus() -> Gpus:
    """The GPUs that torch can use now."""
    # Imported here: whoever asks for the type alone must not wait for torch.
    import torch

    with warnings.catch_warnings():
        # Of an old driver torch warns at length; whoever asks says so in one line.
        warnings.simplefilter("ignore")
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    names = tuple(torch.cuda.get_device_name(number) for number in range(count))
    return Gpus(cuda=torch.version.cuda, names=names)


def memory_of_gpus() -> list[tuple[str, int, int]]:
    """Name, free bytes and bytes in all of every GPU that torch can use now."""
    import torch

    return [
        (name, *torch.cuda.mem_get_info(number)) for number, name in enumerate(find_gpus().names)
    ]
