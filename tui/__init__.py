"""Hookkeeper's screens. They talk to `core` only, and nothing in `core` knows of them."""
