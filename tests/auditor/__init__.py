"""An independent judge of the pipeline's guarantees; `python -m tests.auditor --help`.

It shares no code with what it judges: it reads what anybody could read (the topic, the group's
committed offsets, MongoDB, the clients' own logs), by the public contract alone.
"""
