"""A real MQTT broker (Debian's mosquitto) on loopback, and who subscribes to it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.conftest import missing

WITHIN_S = 20.0


def mosquitto_program(name="mosquitto"):
    """Where it is; Debian puts it where only root looks. Skips, or fails, without one."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        missing(f"no {name}: install Debian's package mosquitto", "mosquitto")
    return found


def wait_for(tell, what):
    """Wait until `tell` says something; what that is."""
    ends_at = time.monotonic() + WITHIN_S
    while not (found := tell()):
        assert time.monotonic() < ends_at, f"{what} did not come"
        time.sleep(0.01)
    return found


class Mosquitto:
    """Runs until stopped or killed, and again with what it knew when started."""

    def __init__(self, folder: Path, *, conf=""):
        self.folder, self.conf, self.process = Path(folder), conf, None
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self.port = held.getsockname()[1]
        self.program = mosquitto_program()

    def start(self):
        conf = self.folder / "mosquitto.conf"
        access = "" if "allow_anonymous" in self.conf else "allow_anonymous true\n"
        conf.write_text(
            f"listener {self.port} 127.0.0.1\nuser root\npersistence true\n"
            f"persistence_location {self.folder}/\nautosave_interval 0\n{access}{self.conf}\n"
        )
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen([self.program, "-c", conf], stdout=log, stderr=log)
        wait_for(self.answers, "mosquitto")
        return self

    def answers(self):
        assert self.process.poll() is None, (self.folder / "mosquitto.log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def save(self):
        """Write down who subscribes, as it does now and then."""
        kept = self.folder / "mosquitto.db"
        kept.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        wait_for(kept.is_file, "what mosquitto knows")

    def kill(self, how=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(WITHIN_S)
            self.process = None


class Subscriber:
    """Somebody who is sent all that is published, and what came while they were away."""

    def __init__(self, broker, *, username=None, password=None):
        self.got = []
        self.client = Client(
            CallbackAPIVersion.VERSION2, client_id="home", protocol=MQTTProtocolVersion.MQTTv5
        )
        self.client.reconnect_delay_set(1, 1)
        self.client.username_pw_set(username, password)
        self.client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self.client.on_subscribe = lambda *_: self.subscribed.append(True)
        self.client.on_message = lambda client, data, message: self.got.append(message)
        self.subscribed = []
        kept = Properties(PacketTypes.CONNECT)
        kept.SessionExpiryInterval = 3600
        self.client.connect("127.0.0.1", broker.port, clean_start=False, properties=kept)
        self.client.loop_start()
        wait_for(lambda: self.subscribed, "the subscription")

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def told(self, topic="descry/matches"):
        return [json.loads(each.payload) for each in list(self.got) if each.topic == topic]

    def words(self):
        """(type, number) of what came, repetitions included."""
        return [(word["type"], word["number"]) for word in self.told()]

    def once(self):
        """The words of somebody who goes by the key, each alert's in the order they came."""
        seen, alerts = set(), {}
        for word in self.told():
            if word["key"] not in seen:
                seen.add(word["key"])
                alerts.setdefault(word["alert"], []).append((word["type"], word["number"]))
        return alerts

    def availability(self):
        return [
            each.payload.decode() for each in list(self.got) if each.topic == "descry/available"
        ]
