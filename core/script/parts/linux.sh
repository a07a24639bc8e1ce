
# --- the pull: nothing below depends on the values above but through their names ---

# A file that grows past a limit is an error to handle, not a signal that kills.
trap '' XFSZ
export LC_ALL=C
root=${IGNISFOX_ROOT:-}
dest=$root$dest
conf=$root/etc/ignisfox/$slug.conf
program=$root/usr/local/sbin/ignisfox-pull-$slug.sh
new='' known_etag='' http='' curl_code=0 etag='' generation='' retry_after='' content_type=''

say() { printf 'ignisfox-pull %s: %s\n' "$slug" "$*" >&2; }
die() {
  local code=$1
  shift
  say "$*"
  exit "$code"
}
cannot_write() { die 7 "cannot write in $dest (disk full?); the old files stay"; }
bad_answer() { die 6 "$*; the old files stay"; }

# number NAME DEFAULT answers the environment variable NAME when it is a plain number.
number() {
  local value=${!1:-$2}
  [[ $value =~ ^(0|[1-9][0-9]{0,5})$ ]] || die 2 "$1 must be a whole number from 0 to 999999"
  printf '%s' "$value"
}

# sweep removes what a killed run left behind, and all versions but the current and the previous one.
sweep() {
  local entry keep_current keep_previous
  keep_current=$(readlink "$dest/current" || true)
  keep_previous=$(readlink "$dest/previous" || true)
  rm -rf "$dest"/.new-* "$dest"/.link-* || true # what cannot go now goes next time
  for entry in "$dest"/gen-*; do
    case ${entry##*/} in
      "$keep_current" | "$keep_previous") ;;
      *) rm -rf "$entry" || true ;;
    esac
  done
}

# in_place says whether the files under the stable names are the ones that current/etag names.
in_place() {
  [ -s "$dest/current/sums" ] && (cd "$dest" && sha256sum --check --status current/sums 2>/dev/null)
}

# request asks once. It sets http and curl_code; the token reaches curl by --config only.
request() {
  local ask=()
  [ -z "$known_etag" ] || ask=(--header "If-None-Match: $known_etag")
  rm -f "$new/bundle" "$new/head"
  curl_code=0
  # The lock is closed for the child, or a curl that outlives us would hold it. The size limit bounds a hostile answer.
  http=$(
    exec 9>&-
    [ "$(ulimit -f)" != unlimited ] || ulimit -S -f 1025 # KB, one more than --max-filesize
    curl --disable --config "$conf" --globoff --silent --show-error --proto "=${base_url%%:*}" \
      --connect-timeout 15 --max-time 60 --max-filesize 1048576 --suppress-connect-headers \
      --dump-header "$new/head" --output "$new/bundle" --write-out '%{http_code}' \
      ${ask[@]+"${ask[@]}"} "$base_url/api/push/fetch?kind=bundle"
  ) || curl_code=$?
}

# read_head takes what we need from the answer's headers and drops what does not look right.
read_head() {
  local line value
  etag='' generation='' retry_after='' content_type=''
  [ -f "$new/head" ] || return 0
  while IFS= read -r line; do
    line=${line%$'\r'}
    value=${line#*:}
    value=${value#"${value%%[! ]*}"}
    case ${line,,} in
      http/*) etag='' generation='' retry_after='' content_type='' ;;
      etag:*) etag=$value ;;
      x-ignisfox-generation:*) generation=$value ;;
      retry-after:*) retry_after=$value ;;
      content-type:*) content_type=${value%%;*} ;;
    esac
  done <"$new/head"
  local tag='^(W/)?"[]!#-[^-~]{1,200}"$' # no quote, no backslash
  [[ $etag =~ $tag ]] || etag=''
  [[ $generation =~ ^[1-9][0-9]{0,17}$ ]] || generation=0
  [[ $retry_after =~ ^(0|[1-9][0-9]{0,8})$ ]] || retry_after=''
}

# reason prints the server's own words, printable and short, without anything that looks like a token.
reason() {
  [ -f "$new/bundle" ] || return 0
  head -c 4096 "$new/bundle" | tr -cs '\40-\176' '?' |
    sed -n -e 's/.*"error" *: *"\(\(\\.\|[^"\\]\)*\)".*/\1/' -e 't said' -e 'b' \
      -e ': said' -e 's/[a-z]*_[A-Za-z0-9_]\{20,\}/[token]/g' -e 's/\.$//' -e 's/^/: /p' | cut -c 1-300
}

# fetch asks until there is a 200 or a 304, within bounds.
fetch() {
  local pause try=0 why
  SECONDS=0
  while :; do
    try=$((try + 1))
    request
    read_head
    case $curl_code:$http in
      0:200 | 0:304) return 0 ;;
      0:401) die 3 "the server answered 401$(reason); if the token was rotated, store the new one: $program token" ;;
      0:408 | 0:429 | 0:5??) why="the server answered $http$(reason)" ;;
      0:*) die 4 "the server answered $http$(reason)" ;;
      63:*) bad_answer "the answer is too big" ;;
      23:* | 153:*)
        [ "$(stat -c %s "$new/bundle" 2>/dev/null || echo 0)" -le 1048576 ] || bad_answer "the answer is too big"
        cannot_write
        ;;
      1:* | 2:* | 3:* | 4:* | 26:* | 51:* | 58:* | 60:* | 77:* | 83:* | 9[01]:*)
        die 5 "cannot talk to the server (curl error $curl_code); the old files stay" ;;
      *) why="no whole answer (curl error $curl_code)" ;;
    esac
    [ "$try" -lt "$tries" ] || die 5 "$why; gave up after $try tries, the old files stay"
    pause=$((wait + RANDOM % (wait / 2 + 1)))
    [ "$wait" -gt 150 ] || wait=$((wait * 2))
    [ -z "$retry_after" ] || [ "$retry_after" -le "$pause" ] || pause=$retry_after
    [ $((SECONDS + pause)) -le "$budget" ] || die 5 "$why; a retry would have to wait $pause s, leaving it to the next run"
    [ "$pause" -eq 0 ] || sleep "$pause" 9>&-
  done
}

