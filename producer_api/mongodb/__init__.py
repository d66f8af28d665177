"""MongoDB: the connection, transactions, and the creation of indexes at the start."""
