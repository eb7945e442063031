#!/bin/sh
# The stand-in's executable, where Electron's lies: a Node process that drives a real Chromium. See README.md.
self=$(readlink -f "$0"); here=$(dirname "$self")
if [ -n "$ELECTRON_RUN_AS_NODE" ]; then echo 'stand-in: running as Node is switched off, as by our fuses' >&2; exit 1; fi
# Electron on Linux has the system's GLib in each of its processes, and so has this.
if [ "$STANDIN_GLIB" != 0 ]; then export LD_PRELOAD='libglib-2.0.so.0:libgobject-2.0.so.0:libgio-2.0.so.0'; fi
inspect=
for word in "$@"; do case $word in --inspect|--inspect=*|--inspect-brk|--inspect-brk=*) inspect=$word;; esac; done
STANDIN_EXECUTABLE=$self exec "${STANDIN_NODE:-node}" $inspect --no-warnings "$here/standin/boot.cjs" "$@"
