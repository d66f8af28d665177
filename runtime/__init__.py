"""The code with which both programs run as processes: logs, traces, settings, start and stop.

Code about notifications does not belong here. `producer_api.contract` has what both programs must
agree on about notifications.
"""
