"""Firmware images on disk: received, made, looked at. And the keys that they are signed with."""
