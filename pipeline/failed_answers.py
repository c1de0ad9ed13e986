"""What a query worker's problems are on our side: errors of the same kind and the same line."""

import httpx

from pipeline.errors import (
    AuditUnavailable,
    Busy,
    ConfigError,
    DescryError,
    Forbidden,
    NotFound,
    ReasonRequired,
    ServiceUnavailable,
    SetupNeeded,
    StoreFull,
    StoreUnavailable,
    VideoGone,
)

_BY_CODE: dict[str, type[DescryError]] = {
    "query-refused": ConfigError,
    "impossible": ConfigError,
    "malformed": ConfigError,
    "not-found": NotFound,
    "video-gone": VideoGone,
    "store-unavailable": StoreUnavailable,
    "store-full": StoreFull,
    "busy": Busy,
    "too-many-requests": Busy,
    "too-many-open": Busy,
    "forbidden": Forbidden,
    "password-change-needed": Forbidden,
    "setup-needed": SetupNeeded,
    "audit-unavailable": AuditUnavailable,
    "reason-required": ReasonRequired,
}


def error_of(answer: httpx.Response) -> DescryError:
    """What an answer that is no success says."""
    try:
        body = answer.json()
        code, detail = str(body["code"]), str(body["detail"])
    except (ValueError, KeyError, TypeError):
        return ServiceUnavailable(f"the query worker answered {answer.status_code}: see its log")
    if code == "unauthorized":
        return ConfigError("the query worker refuses the token: check api.token_file")
    return _BY_CODE.get(code, DescryError)(detail)
