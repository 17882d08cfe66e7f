"""Webhooks and the general settings."""

from core.store.config.changes import finish_changes
from core.store.config.deletion import (
    UNDO_MS,
    DeletedWebhook,
    delete_webhook,
    last_deletion,
    list_deleted,
    undo_delete,
)
from core.store.config.destinations import Destination, list_destinations
from core.store.config.health import WebhookSummary, list_webhooks
from core.store.config.rows import find_webhook
from core.store.config.secrets import (
    MOST_OLDER,
    OVERLAP_MS,
    older_secret_ends,
    reveal_secret,
    rotate_secret,
    signing_secret,
)
from core.store.config.settings import load_settings, save_settings
from core.store.config.webhooks import add_webhook, load_webhook, save_webhook, set_enabled

__all__ = [
    "MOST_OLDER",
    "OVERLAP_MS",
    "UNDO_MS",
    "DeletedWebhook",
    "Destination",
    "WebhookSummary",
    "add_webhook",
    "delete_webhook",
    "find_webhook",
    "finish_changes",
    "last_deletion",
    "list_deleted",
    "list_destinations",
    "list_webhooks",
    "load_settings",
    "load_webhook",
    "older_secret_ends",
    "reveal_secret",
    "rotate_secret",
    "save_settings",
    "save_webhook",
    "set_enabled",
    "signing_secret",
    "undo_delete",
]
