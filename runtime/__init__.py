"""What every program of ours needs to run as a process, whatever it does.

Logs, traces, the watch over the event loop, starting, serving and stopping. Nothing here knows of
notifications: `producer_api.contract` holds what the programs must agree on about those.
"""
