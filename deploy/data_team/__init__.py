"""A consumer to copy: the funnel created → delivered → seen → read, from the topics alone.

It imports nothing of the pipeline: docs/asyncapi.yaml, the schemas and docs/data-team.md are all
that it knows. Kafka's offsets are kept beside the figures, in the same transaction.
"""
