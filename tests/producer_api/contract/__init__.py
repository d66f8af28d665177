"""Tests of what both programs agree on."""
