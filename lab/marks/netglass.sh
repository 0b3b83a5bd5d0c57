# Marks in a netglass capture, from a shell script; one line:
#
#     . ./netglass.sh; netglass_mark "before connect()"
#
# The mark stands in the packet list before the next packet. It goes to the capture that began last of those that run.
# NETGLASS_HOST (127.0.0.1), NETGLASS_PORT (8080), NETGLASS_CAPTURE (current) and NETGLASS_TOKEN in the environment say
# otherwise. Without netglass the script goes on: standard error says why there is no mark, and the status is 1.
# It takes curl, and GNU date for the nanoseconds.

netglass_mark() {
  netglass_text=$(printf '%s' "$*" | tr '\n\t' '  ' | sed 's/[\\"]/\\&/g')
  netglass_host=${NETGLASS_HOST:-127.0.0.1}
  case $netglass_host in *:*) netglass_host="[$netglass_host]" ;; esac
  # The token goes by standard input: arguments are seen by everybody on the machine.
  netglass_answer=$(
    printf 'header = "Authorization: Bearer %s"\n' "${NETGLASS_TOKEN:-none}" |
      curl --config - --silent --show-error --fail-with-body --noproxy '*' --max-time 2 --globoff \
        "http://$netglass_host:${NETGLASS_PORT:-8080}/api/captures/${NETGLASS_CAPTURE:-current}/marks" \
        --header 'Content-Type: application/json' \
        --data "{\"text\":\"$netglass_text\",\"time\":\"$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)\"}"
  ) || {
    printf 'netglass: no mark: %s\n' "$netglass_answer" >&2
    return 1
  }
}
