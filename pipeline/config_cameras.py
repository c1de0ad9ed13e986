"""The section of the settings that says what to watch: one entry a camera."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from pipeline.config_areas import Polygon, names_areas
from pipeline.config_sections import Section
from pipeline.config_types import CameraUrl, PathOnDisk, Secret

Role = Literal["detect", "crop", "record"]


class Stream(Section):
    """Another stream of a camera, in the same view, and what it is for."""

    url: CameraUrl = Field(description="Its address, without credentials")
    roles: list[Role] = Field(
        min_length=1,
        description="detect (people are looked for in it), crop (shots are cut from it), record"
        " (kept for clips; on a stream with another role, else with crop)",
    )


class Camera(Section):
    """One camera."""

    url: CameraUrl = Field(
        description="rtsp://host:port/path or rtsps://…, without credentials; it has every role"
        " that no other stream has"
    )
    streams: dict[str, Stream] = Field(
        default={},
        description="Other streams by a short name, a connection each: {sub: {url: …, roles:"
        " [detect]}} looks in the small one and cuts shots from the large one",
    )
    username: str | None = Field(default=None, description="Who to log in as")
    password: Secret | None = Field(default=None, description="The password of that user")
    friendly_name: str | None = Field(
        default=None, max_length=100, description="The name people see"
    )
    enabled: bool = Field(
        default=True, description="false: keep the settings, leave the camera alone"
    )
    transport: Literal["tcp", "udp"] = Field(
        default="tcp",
        description="How the video travels: tcp (sure), udp (some old cameras need it)",
    )
    ca_file: PathOnDisk | None = Field(
        default=None,
        description="Certificates (PEM) that vouch for an rtsps:// camera; null: nobody is asked"
        " who is at the other end",
    )
    timed_by: Literal["auto", "camera", "arrival"] = Field(
        default="auto",
        description="Whose clock dates its pictures: camera (its sender reports), arrival (ours);"
        " auto: the camera's while it agrees with ours",
    )
    fps: float | None = Field(
        default=None, gt=0, le=120, description="Frames looked at per second; null: detector.fps"
    )

    @field_validator("password")
    @classmethod
    def _a_password_is_somebodys(
        cls, password: Secret | None, info: ValidationInfo
    ) -> Secret | None:
        # Without a name it would never be sent. Fields are validated in order: the name is known.
        if password is not None and info.data.get("username", "") is None:
            raise ValueError("needs username beside it: a camera is told both or neither")
        return password

    @field_validator("streams")
    @classmethod
    def _each_role_is_given_once(cls, streams: dict[str, Stream]) -> dict[str, Stream]:
        roles = [role for stream in streams.values() for role in stream.roles]
        twice = sorted({role for role in roles if roles.count(role) > 1})
        if twice:
            raise ValueError(f"gives {' and '.join(twice)} to more than one stream")
        for name, stream in streams.items():
            if stream.roles == ["record"]:
                raise ValueError(
                    f"has {name} for nothing but record: give record to a stream"
                    " that is also for detect or crop"
                )
        return streams

    def url_for(self, role: Role) -> str:
        """The address of the stream that has `role`; record goes with crop unless it is given."""
        theirs = (stream.url for stream in self.streams.values() if role in stream.roles)
        return next(theirs, self.url if role != "record" else self.url_for("crop"))

    motion: bool | None = Field(
        default=None, description="Look only where something moves; null: motion.enabled"
    )
    masks: dict[str, Polygon] = Field(
        default={},
        description="What nobody may see, black before anything looks at the picture: corners as"
        " shares of width and height, {window: [[0, 0], [0.2, 0], [0.2, 0.4], [0, 0.4]]}",
    )
    zones: dict[str, Polygon] = Field(
        default={},
        description="Where people stand, noted with each shot and searched with --zone: {door:"
        " [[0.4, 0.5], [0.6, 0.5], [0.6, 1], [0.4, 1]]}",
    )

    @field_validator("masks", "zones")
    @classmethod
    def _areas_have_names(cls, areas: dict[str, Polygon]) -> dict[str, Polygon]:
        return names_areas(areas)
