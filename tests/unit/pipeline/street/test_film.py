"""pipeline.street.footage.film: pieces of H.264, joined without encoding again."""

import av
import numpy as np

from pipeline.street.footage.film import Coding, join_pieces, write_piece

CODING = Coding(fps=10, width=96, height=64)


def pictures(first, count):
    """A bright bar that moves on by four pixels a frame."""
    for number in range(first, first + count):
        picture = np.full((64, 96, 3), 40, np.uint8)
        picture[:, 4 * number : 4 * number + 8] = 220
        yield picture


def pieces(folder, *counts):
    made, first = [], 0
    for count in counts:
        path = folder / f"{first}.mp4"
        write_piece(path, pictures(first, count), CODING)
        made.append((path, first))
        first += count
    return made


def decoded(path):
    with av.open(str(path)) as container:
        return [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24"))
            for frame in container.decode(video=0)
        ]


def test_a_film_shows_the_frames_of_its_pieces_at_their_instants(tmp_path):
    join_pieces(tmp_path / "film.mp4", pieces(tmp_path, 5, 5, 3), fps=10)
    frames = decoded(tmp_path / "film.mp4")

    np.testing.assert_allclose([at for at, _ in frames], np.arange(13) / 10, atol=1e-6)
    for number, (_, picture) in enumerate(frames):
        bright = np.flatnonzero(picture[32, :, 0] > 140)
        assert abs(bright.mean() - (4 * number + 3.5)) < 2


def test_a_film_is_h264_and_plays_while_it_loads(tmp_path):
    join_pieces(tmp_path / "film.mp4", pieces(tmp_path, 4), fps=10)
    data = (tmp_path / "film.mp4").read_bytes()

    with av.open(str(tmp_path / "film.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 10
    assert data.index(b"moov") < data.index(b"mdat")


def test_nothing_but_the_film_is_left(tmp_path):
    join_pieces(tmp_path / "film.mp4", pieces(tmp_path, 4), fps=10)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.mp4", "film.mp4"]


def test_a_limit_makes_a_film_smaller(tmp_path):
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 255, (30, 64, 96, 3), np.uint8)
    write_piece(tmp_path / "free.mp4", noise, CODING)
    write_piece(tmp_path / "low.mp4", noise, Coding(10, 96, 64, kilobits_s=60))

    assert (tmp_path / "low.mp4").stat().st_size < (tmp_path / "free.mp4").stat().st_size / 2


def test_without_frames_there_is_no_piece(tmp_path):
    write_piece(tmp_path / "none.mp4", [], CODING)

    assert list(tmp_path.iterdir()) == []
