"""The edge: this instance's Socket.IO connections, and the owners where they are subscribed."""
