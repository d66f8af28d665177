"""The files for Prometheus and Grafana: alert rules, scrape configuration and a dashboard."""
