"""The durable inbox: each user's notifications in MongoDB, their lists, counts and changes."""
