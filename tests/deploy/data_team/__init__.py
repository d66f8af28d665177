"""Tests of the example consumer for the data team."""
