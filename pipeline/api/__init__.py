"""The HTTP face of the query worker."""
