"""Pixels to the best shots of each tracked person."""
