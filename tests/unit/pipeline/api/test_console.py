"""pipeline.api.console: pages for anybody, nothing but what is on the shelf, a strict policy."""

import io
import re
import tarfile

import pytest

from pipeline.console.pages import ALONE, PAGES
from tests.unit.pipeline.api.conftest import AUTHORISED


@pytest.mark.parametrize("path", [path for path in (*PAGES, *ALONE) if path != "/cases"])
def test_every_page_is_shown_to_whoever_comes_and_runs_only_our_own_modules(client, path):
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script(?![^>]* src=)", page.text) == []
    assert re.findall(r"\son\w+=|\sstyle=|javascript:", page.text) == []


@pytest.mark.parametrize("path", [*PAGES, *ALONE])
def test_all_that_a_page_names_is_there_and_of_our_own(client, path):
    page = client.get(path).text
    for name in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page):
        asset = client.get(name)
        assert asset.status_code == 200, name
    assert "http://" not in page
    assert "https://" not in page


def test_an_asset_is_sent_once_and_then_answered_by_its_tag(client):
    first = client.get("/assets/style.css")
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    again = client.get("/assets/style.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "name", ["../pages.py", "..%2fpages.py", "%2e%2e/pages.py", "js/../../pages.py", "/etc/passwd"]
)
def test_no_name_leads_out_of_the_assets(client, name):
    # Who is nobody is refused, and who is somebody finds nothing.
    assert client.get(f"/assets/{name}").status_code in {401, 404}
    assert client.get(f"/assets/{name}", headers=AUTHORISED).status_code == 404


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"Accept-Language": "ko-KR,ko;q=0.9"}, "ko"),
        ({"Accept-Language": "ko", "Cookie": "descry_language=en"}, "en"),
        ({"Cookie": 'descry_language="><script>'}, "en"),
    ],
)
def test_a_page_speaks_the_language_that_was_chosen_or_asked_for(client, headers, language):
    assert f'<html lang="{language}">' in client.get("/", headers=headers).text


def test_a_theme_is_one_of_two_whatever_the_cookie_says(client):
    assert 'data-theme="dark"' in client.get("/", headers={"Cookie": "descry_theme=dark"}).text
    assert "data-theme" not in client.get("/", headers={"Cookie": "descry_theme=x"}).text


def test_the_navigation_names_cases_only_where_there_are_any(client):
    routes = client.get("/api/v1/openapi.json", headers=AUTHORISED).json()["paths"]
    assert ('href="/cases"' in client.get("/").text) == ("/api/v1/cases" in routes)


def test_the_source_is_offered_to_whoever_uses_it(client):
    told = client.get("/api/v1/source").json()
    assert told["licence"] == "AGPL-3.0-only"
    archive = client.get(told["archive"])
    assert archive.headers["content-type"] == "application/gzip"
    with tarfile.open(fileobj=io.BytesIO(archive.content)) as tar:
        names = tar.getnames()
    assert "descry/pipeline/api/console.py" in names
    assert "descry/pipeline/console/assets/style.css" in names
    assert not [name for name in names if name.endswith((".pyc", ".safetensors", ".mp4"))]


def test_what_the_console_asks_still_needs_somebody(client):
    for path in ("system", "models", "imports", "imports/files", "cameras/lobby/picture"):
        assert client.get(f"/api/v1/{path}").status_code == 401


def test_the_system_tells_how_it_does(client):
    told = client.get("/api/v1/system", headers=AUTHORISED).json()
    assert told["index"] == {"shots": 3, "lag_s": 0.1}
    assert client.get("/api/v1/models", headers=AUTHORISED).json() == []


def test_a_camera_without_recent_video_has_no_picture_and_that_is_no_error(client):
    answer = client.get("/api/v1/cameras/lobby/picture", headers=AUTHORISED)
    assert (answer.status_code, answer.content) == (200, b"jpeg")
    assert answer.headers["descry-captured-at"] == "2026-03-02T10:07:43.000Z"
    assert client.get("/api/v1/cameras/attic/picture", headers=AUTHORISED).status_code == 204


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_a_form_that_is_sent_before_its_module_is_there_goes_into_no_url(client, path):
    page = client.get(path).text
    assert re.findall(r'<form(?![^>]* method="dialog")', page) == []
