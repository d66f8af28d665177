"""Tests of authentication, access and rate limits."""
