"""YOLO through ultralytics: a small untrained network for mechanics, real weights for people."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from detectors.errors import DetectorUnusable
from detectors.offline import prepare_ultralytics
from detectors.types import Box, Frame
from detectors.yolo import YoloDetector
from tests.conftest import ROOT, missing

NAMES = {0: "car", 1: "Person", 2: "dog"}


def frame(number=1, width=160, height=120):
    rng = np.random.default_rng(number)
    return Frame(
        "lobby", "run", number, number / 10, rng.integers(0, 255, (height, width, 3), np.uint8)
    )


def save_model(path, names=NAMES):
    """A YOLO of two layers and a head, with weights drawn at random."""
    prepare_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(3)
    stem = [[-1, 1, "Conv", [8, 3, 2]] for _ in range(5)]
    config = {"nc": len(names), "backbone": stem, "head": [[[2, 3, 4], 1, "Detect", [len(names)]]]}
    model = DetectionModel(config, nc=len(names), verbose=False)
    # An untrained head is sure of nothing; raise what it says of people.
    for branch in model.model[-1].cv3:
        torch.nn.init.normal_(branch[-1].weight, std=3.0)
        torch.nn.init.constant_(branch[-1].bias, 0.0)
    model.names = names
    torch.save({"model": model, "train_args": {}}, path)
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return save_model(tmp_path_factory.mktemp("weights") / "tiny.pt")


@pytest.fixture(scope="module")
def detector(weights):
    return YoloDetector(weights, image_size_px=160, device="cpu")


def test_no_frames_give_no_answers(detector):
    assert detector.detect([]) == []


def test_every_box_is_in_the_frame_surest_first(detector):
    (people,) = detector.detect([frame()])
    assert people
    for person in people:
        assert 0 <= person.box.x1 < person.box.x2 <= 160
        assert 0 <= person.box.y1 < person.box.y2 <= 120
        assert person.confidence >= 0.1
    assert [p.confidence for p in people] == sorted((p.confidence for p in people), reverse=True)


def test_frames_of_several_sizes_have_the_boxes_they_have_alone(detector):
    frames = [frame(1), frame(2, 200, 100), frame(3), frame(4, 90, 160), frame(5, 200, 100)]
    assert detector.detect(frames) == [detector.detect([one])[0] for one in frames]


def test_a_true_batch_finds_the_same_within_rounding(weights, detector):
    frames = [frame(1), frame(2), frame(3, 200, 100), frame(4), frame(5, 200, 100)]
    batched = YoloDetector(weights, image_size_px=160, device="cpu", batch=4)
    batched._batch = 4  # as on a GPU
    for one, other in zip(detector.detect(frames), batched.detect(frames), strict=True):
        assert len(one) == len(other)
        boxes = (np.array([person.box for person in people]) for people in (one, other))
        np.testing.assert_allclose(*boxes, atol=0.25)


def test_a_part_keeps_to_the_grid_of_the_coarsest_layer(tmp_path):
    """Six halvings: a grid of 32 pixels would cut rows that do not meet again."""
    prepare_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(3)
    model = DetectionModel("yolov8n-p6.yaml", nc=2, verbose=False)
    model.names = {0: "person", 1: "car"}
    torch.save({"model": model, "train_args": {}}, tmp_path / "p6.pt")
    detector = YoloDetector(tmp_path / "p6.pt", image_size_px=640, device="cpu")
    shown = frame(1, 960, 540)
    for part in (Box(0, 0, 60, 90), Box(400, 200, 460, 300), Box(880, 440, 950, 530)):
        detector.detect([shown], [part])


def test_the_fingerprint_follows_weights_and_settings(weights, detector, tmp_path):
    copy = shutil.copy(weights, tmp_path / "copy.pt")
    same = YoloDetector(copy, image_size_px=160, device="cpu", batch=2)
    other = YoloDetector(weights, image_size_px=160, device="cpu", confidence=0.5)
    assert same.fingerprint == detector.fingerprint != other.fingerprint


def test_a_name_that_ultralytics_would_change_loads_all_the_same(weights, tmp_path):
    odd = shutil.copy(weights, tmp_path / "yolov5n's.pt")
    assert YoloDetector(odd, image_size_px=160, device="cpu").detect([frame()])[0]


def test_a_model_that_knows_no_people_is_refused_with_what_it_knows(tmp_path):
    path = save_model(tmp_path / "cars.pt", {0: "car", 1: "dog"})
    with pytest.raises(DetectorUnusable, match=r"cars\.pt does not detect people, only: car, dog"):
        YoloDetector(path, device="cpu")


def test_a_checkpoint_without_a_model_is_refused(tmp_path):
    path = tmp_path / "tensors.pt"
    torch.save({"model": {"layer.weight": torch.zeros(3)}}, path)
    with pytest.raises(DetectorUnusable, match=r"tensors\.pt holds no model") as refusal:
        YoloDetector(path)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_refused_before_anything_looks_for_it(tmp_path):
    with pytest.raises(DetectorUnusable, match="no weights at"):
        YoloDetector(tmp_path / "yolo11n.pt")


def test_a_text_file_is_refused(tmp_path):
    path = tmp_path / "notes.pt"
    path.write_text("not a model")
    with pytest.raises(DetectorUnusable, match=r"notes\.pt is no YOLO checkpoint"):
        YoloDetector(path)


def test_a_truncated_checkpoint_is_refused(weights, tmp_path):
    path = tmp_path / "half.pt"
    path.write_bytes(weights.read_bytes()[:-4000])
    with pytest.raises(DetectorUnusable, match=r"half\.pt is no YOLO checkpoint"):
        YoloDetector(path)


class Payload:
    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def test_a_hostile_checkpoint_runs_nothing(weights, tmp_path):
    marker = tmp_path / "was-here"
    path = tmp_path / "hostile.pt"
    torch.save({"model": Payload(f"touch {marker}")}, path)
    with pytest.raises(DetectorUnusable, match=r"hostile\.pt names posix\.system"):
        YoloDetector(path)
    assert not marker.exists()


def test_even_past_our_own_check_a_hostile_checkpoint_runs_nothing(tmp_path):
    prepare_ultralytics()
    from ultralytics.nn.tasks import load_checkpoint

    marker = tmp_path / "was-here"
    path = tmp_path / "hostile.pt"
    torch.save({"model": Payload(f"touch {marker}")}, path)
    with pytest.raises(TypeError):
        load_checkpoint(path)
    assert not marker.exists()


AUDITED = """
import json, sys
asked = []
sys.addaudithook(lambda event, args: event.startswith("socket.") and asked.append(event))
from pathlib import Path
import numpy as np
from detectors.errors import DetectorUnusable
from detectors.types import Box, Frame
from detectors.tracking import UltralyticsTracker
from detectors.yolo import YoloDetector
weights, missing, config = (Path(argument) for argument in sys.argv[1:])
detector = YoloDetector(weights, image_size_px=160, device="cpu", config_dir=config)
frame = Frame("lobby", "run", 1, 0.0, np.zeros((120, 160, 3), np.uint8))
UltralyticsTracker(camera_id="lobby").update(frame, detector.detect([frame])[0])
try:
    YoloDetector(missing, device="cpu")
