"""Tests of the tools for people on call."""
