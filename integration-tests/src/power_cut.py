"""Shuts down the file system of a folder, as a power cut would: `power_cut.py FOLDER`, then a line on its input.

EXT4_IOC_SHUTDOWN with NOLOGFLUSH: what the file system had not written is gone, its journal too.
"""

import fcntl
import os
import struct
import sys

EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NOLOGFLUSH = 2

folder = os.open(sys.argv[1], os.O_RDONLY)
print("ready", flush=True)
if not sys.stdin.readline():
    sys.exit()  # nobody cuts: the power stays
fcntl.ioctl(folder, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
print("cut", flush=True)
