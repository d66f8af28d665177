"""Tests of the rules by which the away program tells users."""