except DetectorUnusable:
    print(json.dumps(asked))
"""


def audited(weights, tmp_path, environment):
    return subprocess.run(
        [sys.executable, "-c", AUDITED, weights, tmp_path / "yolo11n.pt", tmp_path / "config"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def test_loading_and_detecting_open_no_socket_and_leave_standard_output_alone(weights, tmp_path):
    environment = {name: value for name, value in os.environ.items() if "YOLO" not in name}
    done = audited(weights, tmp_path, environment)
    assert json.loads(done.stdout) == []
    settings_file = tmp_path / "config" / "Ultralytics" / "settings.json"
    assert json.loads(settings_file.read_text())["sync"] is False


def test_an_environment_that_asks_for_less_safety_is_overruled(weights, tmp_path):
    loose = {"ULTRALYTICS_SAFE_LOAD": "0", "YOLO_OFFLINE": "0", "YOLO_AUTOINSTALL": "true"}
    assert json.loads(audited(weights, tmp_path, os.environ | loose).stdout) == []


def test_ultralytics_imported_by_another_way_is_refused(weights):
    program = (
        "import ultralytics, sys\n"
        "from pathlib import Path\n"
        "from detectors.yolo import YoloDetector\n"
        "YoloDetector(Path(sys.argv[1]))\n"
    )
    environment = {"PATH": os.environ["PATH"], "YOLO_OFFLINE": "1", "HOME": str(weights.parent)}
    done = subprocess.run(
        [sys.executable, "-c", program, weights],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "imported before its safeguards were set" in done.stderr


def real_frames(media_dir: Path, count: int) -> list[Frame]:
    capture = cv2.VideoCapture(str(media_dir / "footage" / "pets09_s2l1.mp4"))
    pictures = [capture.read()[1] for _ in range(count)]
    capture.release()
    return [
        Frame("court", "run", n, n / 10, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
        for n, picture in enumerate(pictures, 1)
    ]


@pytest.mark.media
def test_real_weights_find_what_ultralytics_own_prediction_finds(media_dir):
    path = media_dir / "weights" / "yolo11n.pt"
    frames = real_frames(media_dir, 3)
    found = YoloDetector(path, device="cpu", confidence=0.25).detect(frames)
    from ultralytics import YOLO

    for one, people in zip(frames, found, strict=True):
        bgr = np.ascontiguousarray(one.image[..., ::-1])
        (result,) = YOLO(path).predict(
            bgr, conf=0.25, iou=0.7, classes=[0], device="cpu", verbose=False
        )
        assert len(people) == len(result.boxes) >= 3
        boxes = np.array(sorted(person.box for person in people))
        np.testing.assert_allclose(boxes, sorted(result.boxes.xyxy.tolist()), atol=0.2)


@pytest.mark.gpu
def test_half_precision_on_the_gpu_finds_the_people_the_cpu_finds(media_dir):
    if not torch.cuda.is_available():
        missing("no CUDA device", "gpu")
    path = media_dir / "weights" / "yolo11n.pt"
    frames = real_frames(media_dir, 8)
    on_gpu = YoloDetector(path, confidence=0.5).detect(frames)
    on_cpu = YoloDetector(path, confidence=0.5, device="cpu").detect(frames)
    for one, other in zip(on_gpu, on_cpu, strict=True):
        assert abs(len(one) - len(other)) <= 1


@pytest.mark.parametrize(("device", "word"), [("cuda", "no GPU"), ("abacus", "abacus")])
def test_a_device_that_is_not_there_is_refused_in_one_line(weights, device, word):
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(DetectorUnusable, match=word):
        YoloDetector(weights, image_size_px=160, device=device)
