"""Tests of the REST API, on one producer API that they share."""
