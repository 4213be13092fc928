#!/bin/sh
# Creates the files that compose.yaml mounts as secrets, unless they exist: an API key for you ("frontend") and one for Prometheus,
# with their entries for API_KEYS_FILE; the secret of the sandbox's plugin; a password for Grafana.
#
#   deploy/make-secrets.sh [folder]
#
# LARK_USER_GATEWAY is the command that creates keys, by default the image: "node dist/cli.js" for example.
set -eu
folder=${1:-$(dirname "$0")/secrets}
gateway=${LARK_USER_GATEWAY:-docker run --rm lark-user-gateway:local}

# Other users of this machine cannot enter the folder. The files themselves must be readable by the users of the containers.
mkdir -p "$folder"
chmod 700 "$folder"
umask 022

for name in frontend prometheus; do
  [ -s "$folder/$name.key" ] && continue
  made=$($gateway api-key "$name")
  printf '%s\n' "$made" | sed -n "s/^ *\($name:[0-9a-f]*\)\$/\1/p" >>"$folder/api-keys"
  printf '%s\n' "$made" | sed -n 's/^ *\(lug_[A-Za-z0-9_-]*\)$/\1/p' >"$folder/$name.key"
done
[ -s "$folder/plugin-secret" ] || printf 'sandbox-secret\n' >"$folder/plugin-secret"
[ -s "$folder/grafana-password" ] || od -An -N18 -tx1 /dev/urandom | tr -d ' \n' >"$folder/grafana-password"

echo "The secrets are in $folder. Your API key is in frontend.key, the password of Grafana's user admin in grafana-password."
