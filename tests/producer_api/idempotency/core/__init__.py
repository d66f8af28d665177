"""Keys, and what repeats are answered."""
