#!/usr/bin/env bash
# See start_cluster.sh --help.
set -euo pipefail
exec node "$(dirname "$0")/lib/cluster.mjs" start "$@"
