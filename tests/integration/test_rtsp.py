"""Real connections to a real RTSP server on loopback."""

import signal
import socket
import threading
import time
from itertools import islice, pairwise
from pathlib import Path

import pytest

from pipeline.clock import ManualClock
from pipeline.errors import ConfigError, SourceRefused, SourceUnreachable
from pipeline.sources.rtsp import RtspCamera
from tests.drawn_clips import draw_clip, even, number_in
from tests.rtsp_media import load_clip
from tests.rtsp_server import Behaviour, RtspServer, server_process

pytestmark = pytest.mark.rtsp

SERVER = Path(__file__).resolve().parent.parent / "rtsp_server.py"
PASSWORD = "s3cr%t/p@ss:wörd"
TIMEOUT_S = 1.0
# libav looks at its clock now and then, and may wait once more while it hangs up.
SLACK_S = 4.0


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return draw_clip(path, even(64), options={"g": "16"})


def camera(url, **options):
    timeouts = {"open_timeout_s": TIMEOUT_S, "read_timeout_s": TIMEOUT_S}
    return RtspCamera("lobby", url, **{**timeouts, **options})


def frames_of(one, count, **options):
    return list(islice(one.frames("run", threading.Event(), **options), count))


def test_frames_arrive_in_order_with_rising_instants(clip):
    with RtspServer(clip) as server:
        began = time.time()
        frames = frames_of(camera(server.url), 40)
    assert [frame.number for frame in frames] == list(range(1, 41))
    shown = [number_in(frame.image) for frame in frames]
    assert [(b - a) % 32 for a, b in pairwise(shown)] == [1] * 39
    instants = [frame.captured_at for frame in frames]
    assert instants == sorted(set(instants))
    assert began < instants[0] < instants[-1] <= time.time()


def test_a_clock_that_stands_still_or_falls_back_cannot_make_two_frames_coincide(clip):
    with RtspServer(clip) as server:
        frames = frames_of(camera(server.url, clock=ManualClock()), 10)
    instants = [frame.captured_at for frame in frames]
    assert instants == sorted(set(instants))


def test_the_stream_goes_on_past_the_end_of_the_looped_clip(clip):
    with RtspServer(clip, Behaviour(speed=8)) as server:
        assert len(frames_of(camera(server.url), 150)) == 150


def test_frames_are_rgb_and_read_only(clip):
    with RtspServer(clip) as server:
        image = frames_of(camera(server.url), 1)[0].image
    red, green, blue = image[24, 8]
    assert red > 150 > 50 > max(green, blue)
    assert not image.flags.writeable


def test_h265_is_decoded_too(tmp_path):
    options = {"x265-params": "log-level=none:keyint=16"}
    clip = draw_clip(tmp_path / "h265.mp4", even(32), codec="libx265", options=options)
    with RtspServer(clip) as server:
        frames = frames_of(camera(server.url), 20)
    shown = [number_in(frame.image) for frame in frames]
    assert [(b - a) % 32 for a, b in pairwise(shown)] == [1] * 19


def test_only_frames_that_are_due_are_converted(clip):
    with RtspServer(clip) as server:
        one = camera(server.url)
        frames = frames_of(one, 4, max_fps=5)
    gaps = [b.number - a.number for a, b in pairwise(frames)]
    assert one.decoded > len(frames)
    assert min(gaps[1:]) > 1


def test_several_clients_see_the_same_camera(clip):
    with RtspServer(clip) as server:
        one, other = (camera(server.url).frames("r", threading.Event()) for _ in range(2))
        assert len([next(frames) for _ in range(10) for frames in (one, other)]) == 20


def test_a_damaged_picture_is_counted_and_does_not_end_the_stream(clip):
    with RtspServer(clip, Behaviour(every_nth_damaged=5, speed=4)) as server:
        one = camera(server.url)
        frames = frames_of(one, 40)
    assert len(frames) == 40
    assert one.decode_errors > 0


def test_a_stream_of_which_nothing_can_be_decoded_is_given_up(clip):
    with RtspServer(clip, Behaviour(every_nth_damaged=1)) as server:
        one = camera(server.url)
        with pytest.raises(SourceUnreachable, match="camera 'lobby': no picture"):
            frames_of(one, 1)


def test_a_killed_server_ends_the_run(clip):
    with server_process(clip) as (process, url):
        frames = camera(url).frames("run", threading.Event())
        next(frames)
        process.send_signal(signal.SIGKILL)
        with pytest.raises(SourceUnreachable, match=r"the stream (ended|broke)"):
            list(frames)


