"""What runs the pipeline, and small programs around it: a demo shop, a consumer, dashboards."""
