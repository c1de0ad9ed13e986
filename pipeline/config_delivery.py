"""Sections of the settings that say where alerts are delivered."""

from typing import Final

from pydantic import Field, model_validator

from pipeline.config_sections import Section
from pipeline.config_types import (
    BrokerUrl,
    Namespace,
    PathOnDisk,
    Seconds,
    Secret,
    TopicPrefix,
)
from pipeline.webhook_urls import check_webhook

SHORTEST_SECRET: Final = 16


class Webhooks(Section):
    """Where alerts go by HTTP, beside the --webhook of a watch."""

    url: Secret | None = Field(
        default=None, description="Every alert of every watch goes here, too: https://host/path"
    )
    secret: Secret | None = Field(
        default=None,
        description="Signs what is sent, 16 letters or more; without it there are no webhooks",
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="Whether a webhook may reach this machine and private networks",
    )
    timeout_s: Seconds = Field(
        default=10.0, gt=0, le=60, description="How long a receiver may take to answer"
    )
    retry_s: Seconds = Field(
        default=12 * 3600.0,
        ge=0,
        le=30 * 86400.0,
        description="How long one that fails is tried again, at waits of 1 s to 1 m; then"
        " `descry alerts --undelivered` lists the alert",
    )

    @model_validator(mode="after")
    def _signs_what_it_sends(self) -> "Webhooks":
        if self.secret is not None and len(self.secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"has a secret of fewer than {SHORTEST_SECRET} letters")
        if self.url is not None:
            if self.secret is None:
                raise ValueError("has a url and no secret: set a secret to sign with")
            try:
                check_webhook(self.url.get_secret_value())
            except ValueError as error:
                raise ValueError(f"has a url that {error}") from error
        return self


class Mqtt(Section):
    """The broker that alerts go to. Without a url, none."""

    url: BrokerUrl | None = Field(
        default=None,
        description="mqtt://host:1883, or mqtts://host:8883 with TLS, never with credentials;"
        " it may be on a private network",
    )
    username: str | None = Field(
        default=None, min_length=1, description="Who to log in as, where the broker asks"
    )
    password: Secret | None = Field(default=None, description="The password of that user")
    ca_file: PathOnDisk | None = Field(
        default=None,
        description="Certificates (PEM) that vouch for an mqtts:// broker; null: those that this"
        " machine trusts",
    )
    client_id: Namespace = Field(
        default="descry",
        description="What Descry calls itself there; two installations at one broker need two",
    )
    prefix: TopicPrefix = Field(
        default="descry", description="What the topics begin with: descry/matches, say"
    )
    every_watch: bool = Field(
        default=True,
        description="Whether alerts of every watch go there; else of those added with --mqtt",
    )
    timeout_s: Seconds = Field(
        default=10.0, gt=0, le=60, description="How long the broker may take to answer"
    )
    retry_s: Seconds = Field(
        default=12 * 3600.0,
        ge=0,
        le=30 * 86400.0,
        description="How long an alert is tried again, as with webhooks.retry_s",
    )

    @model_validator(mode="after")
    def _knows_what_it_needs(self) -> "Mqtt":
        if self.password is not None and self.username is None:
            raise ValueError("has a password and no username: set both")
        if self.ca_file is not None and not (self.url or "").startswith("mqtts:"):
            raise ValueError("has a ca_file, which only an mqtts:// url asks")
        return self
