"""The data team's own consumer."""
