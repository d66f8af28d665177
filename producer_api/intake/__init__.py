"""Creates notifications in batches. Each batch is written as a whole, and then published."""
