"""Commands for whoever is on call: look, and repair. What changes anything says first what it would
do, and does it with `--apply`; all of it is safe to repeat.
"""
