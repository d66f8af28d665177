"""Tests of the package that both programs use to run as a process."""
