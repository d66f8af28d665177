"""ASGI middleware: what surrounds the routes. `stack.py` has the order."""
