"""Search services over an index of people in plain colours, for unit tests."""

from dataclasses import replace
from types import MappingProxyType, SimpleNamespace

import numpy as np

from detectors.types import TrackKey
from pipeline.answers import SearchRequest
from pipeline.clock import ManualClock
from pipeline.store.runs import RunRecord
from pipeline.telemetry import Telemetry
from pipeline.workers.cautions import Trust
from pipeline.workers.liking import Liking
from pipeline.workers.service import SearchService
from pipeline.workers.view import ViewState
from retrieval.fakes import FakeEncoder
from retrieval.index.flat import FlatIndex
from retrieval.search.background import Strangers
from retrieval.search.calibration import Calibration, Law
from retrieval.search.evidence_law import EvidenceLaws
from tests.data.make_sightings import shot_of

ENCODER = FakeEncoder()
RED, BLUE, GREEN = "red coat", "blue coat", "green coat"


class Trained:
    """The encoder that knows colours, as one with trained weights."""

    is_trained = True
    model_id, dimension = ENCODER.model_id, ENCODER.dimension
    encode_images, encode_texts = ENCODER.encode_images, ENCODER.encode_texts


class Lists:
    """A catalogue of one camera, read once, and without records of tracks."""

    def __init__(self, detector: str, kind) -> None:
        run = RunRecord(
            camera_id="lobby",
            run_id="r1",
            kind=kind,
            source="day.mp4",
            started_at=0.0,
            collection="live",
            detector=detector,
        )
        self.camera_store = SimpleNamespace(known=lambda: ["lobby"], status=lambda name: None)
        self.runs = SimpleNamespace(of_camera=lambda name: [run], collections=lambda: {"live"})
        self.track_store = SimpleNamespace(get_many=lambda tracks: {})

    def live_keys(self):
        return set()

    def refuse_unknown(self, cameras):
        pass

    refuse_unknown_zones = refuse_unknown


def people_in(*colours):
    """Vectors of people dressed so, no two quite alike."""
    rng = np.random.default_rng(0)
    vectors = ENCODER.encode_texts([f"{colour} coat" for colour in colours])
    vectors = vectors + 0.03 * rng.standard_normal(vectors.shape).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


MUTED = ["black", "white", "grey", "brown", "beige", "blue"]
CROWD = people_in(*MUTED * 10)
LAW = Law(-7.0, 1.0, 0.0, -0.5)
BACKGROUND = Strangers.of_one_shot(CROWD)
NO_LAWS = EvidenceLaws(MappingProxyType({}))
CALIBRATION = Calibration(
    ENCODER.model_id, BACKGROUND, LAW, LAW, 0.5, false_alarms=0.1, fitted_on=100, evidence=NO_LAWS
)


def find_people(image):
    raise AssertionError("nobody is to be looked for")


def service(
    *,
    people=CROWD,
    encoder=None,
    detector="yolo11n",
    kind="file",
    trust=None,
    state=None,
    parts=None,
    box=None,
    sequences=None,
):
    encoder = encoder or Trained()
    index = FlatIndex(ENCODER.model_id, ENCODER.dimension)
    index.add(
        [
            replace(
                shot_of(TrackKey("lobby", "r1", number), vector=vector.astype(np.float32)),
                model_id=ENCODER.model_id,
                **({} if box is None else {"box": box}),
            )
            for number, vector in enumerate(people, start=1)
        ]
    )
    return SearchService(
        encoder=encoder,
        index=index,
        view=SimpleNamespace(state=state or ViewState(caught_up=True)),
        catalogue=Lists(detector, kind),
        clock=ManualClock(),
        telemetry=Telemetry(),
        best_of=3,
        trust=trust or Trust(CALIBRATION),
        liking=Liking(find_people, best_of=3),
        parts=parts,
        sequences=sequences,
    )


def ask(service, text="person in a green coat", **more):
    return service.search(SearchRequest(text=text, **more))
