"""Packets of drawn clips, as a camera would send them: for the ring of recent video."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from pipeline.packets import KeptPacket
from pipeline.store.segment_file import remember
from tests.drawn_clips import draw_clip, even


def encode(path: Path, codec: str, *, frames: int = 64, group: int = 8) -> Path:
    """A drawn clip in any of the codecs that cameras send; one key frame in `group`."""
    if codec == "mjpeg":
        return _encode_mjpeg(path.with_suffix(".mkv"), frames)
    options = {
        "libx264": {"g": str(group), "bf": "0", "sc_threshold": "0"},
        "libx264-b": {"g": str(group), "bf": "2", "sc_threshold": "0"},
        "libx265": {"x265-params": f"log-level=none:keyint={group}:min-keyint={group}"},
    }[codec]
    name = codec.removesuffix("-b")
    return draw_clip(path.with_suffix(".mp4"), even(frames), codec=name, options=options)


def _encode_mjpeg(path: Path, frames: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number in range(frames):
            image = np.full((48, 64, 3), number % 32 * 8, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


class Camera:
    """A camera's stream without the network: what it says of itself, and packets for ever."""

    def __init__(self, clip: Path) -> None:
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            self.known = remember(stream)
            packets = [p for p in container.demux(stream) if p.size]
            self._packets = [
                (bytes(p), float(p.pts * p.time_base), float(p.dts * p.time_base), p.is_keyframe)
                for p in packets
            ]
        self.length_s = len(self._packets) / 25
        #: How long before its time a picture may be sent: a file's first is sent when it is shown.
        self.ahead_s = max(shown_s - max(sent_s, 0.0) for _, shown_s, sent_s, _ in self._packets)

    def packets(self, began_at: float) -> Iterator[KeptPacket]:
        """Packets that arrive when they can be sent; the clip begins anew with a key frame."""
        lap = 0
        while True:
            for data, shown_s, sent_s, is_key in self._packets:
                shown, sent = shown_s + lap * self.length_s, sent_s + lap * self.length_s
                yield KeptPacket(data, shown, is_key, began_at + max(sent, 0.0))
            lap += 1
