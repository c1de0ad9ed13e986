"""Modules whose weights come from elsewhere: made at once, and nothing drawn to be overwritten."""

from collections.abc import Callable, Collection
from typing import Any, Final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

_FILLING: Final = frozenset(
    {
        *(Tensor.normal_, Tensor.uniform_, Tensor.fill_, Tensor.zero_, Tensor.triu_),
        *(torch.nn.init.normal_, torch.nn.init.uniform_, torch.nn.init.trunc_normal_),
        *(torch.nn.init.xavier_uniform_, torch.nn.init.xavier_normal_),
        *(torch.nn.init.kaiming_uniform_, torch.nn.init.kaiming_normal_),
        *(torch.nn.init.constant_, torch.nn.init.zeros_, torch.nn.init.ones_),
    }
)


class Unfilled(TorchFunctionMode):
    """Within, weights are allocated and never written: what nobody touches takes no memory.

    torch's meta device does the same, and imports torch's compiler for it, which takes longer
    than loading the weights does. What is made here holds anything at all until it is assigned.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Let what only fills a tensor return it as it is."""
        given = kwargs or {}
        if func in _FILLING:
            return args[0] if args else given["tensor"]
        return (torch.empty if func is torch.randn else func)(*args, **given)
