"""Links between instances, for users whose socket and partition are on different instances.

The instance with the socket (the edge) dials the owner of the partition. The edge sends
subscriptions and acks over the link, and the owner sends pushes.
"""
