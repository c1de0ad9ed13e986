"""A clip that is drawn on the spot, and the detector that knows what is in it."""
