"""The edge: the Socket.IO connections of this instance, and where each is subscribed."""
