"""The section of the settings on the API: where it listens, and whom it believes."""

from typing import Any

from pydantic import Field, field_validator, model_validator

from pipeline.config_sections import DAY_S, Section
from pipeline.config_types import ApiUrl, Network, PathOnDisk, PublicUrl, Seconds


class Api(Section):
    """Where searches are answered, and who may ask."""

    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address to listen on, where there is a port"
    )
    port: int | None = Field(
        default=None, ge=0, le=65535, description="null: the unix socket alone; 0: any free port"
    )
    tls_certificate: PathOnDisk | None = Field(
        default=None, description="Serve https: the certificate and those that vouch for it (PEM)"
    )
    tls_key: PathOnDisk | None = Field(
        default=None, description="The key of that certificate (PEM, without a password)"
    )
    public_url: PublicUrl | None = Field(
        default=None,
        description="The address that browsers use where a proxy stands in front:"
        " https://descry.example.org",
    )
    trusted_proxies: list[Network] = Field(
        default=[],
        description="Proxies that are believed whom they speak for (X-Forwarded-For, -Proto), by "
        "address or network; as a variable 10.0.0.5,10.1.0.0/24",
    )
    session_s: Seconds = Field(
        default=43_200.0,
        ge=60,
        le=30 * DAY_S,
        description="How long somebody stays signed in at most",
    )
    session_idle_s: Seconds = Field(
        default=3600.0, ge=60, le=30 * DAY_S, description="And without doing anything"
    )
    requests_per_minute: int | None = Field(
        default=6000,
        ge=1,
        le=10_000_000,
        description="Of each user, token, or address that shows neither; null: no limit",
    )
    url: ApiUrl | None = Field(
        default=None,
        description="A query worker for commands to ask that this data folder does not name:"
        " http://host:8000, https://… or unix:///socket",
    )
    token_file: PathOnDisk | None = Field(
        default=None,
        description="Holds an API token for that worker, or what `token` of its data folder holds;"
        " null: `token` in the data folder here",
    )
    ca_file: PathOnDisk | None = Field(
        default=None,
        description="Certificates (PEM) that vouch for that worker; null: those that this machine"
        " trusts",
    )

    source_url: str | None = Field(
        default=None,
        pattern=r"^https?://\S+$",
        max_length=500,
        description="Where the source is, if you changed the program; null: where the project's is",
    )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _proxies_of_a_variable(cls, value: Any) -> Any:
        return [part for part in value.split(",") if part] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_both_halves(self) -> "Api":
        if (self.tls_certificate is None) != (self.tls_key is None):
            missing = "tls_certificate" if self.tls_certificate is None else "tls_key"
            raise ValueError(f"has no {missing}: TLS takes both files, tls_certificate and tls_key")
        if self.ca_file is not None and not (self.url or "").startswith("https:"):
            raise ValueError("has a ca_file, which only an https:// url asks")
        return self
