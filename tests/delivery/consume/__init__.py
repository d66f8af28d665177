"""Tests of the consumer group's member: intake, commits, rebalances."""
