"""What the away program keeps and reads in MongoDB."""
