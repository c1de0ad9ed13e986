"""What a shot takes on disk: its picture, its message, and what an index has of it."""

from typing import Final

from pipeline.store.stream_scan import Message

BLOCK: Final = 4096
"""Files take whole blocks, of so many bytes with every usual file system."""

INDEX_ROW: Final = 512
"""More than a sealed segment of 1,000 shots has of each beside its vector and the code of that."""


def bytes_of(message: Message) -> int:
    """What the log, and at most an index, have of a message."""
    return message.log_bytes + 2 * message.vector_bytes + INDEX_ROW


def blocks_of(size: int) -> int:
    """Bytes of whole blocks, for a file of `size`.

    >>> blocks_of(1)
    4096
    """
    return -(-size // BLOCK) * BLOCK
