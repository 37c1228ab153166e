"""Cameras: what is asked of one, a driver for each kind, the reading thread, its watchman, and a fake."""
