"""Checks a URL when it is typed. The dispatcher guards the connection itself."""

from collections.abc import Sequence

from core.cli.output import say
from core.cli.wrong_usage import WrongUsage


def check_address(option: str, url: str, allowed: Sequence[str], *, field: str | None = None) -> None:
    """Warn about an unencrypted http URL. Raises WrongUsage for an address that no connection may go to."""
    from core.delivery.guard import offered_network, url_refusal, url_warning
    from core.url import host_of

    if (reason := url_refusal(url, allowed)) is not None:
        network = offered_network(host_of(url))
        if network is None:
            raise WrongUsage(f"{option}: {reason}.", field)
        raise WrongUsage(
            f"{option}: {host_of(url)} is an address of a private network. If that is meant, allow the network"
            f" first: hookkeeper settings set --allow-network {network}",
            field,
        )
    if (warning := url_warning(url, allowed)) is not None:
        say(f"{option}: {warning}")
