# SPDX-License-Identifier: MIT
# A terminal of 100 x 12: types keys, and prints what stands on the screen after each.
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios

pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 12, 100, 0, 0))


def screen():
    """The text behind the last 'home', once it ends with what ends a screen."""
    data = b''
    while not data.endswith(b'\033[J'):
        if not select.select([fd], [], [], 20)[0]:
            print('nothing comes')
            sys.exit(1)
        data += os.read(fd, 65536)
    text = data[data.rindex(b'\033[H') + 3:].decode()
    text = re.sub(r'\033\[[0-9;?]*[A-Za-z]', '', text)
    return [line.rstrip() for line in text.split('\r\n')]


first = screen()
os.kill(pid, 28)  # SIGWINCH: the size was set after it began
first = screen()
print(len(first), 'lines,', first[-1])
for name, key in (('right', b'\033[C'), ('right', b'\033[C'), ('home', b'\033[H'), ('end', b'\033OF'), ('m', b'm'), ('/', b'/'), ('x', b'x')):
    os.write(fd, key)
    lines = screen()
    print(name + ':', re.sub(r' +', ' ', lines[0]), '|', lines[-1] if name in '/x' else lines[1])
os.write(fd, b'\r')
screen()
os.write(fd, b'q')
rest = b''
try:
    while True:
        rest += os.read(fd, 65536)
except OSError:
    pass
print('status', os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), b'\033[?1049l' in rest)
