"""Links between instances: a socket here, its user's partition there.

The instance with the socket (the edge) dials the owner. Over the link go subscriptions and
acknowledgements one way, pushes the other.
"""