def test_a_stalled_stream_is_noticed(clip):
    with RtspServer(clip, Behaviour(stall_after_s=0.5)) as server:
        frames = camera(server.url).frames("run", threading.Event())
        began = time.monotonic()
        with pytest.raises(SourceUnreachable, match="nothing came for 1 s"):
            list(frames)
    assert time.monotonic() - began < 0.5 + 2 * TIMEOUT_S + SLACK_S


def test_a_silent_server_is_given_up_after_the_open_timeout(clip):
    with RtspServer(clip, Behaviour(silent=True)) as server:
        began = time.monotonic()
        with pytest.raises(SourceUnreachable, match=r"no answer from rtsp://.* within 1 s"):
            frames_of(camera(server.url), 1)
    assert time.monotonic() - began < TIMEOUT_S + SLACK_S


def test_a_refused_port_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"rtsp://127.0.0.1:{taken.getsockname()[1]}/live"
    with pytest.raises(SourceUnreachable, match="refused; is the camera on"):
        frames_of(camera(url), 1)


def test_an_unknown_host_is_named():
    with pytest.raises(SourceUnreachable, match=r"unknown host 'no-such-host\.invalid'"):
        frames_of(camera("rtsp://no-such-host.invalid/live", open_timeout_s=30), 1)


def test_what_is_no_camera_at_all_is_unreachable():
    def answer(listener):
        client, _ = listener.accept()
        client.recv(1000)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer, args=(listener,), daemon=True).start()
        with pytest.raises((SourceUnreachable, SourceRefused), match="camera 'lobby'"):
            frames_of(camera(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/"), 1)


def test_a_path_without_a_stream_is_refused(clip):
    with (
        RtspServer(clip) as server,
        pytest.raises(SourceRefused, match=r"no stream at '/livex'; check cameras\.lobby\.url"),
    ):
        frames_of(camera(server.url + "x"), 1)


def test_a_codec_that_nobody_knows_is_refused(clip):
    with (
        RtspServer(clip, Behaviour(codec="VP-FOO")) as server,
        pytest.raises(SourceRefused, match="set it to H"),
    ):
        frames_of(camera(server.url), 1)


def test_a_transport_that_the_camera_lacks_is_refused(clip):
    with (
        RtspServer(clip) as server,
        pytest.raises(SourceRefused, match=r"over udp; change cameras\.lobby\.transport"),
    ):
        frames_of(camera(server.url, transport="udp"), 1)


def test_a_camera_that_sends_over_udp_is_read_and_dated_by_its_own_clock(clip):
    with RtspServer(clip, Behaviour(udp=True, reports=True)) as server:
        seen = frames_of(camera(server.url, transport="udp", timed_by="camera"), 40)
    numbers = [number_in(frame.image) for frame in seen]
    assert len(set(numbers)) > 15
    assert {frame.time_source for frame in seen} == {"sender report"}


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_the_right_password_opens_the_stream(clip, auth):
    with RtspServer(clip, Behaviour(user="eye", password=PASSWORD, auth=auth)) as server:
        assert frames_of(camera(server.url, username="eye", password=PASSWORD), 1)


def test_a_missing_login_names_the_settings(clip):
    with (
        RtspServer(clip, Behaviour(user="eye", password=PASSWORD)) as server,
        pytest.raises(SourceRefused, match=r"set cameras\.lobby\.username and cameras\.lobby\.pa"),
    ):
        frames_of(camera(server.url), 1)


@pytest.mark.parametrize(
    "url",
    [
        "http://host/live",
        "file:///etc/passwd",
        "rtsp://",
        "host/live",
        "rtsp://h:port/",
        "rtsp://[",
    ],
)
def test_only_rtsp_addresses_are_accepted(url):
    with pytest.raises(ConfigError, match=r"cameras\.lobby\.url"):
        camera(url)


def test_an_address_with_credentials_is_refused_without_repeating_them():
    with pytest.raises(ConfigError, match=r"cameras\.lobby\.password") as caught:
        camera("rtsp://eye:hunter2@host/live")
    assert "hunter2" not in str(caught.value)


@pytest.mark.media
@pytest.mark.parametrize("name", ["one_by_one.mp4", "pets09_s2l1.mp4"])
def test_real_footage_arrives_in_order_at_its_own_pace(media_dir, name):
    with RtspServer(load_clip(media_dir / "footage" / name)) as server:
        frames = frames_of(camera(server.url), 30)
    assert frames[-1].captured_at - frames[0].captured_at == pytest.approx(2.9, abs=1.0)


def test_the_server_takes_its_password_from_the_environment(clip, monkeypatch):
    monkeypatch.setenv("DESCRY_TEST_PASSWORD", PASSWORD)
    login = ["--user", "eye", "--password-env", "DESCRY_TEST_PASSWORD"]
    with server_process(clip, *login) as (_, url):
        assert frames_of(camera(url, username="eye", password=PASSWORD), 1)
