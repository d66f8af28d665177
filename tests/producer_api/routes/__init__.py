"""Tests of the routes, without a server."""
