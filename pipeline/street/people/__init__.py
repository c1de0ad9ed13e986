"""Bodies and what they wear: looks made into meshes, at rest and posed."""
