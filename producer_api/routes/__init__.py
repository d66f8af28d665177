"""The REST API: a module for each group of routes, and the models of the bodies."""
