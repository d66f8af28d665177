"""The unread and unseen counts of a user, and the folding that makes them cheap to read."""
