"""Devices the agent listens to: each folder holds a protocol, its real drivers and their fake."""
