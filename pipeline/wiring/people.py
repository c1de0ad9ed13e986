"""Finds people in a picture that came with a search, with the detector of the settings."""

import threading
from collections.abc import Sequence

from detectors.errors import DetectorUnusable
from detectors.ports import Detector
from detectors.types import Box, Frame, Image
from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.wiring.models import build_detector
from retrieval.errors import WeightsError

#: Trackers want doubtful boxes as well; whoever is named to a person should be one.
SURE = 0.4


class PeopleOnDemand:
    """A detector that is built when the first picture is asked about.

    It is the query worker's, since that has the picture and the encoder; most never see a picture,
    so until then nothing of a detector is imported or held. One picture at a time is looked at:
    pictures are large.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._detector: Detector | None = None
        self._looking = threading.Lock()

    def __call__(self, image: Image) -> Sequence[Box]:
        """The boxes of the people in (H, W, 3) RGB, in pixels of it.

        Raises:
            ConfigError: the detector cannot be used.
        """
        with self._looking:
            if self._detector is None:
                try:
                    self._detector = build_detector(self._settings)
                except (WeightsError, DetectorUnusable) as error:
                    raise ConfigError(
                        f"nobody can be looked for in the picture ({error}); say where somebody is "
                        "with --box x1,y1,x2,y2"
                    ) from error
            (found,) = self._detector.detect([Frame("picture", "picture", 1, 0.0, image)])
            return [one.box for one in found if one.confidence >= SURE]
