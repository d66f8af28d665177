"""Unit tests of the producer API, laid out as the program is."""
