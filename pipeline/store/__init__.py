"""What lasts: Redis streams and hashes, pictures on disk, and what forgets them."""
