"""Changes of a user's inbox: marking, superseding and erasing, each in one transaction."""
