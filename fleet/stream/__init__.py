"""The server's front door: the change stream answered here, everything else handed to Django."""
