"""Scales: what is asked of one, a decoder for each kind of box, the port, the reading thread, and a fake."""
