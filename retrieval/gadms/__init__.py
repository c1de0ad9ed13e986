"""The GA-DMS model on open_clip towers."""
