"""Commands for people on call: look at the pipeline, and repair it.

A command that changes anything first says what it would do, and does it only with `--apply`. All
commands are safe to repeat.
"""
