"""Meshes to pictures: graphics, light, weather and lens, and who is seen where."""
