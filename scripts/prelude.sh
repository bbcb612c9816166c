# Sourced by the other scripts: goes to the repository's root and sets what all of them rely on.
# Written for bash 3.2, which is what macOS ships.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '==> %s\n' "$*" >&2; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Homebrew keeps these out of the default search path because macOS has its own, older or without headers.
if [ "$(uname -s)" = Darwin ] && command -v brew >/dev/null 2>&1; then
    prefix=$(brew --prefix)
    for formula in libpq libarchive; do
        PKG_CONFIG_PATH="$prefix/opt/$formula/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
    done
    export PKG_CONFIG_PATH
fi

# Prints the directory of the newest PostgreSQL server at hand (POSTGRES_BIN overrides), or fails without a word.
postgres_bin() {
    if [ -n "${POSTGRES_BIN:-}" ]; then
        [ -x "$POSTGRES_BIN/initdb" ] && printf '%s\n' "$POSTGRES_BIN"
        return
    fi
    local directory newest="" version best=0
    for directory in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
        [ -x "$directory/initdb" ] && [ -x "$directory/postgres" ] && [ -x "$directory/createdb" ] || continue
        version=$(printf '%s\n' "$directory" | sed 's/[^0-9]*\([0-9][0-9]*\).*/\1/')
        if [ "$version" -gt "$best" ]; then
            best=$version
            newest=$directory
        fi
    done
    if [ -z "$newest" ] && command -v initdb >/dev/null 2>&1 && command -v postgres >/dev/null 2>&1; then
        newest=$(dirname "$(command -v initdb)")
    fi
    [ -n "$newest" ] && printf '%s\n' "$newest"
}
