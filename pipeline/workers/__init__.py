"""The long-running processes: camera, embed, query, and their supervisor."""