# split takes the bundle apart into fullchain.pem and privkey.pem: at least one certificate, exactly one key.
split() (
  cd "$new" || exit 1
  awk '
    { sub(/\r$/, "") }
    /^-----BEGIN CERTIFICATE-----$/ { if (out) bad = 1; out = "fullchain.pem"; certs++ }
    /^-----BEGIN (RSA |EC )?PRIVATE KEY-----$/ { if (out) bad = 1; out = "privkey.pem"; keys++ }
    out { print > out }
    /^-----END CERTIFICATE-----$/ { if (out != "fullchain.pem") bad = 1; out = "" }
    /^-----END (RSA |EC )?PRIVATE KEY-----$/ { if (out != "privkey.pem") bad = 1; out = "" }
    END { exit (bad || out || certs < 1 || keys != 1) }
  ' bundle
)

# check refuses whatever is not a whole, matching, unexpired pair.
check() {
  local of_cert of_key
  [ "$content_type" = application/x-pem-file ] || bad_answer "the answer is not a certificate bundle (its type is wrong)"
  split 2>"$new/words" || {
    [ ! -s "$new/words" ] || cannot_write
    bad_answer "the answer is not one key with its certificates"
  }
  # A write that failed unnoticed shows as a missing line.
  [ "$(grep -c -e '-----END ' "$new/bundle")" = "$(cat "$new/fullchain.pem" "$new/privkey.pem" | grep -c -e '-----END ')" ] ||
    bad_answer "the answer holds something beside one key and its certificates"
  of_cert=$(openssl x509 -in "$new/fullchain.pem" -noout -pubkey 2>/dev/null) || bad_answer "the certificate cannot be read"
  of_key=$(openssl pkey -in "$new/privkey.pem" -passin pass: -pubout 2>/dev/null </dev/null) || bad_answer "the key cannot be read"
  [ "${of_cert:-none}" = "$of_key" ] || bad_answer "certificate and key do not belong together"
  openssl crl2pkcs7 -nocrl -certfile "$new/fullchain.pem" >/dev/null 2>&1 || bad_answer "the chain cannot be read"
  openssl x509 -in "$new/fullchain.pem" -noout -checkend 0 >/dev/null || bad_answer "the certificate has expired (or the clock is wrong)"
}

# same says whether $1 has the bytes that stand under the stable name already.
same() { cmp -s "$new/$1" "$dest/$1"; }

# point makes the symbolic link $dest/$1 lead to $2, by one rename.
point() {
  ln -s "$2" "$dest/.link-$1" && mv -fT "$dest/.link-$1" "$dest/$1"
}

# plain says whether a real file, not our link, stands under a stable name.
plain() { [ -f "$dest/$1" ] && [ ! -L "$dest/$1" ]; }

# adopt turns plain files under the stable names into a version of their own, so that the swap is one rename for both.
adopt() {
  local old name
  plain fullchain.pem || plain privkey.pem || return 0
  old=$(mktemp -d "$dest/gen-adopted-XXXXXXXX") || return 1
  for name in fullchain.pem privkey.pem; do
    [ ! -f "$dest/$name" ] || cp "$dest/$name" "$old/$name" || return 1
  done
  sync "$old"/* "$old" && point current "${old##*/}"
}

# remember_etag notes the name under which the server now serves the bytes that are in place.
remember_etag() {
  [ "$etag" != "$known_etag" ] || return 0
  printf '%s\n' "$etag" >"$new/etag" && mv -fT "$new/etag" "$dest/current/etag"
}

