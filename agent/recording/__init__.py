"""The observation stream on disk, as the core saw it, and its replay.

protocol.py: format, bounds, the error. codec.py: an observation as a line. segment.py: one file, ring.py: the folder.
writer.py: the thread that writes. reader.py: a file back into observations. replay.py: through the core again.
"""
