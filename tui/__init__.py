"""Hookkeeper's screens. They import `core`; nothing in `core` imports them."""
