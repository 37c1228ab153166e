"""Sees, on the device and nowhere else: frames in, detections out; here frames stop.

So far: the seam to the TFLite runtimes (runtime.py).
"""
