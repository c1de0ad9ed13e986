"""Places: streets, lobbies and shops with cameras, and where people walk and stand."""
