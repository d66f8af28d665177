"""The outbox, without its parts."""
