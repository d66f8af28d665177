"""Tests of the ways to tell a notification."""
