"""The durable inbox: each user's notifications, in MongoDB."""
