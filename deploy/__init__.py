"""Runs the pipeline. Also contains a demo shop, an example consumer and dashboards."""
