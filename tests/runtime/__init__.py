"""Tests of what both programs need to run as a process."""
