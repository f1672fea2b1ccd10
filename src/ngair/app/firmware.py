"""What the command line does with images and keys."""

from ngair.adapters.firmware.keys import load_private_key, load_public_keys, make_keys
from ngair.adapters.firmware.looking import Found, look_at
from ngair.adapters.firmware.making import make_image, sign_image
from ngair.device.image import ImageRefusedError, Manifest
from ngair.device.image.keys import key_id, public_of

__all__ = [
    "Found",
    "ImageRefusedError",
    "Manifest",
    "key_id",
    "load_private_key",
    "load_public_keys",
    "look_at",
    "make_image",
    "make_keys",
    "public_of",
    "sign_image",
]
