"""Which receivers of its own a watch may have."""

from dataclasses import dataclass

from pipeline.errors import ConfigError
from pipeline.webhook_urls import check_webhook, names_private


@dataclass(frozen=True, slots=True)
class ReceiverRules:
    """What the settings say.

    Attributes:
        has_secret: whether there is something to sign with.
        allow_private: whether webhooks may reach private networks.
        has_broker: whether there is a broker.
    """

    has_secret: bool
    allow_private: bool
    has_broker: bool

    def refuse(self, webhook: str, mqtt: bool) -> None:
        """Refuse what could never be delivered to. Whether somebody is there, time will tell.

        Raises:
            ConfigError: `webhook` may not be one (empty, it is none), or there is no broker.
        """
        if mqtt and not self.has_broker:
            raise ConfigError(
                "there is no MQTT broker to tell: set mqtt.url (mqtt://host:1883), and start "
                "Descry again"
            )
        if not webhook:
            return
        try:
            host = check_webhook(webhook).hostname or ""
        except ValueError as error:
            raise ConfigError(f"the webhook {error}") from error
        if not self.has_secret:
            raise ConfigError(
                "there is nothing to sign a webhook with: set webhooks.secret "
                "(DESCRY_WEBHOOKS__SECRET_FILE), and start Descry again"
            )
        if names_private(host) and not self.allow_private:
            raise ConfigError(
                "the webhook leads to a private address: webhooks.allow_private_addresses lets it"
            )
