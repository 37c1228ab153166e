"""Sees, on the device and nowhere else: frames in, detections out; here frames stop.

Pictures wait in slot.py, loop.py looks at them as schedule.py says, tflite.py asks the models, palm.py, ssd.py and
centers.py decode what they answer.
"""
