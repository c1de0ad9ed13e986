"""The first start of `descry run` on a terminal, and what follows: passwords, sessions, tokens."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading

import httpx
import pytest

from tests.e2e.conftest import ROOT, wait_for

SESSION, CSRF = "/api/v1/session", "X-CSRF-Token"
OWN = "a phrase of my own"
WITHIN_S = 600.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(5 * WITHIN_S)]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class OnTerminal:
    """`descry run` on a terminal of its own; what it shows there is kept."""

    def __init__(self, descry, port):
        self.shown, (ours, theirs) = b"", pty.openpty()
        environment = descry.environment | {"DESCRY_API__PORT": str(port)}
        command = [sys.executable, "-m", "pipeline", "run"]
        self.process = subprocess.Popen(
            command, env=environment, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        self._reading = threading.Thread(target=self._read, args=[ours], daemon=True)
        self._reading.start()
        self.web = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)

    def wait(self):
        wait_for(self.answers, within_s=WITHIN_S, what="the network")

    def _read(self, ours):
        try:
            while chunk := os.read(ours, 4096):
                self.shown += chunk
        except OSError:  # the other end is closed
            os.close(ours)

    def answers(self):
        assert self.process.poll() is None, self.text
        try:
            return self.web.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    @property
    def text(self):
        return self.shown.decode(errors="replace")

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(60)
        self._reading.join(60)
        self.web.close()
        return self.text


@pytest.fixture
def on_terminal(descry):
    """Starts `descry run` on a terminal; whatever still runs is killed in the end."""
    started = []

    def start():
        started.append(OnTerminal(descry, free_port()))
        started[-1].wait()
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.end()


def sign_in(web, password):
    answer = web.post(SESSION, json={"name": "admin", "password": password})
    web.headers[CSRF] = answer.json().get("csrf", "")
    return answer


def files_with(folder, secret):
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]


def test_a_fresh_installation_is_set_up_by_the_password_that_is_shown_once(
    descry, on_terminal, tmp_path
):
    first = on_terminal()
    (drawn,) = re.findall(r"(?:[a-z2-9]{4}-){4}[a-z2-9]{4}", first.text)

    answer = first.web.get("/api/v1/cameras")
    assert (answer.status_code, answer.json()["code"]) == (503, "setup-needed")
    token = {"Authorization": f"Bearer {(descry.data / 'token').read_text()}"}
    assert first.web.get("/api/v1/cameras", headers=token).status_code == 503
    assert descry.run("user", "list").out.startswith("admin  administrator  all cameras"), (
        "the socket is answered from the first minute"
    )

    assert sign_in(first.web, "wrong horse battery").status_code == 401
    assert sign_in(first.web, drawn).json()["must_change_password"] is True
    changed = first.web.post(f"{SESSION}/password", json={"old": drawn, "new": OWN})
    assert changed.status_code == 200
    assert first.web.get("/api/v1/cameras").status_code == 200
    assert first.web.get("/api/v1/cameras", headers=token).status_code == 200
    with httpx.Client(base_url=first.web.base_url, timeout=60) as another:
        assert sign_in(another, drawn).status_code == 401

    made = descry.run("token", "create", "desk", "--role", "viewer", "--camera", "gate").out.strip()
    added = descry.run("user", "add", "anna", "--role", "operator").out
    (anna,) = re.findall(r"(?:[a-z2-9]{4}-){4}[a-z2-9]{4}", added)
    file = tmp_path / "desk-token"
    file.write_text(made)
    remote = {
        "DESCRY_API__URL": str(first.web.base_url).rstrip("/"),
        "DESCRY_API__TOKEN_FILE": str(file),
        "DESCRY_DATA_DIR": str(tmp_path / "elsewhere"),
    }
    assert descry.run("cameras", "list", **remote).out == ""
    refused = descry.run("user", "list", code=2, **remote).err
    assert "token:desk has the role viewer" in refused

    first.process.send_signal(signal.SIGKILL)
    first.process.wait(60)
    second = on_terminal()
    second.web.cookies.update(first.web.cookies)
    assert second.web.get(SESSION).json()["name"] == "admin", "a session outlives the process"
    said = descry.run("token", "list").out
    assert "desk  viewer  gate" in said
    descry.run("token", "revoke", said.split()[0])
    bearer = {"Authorization": f"Bearer {made}"}
    assert second.web.get(SESSION, headers=bearer).status_code == 401
    shown = second.end()
    assert not re.search(r"(?:[a-z2-9]{4}-){4}[a-z2-9]{4}", shown), "it is shown once"
    for secret in (drawn, OWN, made, anna, *first.web.cookies.values()):
        kept = [name for name in files_with(descry.folder, secret) if not name.startswith("out-")]
        assert kept == [], "only what `descry token create` and `user add` were asked to show"


def test_without_a_terminal_nobody_is_shown_a_password_and_the_socket_sets_one(descry):
    port = free_port()
    descry.environment["DESCRY_API__PORT"] = str(port)
    running = descry.watch()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as web:

        def answers():
            try:
                return web.get("/healthz").status_code == 200
            except httpx.TransportError:
                return False

        wait_for(answers, within_s=WITHIN_S, what="the network")
        assert web.get("/api/v1/cameras").status_code == 503
        asked = subprocess.run(
            [sys.executable, "-m", "pipeline", "user", "password", "admin"],
            env=descry.environment, cwd=ROOT, input=OWN + "\n", capture_output=True, text=True,
        )  # fmt: skip
        assert (asked.returncode, asked.stdout) == (0, "admin has a new password\n")
        assert sign_in(web, OWN).status_code == 200
        assert web.get("/api/v1/cameras").status_code == 200
    said = running.stop(within_s=60)
    assert "descry user password admin" in said.err
    assert not re.search(r"(?:[a-z2-9]{4}-){4}[a-z2-9]{4}", said.out + said.err)
