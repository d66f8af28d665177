"""Tests of the schemas of the topics."""
