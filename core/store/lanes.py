"""The lanes of a webhook's deliveries, which are claimed separately."""

FRESH, RETRY, BULK = 0, 1, 2
"""First attempts; retries; and bulk: deliveries that become due in large numbers at once, such as those of a job."""
