"""Links between instances, for users whose socket and partition are on different instances.

The instance with the socket (the edge) dials the owner of the partition. Subscriptions and
acknowledgements go one way over the link, pushes the other.
"""
