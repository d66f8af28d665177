"""The REST API: one file for each group of routes, and the shapes of requests and responses."""
