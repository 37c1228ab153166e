"""Whether a coupon of a shelf is good: signature, device, time, once only. Needs no network."""
