"""What the screens may cost, in a real terminal: counts of bytes, never times."""
