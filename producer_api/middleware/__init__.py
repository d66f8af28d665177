"""The code around the routes: one ASGI middleware, and its parts."""
