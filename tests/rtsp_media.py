"""A video file as the RTSP server sends it: NAL units, RTP packets, SDP."""

import base64
import random
import secrets
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

# Fits an Ethernet frame with every header around it.
PAYLOAD_BYTES = 1400
RTP_HZ = 90_000
NTP_EPOCH_S = 2_208_988_800  # of 1900, before that of Unix


@dataclass(frozen=True)
class AccessUnit:
    """One coded picture: when it is sent and shown, and its NAL units."""

    dts_s: float
    pts_s: float
    is_key: bool
    nals: tuple[bytes, ...]


@dataclass(frozen=True)
class Clip:
    """A file's coded pictures in decode order, and what a player must know first."""

    codec: str  # as in SDP: H264 or H265
    parameter_sets: tuple[bytes, ...]
    units: tuple[AccessUnit, ...]
    duration_s: float
    fps: float


def _split_start_codes(data: bytes) -> list[bytes]:
    # A four-byte start code leaves its first zero at the end of the unit before.
    return [nal.rstrip(b"\0") for nal in data.split(b"\0\0\1") if nal.strip(b"\0")]


def load_clip(path: Path) -> Clip:
    """Read every packet of `path` and cut it into NAL units."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        codec = {"h264": "H264", "hevc": "H265"}[stream.codec_context.name]
        to_annexb = av.BitStreamFilterContext(f"{stream.codec_context.name}_mp4toannexb", stream)
        packets = [p for raw in container.demux(stream) if raw.size for p in to_annexb.filter(raw)]
        assert all(p.pts is not None and p.dts is not None for p in packets)
        first_dts = packets[0].dts
        units = tuple(
            AccessUnit(
                float((p.dts - first_dts) * p.time_base),
                float((p.pts - first_dts) * p.time_base),
                p.is_keyframe,
                tuple(_split_start_codes(bytes(p))),
            )
            for p in packets
        )
        fps = float(stream.average_rate or 25)
    kinds = {"H264": {7: 0, 8: 1}, "H265": {32: 0, 33: 1, 34: 2}}[codec]
    sets = {_nal_type(codec, nal): nal for nal in units[0].nals if _nal_type(codec, nal) in kinds}
    ordered = tuple(sets[kind] for kind in sorted(sets, key=lambda kind: kinds[kind]))
    return Clip(codec, ordered, units, units[-1].dts_s + 1 / fps, fps)


def _nal_type(codec: str, nal: bytes) -> int:
    return nal[0] & 0x1F if codec == "H264" else (nal[0] >> 1) & 0x3F


def packetise(codec: str, nal: bytes) -> Iterator[bytes]:
    """RTP payloads of one NAL unit: itself if it fits, else fragments (FU-A, or FU of H.265)."""
    if len(nal) <= PAYLOAD_BYTES:
        yield nal
        return
    kind = _nal_type(codec, nal)
    if codec == "H264":
        head, body = bytes([(nal[0] & 0xE0) | 28]), nal[1:]
    else:
        head, body = bytes([(nal[0] & 0x81) | (49 << 1), nal[1]]), nal[2:]
    for at in range(0, len(body), PAYLOAD_BYTES):
        first, last = at == 0, at + PAYLOAD_BYTES >= len(body)
        mark = (0x80 if first else 0) | (0x40 if last else 0)
        yield head + bytes([mark | kind]) + body[at : at + PAYLOAD_BYTES]


def describe(clip: Clip, codec: str) -> bytes:
    """The SDP of `clip`, announced as `codec`."""
    sets = [base64.b64encode(nal).decode() for nal in clip.parameter_sets]
    if codec == "H264":
        fmtp = f"packetization-mode=1;sprop-parameter-sets={','.join(sets)}"
    elif codec == "H265":
        fmtp = ";".join(f"sprop-{k}={s}" for k, s in zip(("vps", "sps", "pps"), sets, strict=True))
    else:
        fmtp = ""
    lines = [
        *("v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0"),
        *("a=control:*", "m=video 0 RTP/AVP 96", f"a=rtpmap:96 {codec}/{RTP_HZ}"),
        *([f"a=fmtp:96 {fmtp}"] if fmtp else []),
        *(f"a=framerate:{clip.fps:g}", "a=control:trackID=0"),
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


class RtpWriter:
    """Puts RTP and interleaving headers before payloads, and loses some if told to."""

    def __init__(self, lost_share: float = 0.0) -> None:
        self._sequence = secrets.randbelow(1 << 16)
        self._offset = secrets.randbelow(1 << 31)
        self._source = secrets.randbelow(1 << 32)
        self._lost_share, self._luck = lost_share, random.Random(1)
        self._packets = self._octets = 0

    def write(self, payloads: list[bytes], shown_s: float) -> bytes:
        """All packets of one picture; the last one carries the marker."""
        out = bytearray()
        for index, payload in enumerate(payloads, 1):
            marker = 0x80 if index == len(payloads) else 0
            self._sequence = (self._sequence + 1) & 0xFFFF
            if self._luck.random() < self._lost_share:
                continue
            self._packets, self._octets = self._packets + 1, self._octets + len(payload)
            head = (0x80, marker | 96, self._sequence, self._stamp(shown_s), self._source)
            out += struct.pack(">cBH", b"$", 0, 12 + len(payload))
            out += struct.pack(">BBHII", *head)
            out += payload
        return bytes(out)

    def report(self, at: float, shown_s: float) -> bytes:
        """A sender report (RFC 3550, 6.4.1): a timestamp stands for this Unix second."""
        seconds, fraction = divmod(at + NTP_EPOCH_S, 1)
        body = (self._source, int(seconds), int(fraction * (1 << 32)), self._stamp(shown_s))
        packet = struct.pack(">BBH", 0x80, 200, 6)
        packet += struct.pack(">IIIIII", *body, self._packets, self._octets)
        return struct.pack(">cBH", b"$", 1, len(packet)) + packet

    def _stamp(self, shown_s: float) -> int:
        return (self._offset + round(shown_s * RTP_HZ)) & 0xFFFFFFFF


class Datagrams:
    """Two neighbouring UDP ports, for RTP and RTCP, and the client's two."""

    def __init__(self, host: str, rtp_port: int, rtcp_port: int) -> None:
        self._to = (host, rtp_port), (host, rtcp_port)
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in self._to]
        for one in self._sockets:
            one.bind(("127.0.0.1", 0))

    @property
    def ports(self) -> str:
        """As the header `Transport` names them."""
        return "server_port=" + "-".join(str(one.getsockname()[1]) for one in self._sockets)

    def send(self, interleaved: bytes) -> None:
        """Send packets that are framed as on the connection, each to the port of its channel."""
        while interleaved[:1] == b"$":
            channel, size = struct.unpack(">BH", interleaved[1:4])
            self._sockets[channel].sendto(interleaved[4 : 4 + size], self._to[channel])
            interleaved = interleaved[4 + size :]

    def close(self) -> None:
        """Send nothing more."""
        for one in self._sockets:
            one.close()
