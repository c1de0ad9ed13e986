"""The command line: one file per verb, bodies under fifteen lines."""
