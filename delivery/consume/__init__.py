"""Takes in records as a member of the consumer group, and commits offsets."""
