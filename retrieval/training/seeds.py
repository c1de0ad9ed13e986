"""The seed of every random draw, so that a draw depends on what it is for and on nothing else.

A stream of random numbers gives each draw what those before it left over: another number of
processes, of loader workers, or a restart, and the training is another one. Here a draw is a
function of the plan's seed, the epoch and the sample, so all of these give the same training.
"""

import hashlib
import struct

#: No sample: for what is drawn once an epoch. Rows count from 0.
NO_ROW = -1


def draw_seed(seed: int, epoch: int, row: int, purpose: str) -> int:
    """The seed of one draw, 63 bits; the same on every machine and in every version.

    Args:
        seed: of the plan.
        epoch: from 1, or 0 for what is drawn before the first.
        row: of the sample in its table, or NO_ROW.
        purpose: what is drawn, such as "picture"; draws of two purposes are independent.

    Raises:
        ValueError: a number does not fit 64 bits.
    """
    try:
        numbers = struct.pack("<3q", seed, epoch, row)
    except struct.error as error:
        raise ValueError(f"seed {seed}, epoch {epoch} or row {row} is beyond 64 bits") from error
    digest = hashlib.blake2b(numbers + purpose.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
