"""What users prefer: which categories they have muted, and their quiet hours."""
