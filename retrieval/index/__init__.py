"""The gallery: embedded shots that can be searched."""
