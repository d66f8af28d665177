"""Unit tests of the producer API, in the folders of the program."""
