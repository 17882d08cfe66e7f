"""The lanes of a webhook's deliveries, and when the ones without a due time are due."""

FRESH, RETRY, BULK = 0, 1, 2
"""First attempts, further ones, and what came in a heap."""
NEVER_DUE = 2**63 - 1
"""The due time of a delivery that waits for those before it in its line."""
