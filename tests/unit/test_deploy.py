import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from pipeline.config import load_settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
WORKERS = {name: service for name, service in SERVICES.items() if name != "redis"}


def stage(name: str) -> str:
    """The lines of one stage of the Dockerfile."""
    (body,) = re.findall(rf"^FROM \S+ AS {name}$(.*?)(?=^FROM |\Z)", DOCKERFILE, re.M | re.S)
    return body


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_each_target_is_the_runtime_and_nobody_becomes_root_again(target):
    assert f"FROM runtime AS {target}" in DOCKERFILE
    assert "USER" not in stage(target)


def test_the_image_runs_as_a_numbered_user_that_is_not_root():
    """By number: an orchestrator that forbids root cannot read a name."""
    users = re.findall(r"^USER (.+)$", stage("runtime"), re.M)
    assert users == ["10001:10001"]


def test_the_image_tells_its_health():
    assert "HEALTHCHECK" in stage("runtime")
    assert "/healthz" in stage("runtime")


def test_everything_the_image_copies_exists_and_is_not_ignored():
    copied = [line.split()[1:-1] for line in re.findall(r"^COPY (?!--from).+$", DOCKERFILE, re.M)]
    let_in = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for source in (name for names in copied for name in names):
        assert (ROOT / source).exists(), source
        assert f"!{source}" in let_in, source


def test_every_package_is_in_the_image_with_its_hash():
    assert stage("build").count("--require-hashes") == 2


def test_compose_starts_redis_and_the_four_workers_with_either_profile():
    for profile in ("cpu", "gpu"):
        started = [s for s in SERVICES.values() if profile in s.get("profiles", [profile])]
        commands = sorted(tuple(s["command"][:2]) for s in started)
        assert commands == sorted(
            [("sh", "-c"), *(("worker", kind) for kind in ("camera", "embed", "query", "deliver"))]
        )


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_heals_is_watched_and_is_not_root(name):
    service = SERVICES[name]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert service["stop_grace_period"] == "30s"
    assert int(service["user"].split(":")[0]) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_only_this_machine_reaches_a_port():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8080:8080"]


def test_no_password_is_an_argument_or_a_variable():
    assert COMPOSE["secrets"] == {"redis_password": {"file": "./secrets/redis_password"}}
    for service in WORKERS.values():
        assert not [key for key in service["environment"] if key.endswith("PASSWORD")]
    redis = " ".join(SERVICES["redis"]["command"])
    assert "--requirepass" not in redis
    assert "exec redis-server /tmp/redis.conf" in redis


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_the_settings_come_in_a_folder_so_that_an_edited_file_is_seen(name):
    """A mounted file is an inode; editors write another one and put it in its place."""
    (mount,) = (v for v in SERVICES[name]["volumes"] if isinstance(v, dict))
    config = Path(SERVICES[name]["environment"]["DESCRY_CONFIG"])
    assert (mount["type"], mount["target"], mount["read_only"]) == (
        "bind",
        str(config.parent),
        True,
    )
    assert not any(":/etc/descry" in v for v in SERVICES[name]["volumes"] if isinstance(v, str))
    folder = Path(mount["source"])
    assert f"{folder.name}/" in (DEPLOY / ".gitignore").read_text("utf-8").splitlines()
    for said in ("compose.yaml", "runbook.md"):
        assert f"deploy/{folder.name}/{config.name}" in (DEPLOY / said).read_text("utf-8")
    secret = COMPOSE["secrets"]["redis_password"]["file"]
    assert folder not in Path(secret).parents


def test_the_gpu_image_may_decode_video_on_its_gpu():
    """Without `video` the runtime leaves the decoder's libraries out, and the CPU decodes."""
    (line,) = re.findall(r"NVIDIA_DRIVER_CAPABILITIES=(\S+)", stage("gpu"))
    assert {"compute", "utility", "video"} == set(line.split(","))


def test_a_gpu_is_asked_for_by_the_gpu_profile_alone():
    for name, service in WORKERS.items():
        asks = "gpu" in str(service.get("deploy", {}))
        assert asks == name.endswith("-gpu")
        assert service["image"] == ("descry:gpu" if asks else "descry:cpu")
        assert service["build"]["target"] == ("gpu" if asks else "cpu")


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_the_settings_take_every_variable_of_a_worker(name, tmp_path):
    password = tmp_path / "redis_password"
    password.write_text("hunter2\n", "utf-8")
    variables = dict(SERVICES[name]["environment"])
    variables["DESCRY_REDIS__PASSWORD_FILE"] = str(password)
    del variables["DESCRY_CONFIG"]
    settings = load_settings(environ=variables)
    assert settings.redis.url == "redis://redis:6379/0"
    assert settings.redis.password is not None
    assert settings.redis.password.get_secret_value() == "hunter2"
    assert settings.api.port == (8080 if name == "query" else None)


def test_the_command_line_inside_asks_by_a_socket_that_needs_no_password():
    """Before an administrator has set one, the network is answered nothing."""
    query = SERVICES["query"]
    socket = Path(query["command"][query["command"].index("--socket") + 1])
    assert query["environment"]["DESCRY_API__URL"] == f"unix://{socket}"
    assert any(mount.startswith(f"{socket.parent}:") for mount in query["tmpfs"])
    assert "dc exec query descry user password admin" in (DEPLOY / "runbook.md").read_text("utf-8")


def test_prometheus_asks_the_query_worker_with_a_token_from_a_file():
    (job,) = yaml.safe_load((DEPLOY / "prometheus.yaml").read_text("utf-8"))["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["query:8080"]}]
    assert job["authorization"]["type"] == "Bearer"
    assert "credentials" not in job["authorization"]


def test_docker_accepts_the_compose_file():
    docker = shutil.which("docker")
    asked = [docker or "docker", "compose"]
    if not docker or subprocess.run([*asked, "version"], capture_output=True).returncode != 0:
        pytest.skip("no `docker compose` on this machine")
    done = subprocess.run(
        [*asked, "--file", DEPLOY / "compose.yaml", "--profile", "*", "config", "--quiet"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
