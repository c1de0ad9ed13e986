"""Cameras and a collection that the API's tests switch, add and remove."""

from pipeline.answers import CameraAnswer, CollectionAnswer, RemovedAnswer
from pipeline.errors import ConfigError, NotFound


def camera_answer(name: str, state: str) -> CameraAnswer:
    facts = {"kind": "rtsp", "detail": "", "since": None, "figures": {}, "runs": []}
    return CameraAnswer(camera=name, state=state, **facts)


class Switches:
    """Knows one camera, lobby."""

    def _answer(self, camera, state):
        if camera != "lobby":
            raise NotFound(f"no camera {camera!r}; known: lobby")
        return camera_answer(camera, state)

    def pause(self, camera):
        return self._answer(camera, "paused")

    def resume(self, camera):
        return self._answer(camera, "live")


class Book:
    """Holds the cameras that were added; lobby is one of the settings file."""

    def __init__(self) -> None:
        self.cameras: dict[str, dict] = {}

    def _answer(self, camera, state):
        if camera == "lobby":
            raise ConfigError("camera 'lobby' is set in descry.yaml: change it there")
        return camera_answer(camera, state)

    def add(self, camera, settings):
        answer = self._answer(camera, "idle")
        self.cameras[camera] = dict(settings)
        return answer

    def remove(self, camera):
        answer = self._answer(camera, "removed")
        if self.cameras.pop(camera, None) is None:
            raise NotFound(f"no camera {camera!r} was added; added: none")
        return answer


class Shelf:
    """Holds one collection, case-7, until it is removed."""

    def __init__(self) -> None:
        self.names = ["case-7"]

    def collections(self, among=None):
        return [
            CollectionAnswer(
                collection=name,
                cameras=["lobby"],
                runs=1,
                tracks=2,
                shots=3,
                kept_s=None,
                first_captured_at=None,
                last_captured_at=None,
            )
            for name in self.names
        ]

    def remove_collection(self, name):
        if name not in self.names:
            raise NotFound(f"no collection {name!r}; known: {', '.join(self.names)}")
        self.names.remove(name)
        return RemovedAnswer(collection=name, tracks=2, shots=3, pictures=3, runs=1)
