"""The form with which people without Python plan: written, read back, and kept as versions."""
