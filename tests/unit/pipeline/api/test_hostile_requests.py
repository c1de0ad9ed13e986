"""What somebody sends who means harm: no route breaks, tells more than it should, or obeys."""

import json
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from pipeline.api.access import NEEDS
from pipeline.api.app import build_app
from pipeline.api.audited import ROUTES, Audited
from pipeline.api.identity import CSRF_HEADER
from pipeline.errors import NotFound
from tests.account_house import PASSWORD
from tests.unit.pipeline.api.conftest import AUTHORISED
from tests.unit.pipeline.api.test_authorisation import path_of

WRITES = sorted(row for row in NEEDS if row.split(" ")[0] in {"POST", "PUT", "PATCH"})
JSON = {"Content-Type": "application/json"}

BODIES = {
    "deep lists": b"[" * 30_000,
    "deep lists that end": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"text":' * 7_000 + b"1" + b"}" * 7_000,
    "deep inside": b'{"text": "a", "then": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "a huge whole number": b'{"limit": ' + b"9" * 20_000 + b"}",
    "a number beyond all floats": b'{"since": 1e400, "text": "a", "limit": 1e400}',
    "no numbers": b'{"since": NaN, "until": Infinity, "before_s": -Infinity, "false_alarms": NaN}',
    "no UTF-8": b'{"text": "\xff\xfe"}',
    "half a sign": b'{"text": "\\ud800", "name": "\\ud800", "camera": "\\udfff"}',
    "nothing": b"",
    "a null": b"null",
    "a text": b'"text"',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "twice the same": b'{"text": "a", "text": "b", "name": "a", "name": {}}',
    "other kinds": b'{"text": {"a": 1}, "name": [], "tracks": {}, "url": 7, "upload": false}',
    "many names": json.dumps({f"n{n}": n for n in range(4000)}).encode(),
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_body_breaks_a_route_or_makes_a_number_of_nothing(client, body):
    for row in WRITES:
        method, template = row.split(" ")
        answer = client.request(method, path_of(template), content=body, headers=AUTHORISED | JSON)
        assert answer.status_code < 500, (row, answer.text)
        assert "NaN" not in answer.text, row
        assert "Infinity" not in answer.text, row


@pytest.mark.parametrize("query", ["9" * 5000, "1e400", "NaN", "-1", "%00", "%0d%0aX: 1", "%ff"])
def test_no_query_breaks_a_route(client, query):
    names = ("count", "after", "camera", "zone", "before_s", "since", "until", "offset", "run")
    asked = "&".join(f"{name}={query}" for name in names)
    for row in sorted(NEEDS):
        method, template = row.split(" ")
        if method != "GET" or template.endswith("/stream"):
            continue
        answer = client.get(f"{path_of(template)}?{asked}", headers=AUTHORISED)
        assert answer.status_code < 500, (row, answer.text)
        assert "x" not in answer.headers, row


CLIMBS = (
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%5c..%5cetc%5cpasswd",
    "%2fetc%2fpasswd",
    "lobby/../../../../etc/passwd",
    "lobby%00/etc/passwd",
    "lobby/%252e%252e/%252e%252e/etc/passwd",
    "....//....//etc/passwd",
    "lobby/r/1%0d%0aSet-Cookie:%20descry_session=x",
    "~root",
    "file:%2f%2f%2fetc%2fpasswd",
)
NAMED = sorted(row for row in NEEDS if "{" in row)


@pytest.mark.parametrize("climb", CLIMBS)
def test_no_name_in_a_path_leads_out_or_into_a_header(client, climb):
    for row in NAMED:
        method, template = row.split(" ")
        start, _, rest = template.partition("{")
        path = start + climb + rest.partition("}")[2]
        answer = client.request(
            method, path, headers=AUTHORISED, content=b"{}" if row in WRITES else None
        )
        assert answer.status_code < 500, (row, answer.text)
        assert "root:x:" not in answer.text, row
        told = [value for name, value in answer.headers.items() if name != "content-length"]
        assert not any("\r" in value or "\n" in value for value in told), row
        assert "set-cookie" not in answer.headers, row


@pytest.mark.parametrize("name", ['a".mp4', "a\x7f", "ä\u2028b", "a;filename=x.html", "a\x85b"])
def test_what_a_clip_is_of_stays_the_name_of_a_file(client, name):
    answer = client.get(f"/api/v1/tracks/lobby/r/1{quote(name)}/clip", headers=AUTHORISED)
    assert answer.status_code == 200
    told = answer.headers["content-disposition"]
    assert told.isascii()
    assert told.isprintable()
    assert told.startswith("inline; filename")
    assert told.count("filename") == 1 or "filename%3D" in told


URLS = (
    "file:///etc/passwd", "/etc/passwd", "gopher://h/1", "http://169.254.169.254/latest",
    "rtsp://me:s3cret@h/1", "concat:/etc/passwd|x", "data:text/plain,x", "subfile,,start,0:/etc",
    "rtsp://h/1\r\nX: 1", "rtsp:///1", "RTSP+unix:///x", "tcp://h:1", "rtsps:h", "-i /etc/passwd",
    "https://h/a.m3u8", "smb://h/x", "unix:///run/x.sock", "ftp://h/x",
)  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_only_files_below_the_servers_folders_are_imported(client, url):
    for asked in ({"path": url}, {"path": f"0/{url}"}, {"upload": url}):
        body = {"camera": "hall"} | asked
        answer = client.post("/api/v1/imports", json=body, headers=AUTHORISED)
        assert answer.status_code == 404, (asked, answer.text)
    for name in ("source", "url", "file"):
        body = {"camera": "hall", "path": "0/hall.mp4", name: url}
        assert client.post("/api/v1/imports", json=body, headers=AUTHORISED).status_code == 422


@pytest.mark.parametrize("url", URLS)
def test_a_camera_is_an_address_of_rtsp_without_credentials_and_nothing_else(url):
    from pipeline.config import check_camera
    from pipeline.errors import ConfigError

    with pytest.raises(ConfigError) as refused:
        check_camera("yard", {"url": url})
    assert "s3cret" not in str(refused.value)


def test_what_is_only_asked_for_changes_nothing():
    for row, about in ROUTES.items():
        if row.split(" ")[0] in {"GET", "HEAD"}:
            assert not (isinstance(about, Audited) and about.changes), row


@pytest.fixture
def signed_in(backing):
    client = TestClient(build_app(backing), raise_server_exceptions=False)
    answer = client.post("/api/v1/session", json={"name": "admin", "password": PASSWORD})
    return client, answer.json()["csrf"]


FORMS = (
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "",
    "text/plain;application/json",
)  # fmt: skip


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("row", WRITES)
def test_no_form_of_another_page_writes(signed_in, row, kind):
    client, csrf = signed_in
    method, template = row.split(" ")
    origin = {"Origin": "http://evil.example"}
    for more in (origin, origin | {CSRF_HEADER: csrf}, {"Origin": "null", CSRF_HEADER: csrf}):
        headers = {"Content-Type": kind} | more
        answer = client.request(method, path_of(template), content=b'{"a": "="}', headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross-site"), row
    if row != "POST /api/v1/session":
        answer = client.request(
            method, path_of(template), content=b"{}", headers={"Content-Type": kind}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), row


@pytest.mark.parametrize(
    "disguise", [{"X-HTTP-Method-Override": "DELETE"}, {"X-Original-URL": "/healthz"},
                 {"X-Rewrite-URL": "/healthz"}, {"X-Forwarded-Host": "evil.example"}],
)  # fmt: skip
def test_no_header_makes_another_request_of_one(client, signed_in, disguise):
    answer = client.get("/api/v1/collections", headers=AUTHORISED | disguise)
    assert answer.status_code == 200
    assert len(answer.json()) == len(client.get("/api/v1/collections", headers=AUTHORISED).json())
    assert client.get("/api/v1/collections", headers=disguise).status_code == 401
    browser, _ = signed_in
    assert "evil.example" not in str(browser.get("/", headers=disguise).headers)


def test_no_answer_says_more_of_a_failure_than_its_line(client, service):
    service.failure = NotFound("no camera 'a\r\nSet-Cookie: x'")
    answer = client.post("/api/v1/search", json={"text": "a"}, headers=AUTHORISED)
    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers
    service.failure = ZeroDivisionError("/secret/path")
    broken = client.post("/api/v1/search", json={"text": "a"}, headers=AUTHORISED)
    assert broken.status_code == 500
    assert "secret" not in broken.text
    assert "Traceback" not in broken.text


@pytest.mark.parametrize("path", ["/api/v1/cameras/", "/api/v1//cameras", "/healthz/"])
def test_a_path_that_is_no_route_leads_nowhere(client, path):
    headers = AUTHORISED | {"Host": "evil.example"}
    answer = client.get(path, headers=headers, follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert "location" not in answer.headers
