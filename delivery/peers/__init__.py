"""Links between instances, for sockets on one whose users' partitions are on another.

The instance with the socket (the edge) dials the owner of the partition. Subscriptions and
acknowledgements go one way over the link, pushes the other.
"""
