"""Everything of Hookkeeper that works without a screen."""
