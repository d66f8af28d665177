"""Tests of `GET /status`."""
