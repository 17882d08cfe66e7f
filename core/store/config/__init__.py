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
from core.store.config.secrets import (
    MOST_OLDER,
    OVERLAP_MS,
    older_secret_ends,
    reveal_secret,
    rotate_secret,
    signing_secret,
)
from core.store.config.settings import load_settings, save_settings
from core.store.config.summaries import WebhookReader, WebhookSummary, list_webhooks
from core.store.config.webhook_rows import find_webhook
from core.store.config.webhooks import add_webhook, load_webhook, save_webhook, set_enabled
from core.store.config.with_secrets import (
    ChangedWebhooks,
    WebhookWithSecrets,
    changed_webhooks,
    list_with_secrets,
)

__all__ = [
    "MOST_OLDER",
    "OVERLAP_MS",
    "UNDO_MS",
    "ChangedWebhooks",
    "DeletedWebhook",
    "WebhookReader",
    "WebhookSummary",
    "WebhookWithSecrets",
    "add_webhook",
    "changed_webhooks",
    "delete_webhook",
    "find_webhook",
    "finish_changes",
    "last_deletion",
    "list_deleted",
    "list_webhooks",
    "list_with_secrets",
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
