"""The processes: cameras and files in, answers out."""
