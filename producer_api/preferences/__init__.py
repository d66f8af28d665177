"""The preferences of users: which categories they have muted, and their quiet hours."""
