"""Which webhooks a watch may have."""

from dataclasses import dataclass

from pipeline.errors import ConfigError
from pipeline.webhook_urls import check_webhook, names_private


@dataclass(frozen=True, slots=True)
class WebhookRules:
    """What the settings say.

    Attributes:
        has_secret: whether there is something to sign with.
        allow_private: whether private networks may be reached.
    """

    has_secret: bool
    allow_private: bool

    def refuse(self, url: str) -> None:
        """Refuse what could never be delivered to. Whether somebody is there, time will tell.

        Raises:
            ConfigError: it may not be a webhook; empty, it is none.
        """
        if not url:
            return
        try:
            host = check_webhook(url).hostname or ""
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
