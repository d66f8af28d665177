"""The unread and unseen counts of a user, and what keeps reading them cheap."""
