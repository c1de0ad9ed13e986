"""Evidence packs: written, signed, and checked by whoever has one."""
