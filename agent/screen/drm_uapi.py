"""Structures and numbers of the kernel's calls for displays (linux uapi drm.h, drm_mode.h), those that one panel needs.

They are the kernel's promise to programs and do not change, so no binding is needed.
Not here: making the calls (drm_card.py).
"""

from __future__ import annotations

from ctypes import Structure, c_char, c_uint16, c_uint32, c_uint64, sizeof

CONNECTED, DISCONNECTED, UNKNOWN = 1, 2, 3  # of a connector; some drivers cannot tell
PREFERRED, FROM_COMMAND_LINE = 1 << 3, 1 << 5  # types of modes
FLIP_EVENT, FLIP_COMPLETE = 1, 2  # asks for an event; is that event
DUMB_BUFFER, PREFERRED_DEPTH = 1, 3  # capabilities


class GetCap(Structure):
    _fields_ = [("capability", c_uint64), ("value", c_uint64)]


class Resources(Structure):
    _fields_ = [
        *((name, c_uint64) for name in ("fbs", "crtcs", "connectors", "encoders")),
        *((f"count_{name}", c_uint32) for name in ("fbs", "crtcs", "connectors", "encoders")),
        *((name, c_uint32) for name in ("min_width", "max_width", "min_height", "max_height")),
    ]


class Mode(Structure):
    _fields_ = [
        ("clock", c_uint32),
        *((name, c_uint16) for name in ("hdisplay", "hsync_start", "hsync_end", "htotal", "hskew")),
        *((name, c_uint16) for name in ("vdisplay", "vsync_start", "vsync_end", "vtotal", "vscan")),
        *((name, c_uint32) for name in ("vrefresh", "flags", "type")),
        ("name", c_char * 32),
    ]


class Connector(Structure):
    _fields_ = [
        *((name, c_uint64) for name in ("encoders", "modes", "props", "prop_values")),
        *((f"count_{name}", c_uint32) for name in ("modes", "props", "encoders")),
        *((name, c_uint32) for name in ("encoder_id", "connector_id", "connector_type", "connector_type_id")),
        *((name, c_uint32) for name in ("connection", "mm_width", "mm_height", "subpixel", "pad")),
    ]


class Encoder(Structure):
    _fields_ = [
        (name, c_uint32) for name in ("encoder_id", "encoder_type", "crtc_id", "possible_crtcs", "possible_clones")
    ]


class Crtc(Structure):
    _fields_ = [
        ("connectors", c_uint64),
        *((name, c_uint32) for name in ("count_connectors", "crtc_id", "fb_id", "x", "y", "gamma_size", "mode_valid")),
        ("mode", Mode),
    ]


class AddFb(Structure):
    _fields_ = [(name, c_uint32) for name in ("fb_id", "width", "height", "pitch", "bpp", "depth", "handle")]


class PageFlip(Structure):
    _fields_ = [*((name, c_uint32) for name in ("crtc_id", "fb_id", "flags", "reserved")), ("user_data", c_uint64)]


class CreateDumb(Structure):
    _fields_ = [
        *((name, c_uint32) for name in ("height", "width", "bpp", "flags", "handle", "pitch")),
        ("size", c_uint64),
    ]


class MapDumb(Structure):
    _fields_ = [("handle", c_uint32), ("pad", c_uint32), ("offset", c_uint64)]


class Number(Structure):
    """What is removed by its number alone."""

    _fields_ = [("number", c_uint32)]


class Event(Structure):
    _fields_ = [
        ("type", c_uint32),
        ("length", c_uint32),
        ("user_data", c_uint64),
        *((name, c_uint32) for name in ("seconds", "microseconds", "sequence", "crtc_id")),
    ]


def _both_ways(number: int, kind: type[Structure]) -> int:
    return 3 << 30 | sizeof(kind) << 16 | ord("d") << 8 | number


SET_MASTER = ord("d") << 8 | 0x1E
GET_CAP = _both_ways(0x0C, GetCap)
GET_RESOURCES = _both_ways(0xA0, Resources)
SET_CRTC = _both_ways(0xA2, Crtc)
GET_ENCODER = _both_ways(0xA6, Encoder)
GET_CONNECTOR = _both_ways(0xA7, Connector)
ADD_FB = _both_ways(0xAE, AddFb)
REMOVE_FB = _both_ways(0xAF, Number)
PAGE_FLIP = _both_ways(0xB0, PageFlip)
CREATE_DUMB = _both_ways(0xB2, CreateDumb)
MAP_DUMB = _both_ways(0xB3, MapDumb)
DESTROY_DUMB = _both_ways(0xB4, Number)
