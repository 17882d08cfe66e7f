"""The part of Hookkeeper that works without the TUI."""
