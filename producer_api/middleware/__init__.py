"""The ASGI middleware around the routes. `stack.py` defines its order."""
