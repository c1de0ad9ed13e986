"""Sentences about people: what they claim, how it is said, and whom it fits."""
