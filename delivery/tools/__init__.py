"""Commands for people on call: inspect the pipeline, and repair it.

A command that repairs something only prints what it would change, unless `--apply` is given. All
commands are safe to repeat.
"""
