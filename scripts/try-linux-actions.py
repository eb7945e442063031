"""Opens a folder in a file manager, chooses all that is in it, and goes through the menu: see try-linux-actions.mjs.

usage: try-linux-actions.py <file manager> <folder> <menu entry> ...
"""
import subprocess
import sys
import time

import gi

gi.require_version('Atspi', '2.0')
from gi.repository import Atspi  # noqa: E402

MENU_ROLES = ('menu item', 'menu', 'check menu item', 'button', 'push button')


def quietly(*words):
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def xdotool(*words):
    return subprocess.run(['xdotool', *words], capture_output=True, text=True).stdout.split()


def below(node, depth=0):
    if node is None or depth > 30:
        return
    yield node
    try:
        for index in range(node.get_child_count()):
            yield from below(node.get_child_at_index(index), depth + 1)
    except Exception:
        return


def entries():
    """Every menu entry of every program, with its name."""
    desktop = Atspi.get_desktop(0)
    for index in range(desktop.get_child_count()):
        for node in below(desktop.get_child_at_index(index)):
            try:
                if node.get_role_name() in MENU_ROLES and node.get_name():
                    yield node, node.get_name()
            except Exception:
                continue


def activate(label, seconds=6):
    """Clicks the last entry of this name; says what there was where there is none."""
    end = time.time() + seconds
    while time.time() < end:
        found = [node for node, name in entries() if name.replace('_', '') == label]
        if found:
            found[-1].get_action_iface().do_action(0)
            return True
        time.sleep(0.5)
    print('no entry', label, 'among', sorted({name for _, name in entries()}))
    return False


def main():
    manager, folder, *labels = sys.argv[1:]
    quietly('/usr/libexec/at-spi-bus-launcher', '--launch-immediately')
    quietly('openbox')
    time.sleep(1)
    subprocess.run(['gsettings', 'set', 'org.gnome.desktop.interface', 'toolkit-accessibility', 'true'], capture_output=True)
    started = quietly(manager, folder)
    windows = []
    for _ in range(40):
        windows = xdotool('search', '--onlyvisible', '--name', 'photos')
        if windows:
            break
        time.sleep(0.5)
    print('windows', windows)
    time.sleep(3)
    if windows:
        xdotool('windowfocus', '--sync', windows[-1])
    xdotool('key', 'ctrl+a')
    time.sleep(1)
    xdotool('key', 'shift+F10')
    time.sleep(2)
    for label in labels:
        if not activate(label):
            break
        time.sleep(0.7)
    time.sleep(2)
    started.terminate()


main()
