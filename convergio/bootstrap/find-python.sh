#!/bin/sh
# Print the path of a Python this project can use (3.12 or newer, with venv and pip), or say what to do.
# An existing .venv wins; then what is on the path; then what pyenv, uv or the system keep elsewhere.

usable() {
    [ -x "$1" ] && "$1" -c '
import sys
import ensurepip, venv, ssl, sqlite3, ctypes
sys.exit(sys.implementation.name != "cpython" or sys.version_info < (3, 12))' >/dev/null 2>&1
}

candidates() {
    echo "$PWD/.venv/bin/python"
    [ -n "$PYTHON" ] && command -v "$PYTHON"
    for version in 3.13 3.12 3.14; do
        command -v "python$version"
        for home in "${PYENV_ROOT:-$HOME/.pyenv}/versions" "$HOME/.local/share/uv/python" /opt/pyenv/versions; do
            ls -d "$home/"*"$version".*/bin/python3 2>/dev/null | sort -rV
        done
        echo "/usr/local/bin/python$version"
        echo "/opt/homebrew/bin/python$version"
    done
    command -v python3
    command -v python
}

for python in $(candidates); do
    if usable "$python"; then
        echo "$python"
        exit 0
    fi
done
echo "Convergio needs Python 3.12 or newer with venv and pip, and none was found. Install one (Debian, Ubuntu: apt-get install python3 python3-venv; any system: pyenv install 3.13) or name it: make up PYTHON=/path/to/python3.13" >&2
exit 1
