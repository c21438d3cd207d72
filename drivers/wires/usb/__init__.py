"""USB without the kernel driver: pyusb bulk transfers."""
