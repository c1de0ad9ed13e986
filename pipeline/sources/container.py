"""Opens a file as a video, or says why it is none."""

import errno
from pathlib import Path

import av
import av.container
import av.error
import av.video.frame
import av.video.stream

from pipeline.errors import NotVideo, SourceUnreadable

# libav reads these too, yet none is a recording: text, pictures, and lists that name other files.
NOT_VIDEO = frozenset({"tty", "image2", "hls", "concat", "concatf", "dash", "sdp", "ffmetadata"})
RECORDINGS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,h264,hevc,flv,asf,mjpeg,"
    "mxf,ogg,dv,ivf,av1,obu,m4v,nut,rm,gxf,wtv,dhav,wav,mp3"  # sound: said to hold no picture
)
# Ten seconds at 30 fps: no recorder sets key frames further apart.
PACKETS_TO_A_KEY_FRAME = 300
# How recordings begin: Matroska, Flash, ASF, MPEG, Ogg, bare H.264 and H.265, some recorders' own.
BEGINNINGS = (
    b"\x1aE\xdf\xa3", b"FLV", b"0&\xb2u", b"\0\0\x01\xba", b"\0\0\x01\xb3", b"OggS",
    b"\0\0\0\x01", b"DHAV",
)  # fmt: skip
MP4_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
TRANSPORT_PACKET = 188
HEAD_BYTES = 512


def check_file(path: Path) -> float:
    """Unix seconds of the last change of `path`, which is a file with something in it.

    Raises:
        SourceUnreadable: it is not.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise SourceUnreadable(f"{path}: no such file; check the path") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise SourceUnreadable(f"{path}: is a link in a circle; name the file itself") from None
        raise _no_access(path, error) from None
    if path.is_dir():
        raise SourceUnreadable(f"{path}: is a folder; name the video files in it")
    if not path.is_file():
        raise SourceUnreadable(f"{path}: is not a file; name a video file")
    if status.st_size == 0:
        raise SourceUnreadable(f"{path}: is empty (0 bytes); copy or export it again")
    try:
        path.open("rb").close()
    except OSError as error:
        raise _no_access(path, error) from None
    return status.st_mtime


def open_container(path: Path) -> av.container.InputContainer:
    """Open `path` as a recording.

    Raises:
        NotVideo: it is something else.
        SourceUnreadable: it is damaged from the start.
    """
    try:
        # Absolute, because libav reads `cam:1.mp4` as an address with the protocol `cam`.
        # A list may call itself a video, and name other files.
        options = {"protocol_whitelist": "file", "format_whitelist": RECORDINGS}
        container = av.open(str(path.resolve()), container_options=options)
    except av.error.FFmpegError as error:
        kind = SourceUnreadable if begins_like_video(path) else NotVideo
        raise kind(
            f"{path}: cannot be read as video ({error.strerror}); it is cut, damaged or "
            "something else: play it elsewhere, or export it again"
        ) from None
    name = container.format.name
    if NOT_VIDEO & set(name.split(",")) or name.endswith("_pipe"):
        container.close()
        raise NotVideo(f"{path}: is not a video ({name}); name a recording")
    return container


def begins_like_video(path: Path) -> bool:
    """Whether the first bytes are those of a video, however damaged what follows is."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return False
    is_transport = len(head) > TRANSPORT_PACKET and head[0] == head[TRANSPORT_PACKET] == 0x47
    is_avi = head[:4] == b"RIFF" and head[8:12] == b"AVI "
    return head.startswith(BEGINNINGS) or head[4:8] in MP4_BOXES or is_transport or is_avi


def _no_access(path: Path, error: OSError) -> SourceUnreadable:
    return SourceUnreadable(f"{path}: cannot be read ({error.strerror}); check its permissions")


def video_stream(container: av.container.InputContainer, path: Path) -> av.video.stream.VideoStream:
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            # None where this build of libav has no decoder, whatever the stubs say.
            if getattr(stream, "codec_context", None) is None:
                break
            return stream
    if not container.streams and begins_like_video(path):  # begun by a recorder, and left
        raise SourceUnreadable(f"{path}: is a video without a frame; copy or export it again")
    raise NotVideo(f"{path}: holds no picture that can be decoded; name another file")


def first_frame(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream
) -> av.video.frame.VideoFrame | None:
    """A recorder may start between two key frames; what comes before one may not decode."""
    packets = container.demux(stream)
    for _ in range(PACKETS_TO_A_KEY_FRAME):
        try:
            packet = next(packets, None)
            if packet is None:
                return None
            for frame in packet.decode():
                return frame
        except av.error.FFmpegError:
            continue
    return None
