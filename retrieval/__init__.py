"""A shot and a sentence to the tracks that match."""
