"""Learning: data sets, masked views, the trainer, and what a model is measured by."""
