"""The edge: this instance's Socket.IO connections, and their subscriptions at the owners."""
