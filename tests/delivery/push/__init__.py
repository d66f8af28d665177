"""Tests of what feeds users and watches their acknowledgements."""
