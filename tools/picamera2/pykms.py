"""Stands in for kms++, which Debian does not package: picamera2 imports it for previews on a screen, which has no part
here. What PyPI calls kms is something else."""


class PixelFormat:
    """Names alone."""

    RGB888 = BGR888 = XRGB8888 = XBGR8888 = YUV420 = YVU420 = MJPEG = RGB565 = NV12 = None
