"""The demo: footage of the street whose truth is known, and what answers are worth."""
