
# can_schedule: a cron entry can always be written.
can_schedule() { :; }

# schedule_it makes the cron entry: a minute of its own for each device, and "scheduled" waits a little more.
schedule_it() {
  local entry=$root/etc/cron.d/ignisfox-pull-${slug//./_} hour='*' next
  [ "$every" = hourly ] || hour=$((RANDOM % 24))
  (umask 022 && mkdir -p "${entry%/*}")
  next=$(mktemp "${entry%/*}/.ignisfox-XXXXXXXX")
  printf 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n%s %s * * * root /usr/local/sbin/ignisfox-pull-%s.sh scheduled\n' \
    "$((RANDOM % 60))" "$hour" "$slug" >"$next"
  chmod 644 "$next"
  mv -fT "$next" "$entry"
}
