"""Tests of the REST API that share one producer API."""
