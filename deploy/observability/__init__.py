"""What Prometheus and Grafana read: alert rules, the scrape configuration and a dashboard."""
