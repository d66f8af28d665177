"""What Prometheus and Grafana are given: rules of alerts, a dashboard, where to scrape."""
