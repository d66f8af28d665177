"""Several worker processes that share one address, and the parent that starts and watches them.

    parent ── binds the port, starts the workers, watches them, answers for all of them
      ├── worker 1 ┐ each a whole program with its own event loop and connections,
      └── worker 2 ┘ which accepts from the one listening socket

docs/adr/0030-worker-processes.md has the reasons.
"""
