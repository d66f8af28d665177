"""MongoDB: the connection, transactions, and the indexes that must be there first."""
