
# unit_file NAME writes stdin to a unit file.
unit_file() {
  local unit=$root/etc/systemd/system/$1 next
  (umask 022 && mkdir -p "${unit%/*}")
  next=$(mktemp "${unit%/*}/.ignisfox-XXXXXXXX")
  cat >"$next"
  chmod 644 "$next"
  mv -fT "$next" "$unit"
}

# can_schedule says before anything is changed whether there is a systemd to schedule with.
can_schedule() {
  [ -n "$root" ] || [ -d /run/systemd/system ] ||
    die 2 "systemd does not run here; nothing was changed. Take the script for cron (os=linux-cron)"
}

# schedule_it makes the service and its timer; systemd spreads the devices over the hour.
schedule_it() {
  local name=ignisfox-pull-$slug
  printf '%s\n' '[Unit]' "Description=Ignisfox certificate pull ($slug)" \
    'Wants=network-online.target' 'After=network-online.target' '' \
    '[Service]' 'Type=oneshot' "ExecStart=/bin/bash /usr/local/sbin/$name.sh" 'TimeoutStartSec=20min' |
    unit_file "$name.service"
  printf '%s\n' '[Unit]' "Description=Ignisfox certificate pull ($slug), $every" '' \
    '[Timer]' "OnCalendar=$every" 'RandomizedDelaySec=15min' 'Persistent=true' '' \
    '[Install]' 'WantedBy=timers.target' |
    unit_file "$name.timer"
  [ -z "$root" ] || return 0
  systemctl daemon-reload
  systemctl enable --now "$name.timer"
}
