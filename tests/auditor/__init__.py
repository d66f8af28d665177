"""An independent auditor of the pipeline's guarantees; see `python -m tests.auditor --help`.

The auditor shares no code with the programs that it judges, except an extension of aiokafka (see
`kafka_admin`). It reads only what anyone could read: the topics, the group's committed offsets,
MongoDB, and the logs that the clients write themselves.
"""
