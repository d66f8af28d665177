"""The whole pipeline on one machine: `make run` and `make scale`."""
