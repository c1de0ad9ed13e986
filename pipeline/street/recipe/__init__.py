"""How the bundled weights are made: street, training, packing, calibration."""
