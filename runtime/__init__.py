"""The code that all programs need to run as processes: logs, traces, settings, start and stop.

Code about notifications does not belong here. `producer_api.contract` defines what the programs
must agree on about notifications.
"""
