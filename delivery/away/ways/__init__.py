"""The ways in which a notification is told."""
