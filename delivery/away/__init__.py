"""The program `python -m delivery.away`: tells what was not delivered in time in other ways."""
