
fail() { echo "$1" >&2; exit 1; }

[ "$(id -u)" -eq 0 ] || fail 'Run this as root.'
case $public_key in
  ssh-*' '* | ecdsa-*' '* | sk-*' '*) ;;
  *) fail 'Put the public key between the quotes of public_key first.' ;;
esac

# 1. A user of its own, without a password.
made=
if ! id -u "$user" >/dev/null 2>&1; then
  useradd --system --create-home --shell /bin/sh "$user"
  made=yes
fi
home=$(getent passwd "$user" | cut -d: -f6)
group=$(id -gn "$user")
[ -d "$home" ] || fail "The user $user has no home folder: $home"

# 2. Its key. restrict: no forwarding, no terminal.
keys=$home/.ssh/authorized_keys
if [ -L "$home/.ssh" ] || [ -L "$keys" ]; then fail "$home/.ssh is a link; look at it first."; fi
install -d -o "$user" -g "$group" -m 0700 "$home/.ssh"
[ -e "$keys" ] || install -o "$user" -g "$group" -m 0600 /dev/null "$keys"
if ! grep -qxF "restrict $public_key" "$keys"; then
  if [ -n "$(tail -c 1 "$keys")" ]; then echo >>"$keys"; fi # its last line may lack an end
  printf 'restrict %s\n' "$public_key" >>"$keys"
fi

# 3. Folders that it may write in. One that is there already stays as it is.
for folder in "${folders[@]}"; do
  if [ ! -d "$folder" ]; then
    install -d -o root -g "$group" -m 0770 "$folder"
  else
    echo "$folder is there already: $user must be allowed to write in it." >&2
  fi
done

# 4. What it may do as root, checked before it counts.
lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
for command in "${commands[@]}"; do
  printf '%s ALL=(root) NOPASSWD: %s\n' "$user" "$command" >>"$lines"
done
visudo -cqf "$lines" || fail 'sudo does not take the lines; nothing was allowed.'
install -o root -g root -m 0440 "$lines" "/etc/sudoers.d/ignisfox-$user"

echo "Done. Test the connection of the target now."
if [ -n "$made" ]; then
  echo "To undo: userdel --remove $user; rm /etc/sudoers.d/ignisfox-$user"
else # not ours to remove
  echo "To undo: rm /etc/sudoers.d/ignisfox-$user, and take the key out of $keys. The user $user was there before."
fi
