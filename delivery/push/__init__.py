"""Pushes notifications to the users of the partitions that this instance owns."""
