"""The lanes of a webhook's deliveries."""

FRESH, RETRY, BULK = 0, 1, 2
"""First attempts, further ones, and what came in a heap."""
