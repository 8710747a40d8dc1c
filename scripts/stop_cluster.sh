#!/usr/bin/env bash
# See stop_cluster.sh --help.
set -euo pipefail
exec node "$(dirname "$0")/lib/cluster.mjs" stop "$@"
