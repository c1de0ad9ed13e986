"""What the routes of accounts ask and answer; times are ISO-8601 UTC."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pipeline.callers import Role

MOST_LETTERS = 1024
"""Of a name or a password, as they arrive; what is allowed is shorter."""

MOST_CAMERAS = 10_000

_Letters = Annotated[str, Field(max_length=MOST_LETTERS)]
_Password = Annotated[SecretStr, Field(max_length=MOST_LETTERS)]
State = Literal["active", "disabled"]
"""Whether a user may sign in."""

_Cameras = Annotated[
    list[str] | None,
    Field(max_length=MOST_CAMERAS, description="which they may see; null for all"),
]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignInRequest(_Record):
    """Who somebody says they are, and what they know."""

    name: _Letters
    password: _Password


class PasswordRequest(_Record):
    """Another password."""

    old: _Password
    new: _Password


class SessionAnswer(_Record):
    """Who is signed in, and what they may do."""

    name: str
    role: Role
    cameras: Annotated[list[str] | None, Field(description="which they may see; null for all")]
    csrf: Annotated[
        str, Field(description="for the header X-CSRF-Token of writes; empty without a cookie")
    ]
    must_change_password: Annotated[
        bool, Field(description="until then nothing else is answered but the session routes")
    ]
    reason_required: Annotated[
        bool, Field(description="whether a search, a clip and an export need a reason here")
    ] = False


class SeatAnswer(_Record):
    """One place where the asking user is signed in."""

    begun_at: Annotated[str | None, Field(description="null: before this was noted")]
    used_at: Annotated[str, Field(description="when something was last asked, to half a minute")]
    expires_at: Annotated[str, Field(description="it ends then, however it is used")]
    is_this: Annotated[bool, Field(description="whether it is the one that asks")]


class EndedAnswer(_Record):
    """Sessions that were ended."""

    ended: int


class UserRequest(_Record):
    """A user to add."""

    name: _Letters
    role: Role
    cameras: _Cameras = None


class UserChange(_Record):
    """What of a user is to be another; what is left out stays."""

    role: Role | None = None
    cameras: _Cameras = None
    all_cameras: Annotated[bool, Field(description="let them see all, now and later")] = False
    password: Annotated[
        SecretStr | None,
        Field(
            max_length=MOST_LETTERS,
            description="one that need not be changed; for who owns the data folder alone",
        ),
    ] = None
    new_password: Annotated[
        bool, Field(description="draw a password for one use, and end their sessions")
    ] = False
    state: Annotated[
        State | None, Field(description="`disabled` ends their sessions, and lets them begin none")
    ] = None


class UserAnswer(_Record):
    """One user."""

    name: str
    role: Role
    cameras: list[str] | None
    must_change_password: bool
    created_at: str
    signed_in_at: str | None
    state: State = "active"
    tokens_ended: Annotated[
        int, Field(description="API tokens of theirs that ended as they were removed")
    ] = 0
    password: Annotated[
        str | None, Field(description="for one use, shown this once; null: none was drawn")
    ] = None


class TokenRequest(_Record):
    """A token to make."""

    name: _Letters
    role: Role
    cameras: _Cameras = None
    expires_s: Annotated[
        float | None,
        Field(gt=0, le=3_155_760_000, allow_inf_nan=False, description="seconds; null: never"),
    ] = 7_776_000.0


class TokenAnswer(_Record):
    """One token."""

    id: str
    name: str
    role: Role
    cameras: list[str] | None
    created_by: str
    created_at: str
    expires_at: str | None
    used_at: Annotated[str | None, Field(description="to half a minute; null: never")]
    owner: Annotated[
        str | None,
        Field(description="whose it is: it may do no more than they may; null: nobody's"),
    ] = None
    token: Annotated[str | None, Field(description="shown this once; null later")] = None
