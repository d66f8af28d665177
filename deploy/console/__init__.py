"""The machine room: a service that shows what the pipeline does, and can push and replay again.

It reads the three topics without a consumer group, asks Kafka and the instances for their state,
and sends both to the built page as server-sent events. On request, it pushes notifications again
and replays dead letters; otherwise, it changes nothing in the pipeline. See docs/console.md.
"""
