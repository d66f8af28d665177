"""What both programs need to run as a process: logs, traces, settings, start, serve and stop.

Nothing here knows of notifications. What the programs must agree on about those is in
`producer_api.contract`.
"""
