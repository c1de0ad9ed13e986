"""The words by which people are described, and what each means."""
