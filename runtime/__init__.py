"""The code that both programs need to run as processes: logs, traces, settings, start and stop.

Code about notifications does not belong here. `producer_api.contract` defines what both
programs must agree on about notifications.
"""
