"""Panels tried on a real kernel: a guest with a display, looked at from outside. See tools/screen_guest.sh."""
