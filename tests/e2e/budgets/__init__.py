"""Budgets of the screens in a real terminal, counted in bytes and never in time."""
