"""What an owner does at intervals, beside pushing."""
