"""The periodic tasks of an owner."""
