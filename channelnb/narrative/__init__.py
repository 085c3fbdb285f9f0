"""Facts, and sentences computed from them."""
