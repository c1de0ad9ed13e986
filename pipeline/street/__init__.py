"""The synthetic street: people, places and cameras whose truth is known."""