# swap puts the new pair in place: both files change in the one rename that moves "current".
swap() {
  local version=gen-$generation-${new##*.new-} name
  printf '%s\n' "$etag" >"$new/etag" || return 1
  (cd "$new" && sha256sum fullchain.pem privkey.pem >sums) || return 1
  rm -f "$new/bundle" "$new/head" "$new/words"
  sync "$new"/* "$new" || return 1
  adopt || return 1
  mv -T "$new" "$dest/$version" || return 1
  new=''
  if [ -L "$dest/current" ]; then
    for name in fullchain.pem privkey.pem; do
      [ "$(readlink "$dest/$name" || true)" = "current/$name" ] || point "$name" "current/$name" || return 1
    done
    point previous "$(readlink "$dest/current")" || return 1
  fi
  sync "$dest" || return 1
  point current "$version" || return 1
  for name in fullchain.pem privkey.pem; do
    [ -L "$dest/$name" ] || point "$name" "current/$name" || return 1
  done
  sync "$dest" || true
}

# reload_if_due runs the reload command when the bytes changed since it last ended well.
reload_if_due() {
  local code=0
  [ -e "$dest/current/reload-due" ] || return 0
  timeout -k 10 "$reload_time" bash -c "$reload_command" 9>&- </dev/null || code=$?
  [ "$code" -eq 0 ] || die 8 "the reload command ended with exit code $code; the new files are in place, the next run tries it again"
  rm -f "$dest/current/reload-due"
}

# ready checks the tools and the token file before anything is touched.
ready() {
  local tool
  tries=$(number IGNISFOX_RETRIES 5)
  wait=$(number IGNISFOX_BACKOFF 10)
  budget=$(number IGNISFOX_MAX_TIME 900)
  lock_wait=$(number IGNISFOX_LOCK_WAIT 60)
  reload_time=$(number IGNISFOX_RELOAD_TIME 120)
  for tool in awk cmp curl flock mktemp openssl sha256sum sync timeout; do
    command -v "$tool" >/dev/null || die 2 "$tool is missing; install it and try again"
  done
  [ -r "$conf" ] || die 2 "there is no token in $conf; run: bash $0 install"
  case $(stat -L -c %a "$conf") in
    600 | 400) ;;
    *) die 2 "$conf can be read by others; run: chmod 600 $conf" ;;
  esac
}

pull() {
  if has_token && [ ! -f "$conf" ]; then take_token; fi # a script that runs without install
  ready
  mkdir -p "$dest" 2>/dev/null || cannot_write
  { true >>"$dest/.lock"; } 2>/dev/null || cannot_write
  exec 9>>"$dest/.lock"
  flock -w "$lock_wait" 9 || die 9 "another run is busy in $dest"
  sweep
  new=$(mktemp -d "$dest/.new-XXXXXXXX") || cannot_write
  ! in_place || known_etag=$(cat "$dest/current/etag" 2>/dev/null || true)
  fetch
  if [ "$http" = 304 ]; then
    [ -n "$known_etag" ] || bad_answer "the server said 304 to a question without If-None-Match"
    reload_if_due
    return 0
  fi
  check
  if same fullchain.pem && same privkey.pem; then
    if in_place; then # the same bytes under another name: remember the name, touch nothing else
      remember_etag || cannot_write
      reload_if_due
      return 0
    fi
    [ ! -e "$dest/current/reload-due" ] || true >"$new/reload-due" || cannot_write
  else
    true >"$new/reload-due" || cannot_write
  fi
  swap || cannot_write
  say "generation $generation is in place"
  reload_if_due
}

# has_token says whether somebody put a token at the top of this file.
has_token() { [[ $push_token == pt_* ]]; }

# take_token stores a token where only curl, run by us, reads it.
take_token() {
  local next
  if ! has_token; then
    push_token=''
    [ ! -t 0 ] || printf 'Paste the push token and press enter: ' >&2
    IFS= read -rs push_token || true
  fi
  [[ $push_token =~ ^[A-Za-z0-9._~+/=-]{8,512}$ ]] || die 2 "that is not a push token; nothing was stored"
  mkdir -p "${conf%/*}"
  next=$(mktemp "$conf.XXXXXXXX")
  printf 'header = "Authorization: Bearer %s"\n' "$push_token" >"$next"
  push_token=''
  sync "$next"
  mv -fT "$next" "$conf"
}

install_here() {
  local self=${BASH_SOURCE[0]:-} next code=0
  [ -n "$root" ] || [ "$(id -u)" -eq 0 ] || die 2 "install needs root; try: sudo bash $0 install"
  [ -f "$self" ] || die 2 "save this script to a file first, then run: bash FILE install"
  can_schedule
  if has_token || [ ! -f "$conf" ]; then take_token; fi
  (umask 022 && mkdir -p "${program%/*}")
  next=$(mktemp "$program.XXXXXXXX")
  sed -e "s/^push_token=.*/push_token=''/" "$self" >"$next" # the token stays in $conf alone
  chmod 700 "$next"
  sync "$next"
  chmod 600 "$self"
  [ ! "$self" -ef "$program" ] || self=''
  mv -fT "$next" "$program"
  [ -z "$self" ] || rm -f "$self"
  schedule_it
  say "moved to $program, the token is in $conf; pulling once now"
  "$BASH" "$program" || code=$?
  [ "$code" -eq 0 ] || die "$code" "the first pull failed (exit code $code); the schedule tries again"
}
