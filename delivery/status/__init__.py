"""`GET /status`: where the partitions of this instance stand, and what they wait for."""
