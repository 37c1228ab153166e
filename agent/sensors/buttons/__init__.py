"""Buttons and a light on the device."""
