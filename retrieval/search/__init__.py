"""From a sentence to ranked tracks."""
