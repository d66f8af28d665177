"""Who the caller is, what they may reach, and how often they may ask."""
