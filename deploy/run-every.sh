#!/bin/sh
# Runs vivenu-ingest again and again until it is told to stop, for where neither cron nor a timer is at hand, such as a container:
#   run-every.sh SECONDS [HOUR]
# SECONDS lie between the starts of two runs; from HOUR (00 to 23) on, one run a night reads everything again.
# A run that is told to stop finishes its page and commits, and its exit code is that of this script.
set -u
every=${1:?seconds between two runs}
full_hour=${2:-none}
full_on=none
child=
stopped=

stop() {
  stopped=yes
  if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null; fi
}
trap stop TERM INT

# A signal ends `wait` early, so it is asked again until the child is gone.
wait_for_child() {
  wait "$child"
  code=$?
  while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    code=$?
  done
  child=
}

while [ -z "$stopped" ]; do
  began=$(date +%s)
  today=$(date +%F)
  full=
  if [ "$(date +%H)" = "$full_hour" ] && [ "$today" != "$full_on" ]; then full=--full; fi
  vivenu-ingest run $full &
  child=$!
  wait_for_child
  if [ -n "$stopped" ]; then exit "$code"; fi
  # One that did not end well is tried again within the hour.
  if [ -n "$full" ] && [ "$code" -eq 0 ]; then full_on=$today; fi
  rest=$((every - $(date +%s) + began))
  if [ "$rest" -gt 0 ] && [ -z "$stopped" ]; then
    sleep "$rest" &
    child=$!
    wait_for_child
  fi
done
