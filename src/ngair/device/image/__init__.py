"""A firmware image: what stands in it, who signed it, and whether a box takes it. Bytes in, answers out."""

from ngair.device.image.manifest import File, Manifest
from ngair.device.image.reader import ImageReader, Trust
from ngair.device.image.refusing import ImageRefusedError, Reason
from ngair.device.image.upload_path import upload_name

__all__ = ["File", "ImageReader", "ImageRefusedError", "Manifest", "Reason", "Trust", "upload_name"]
