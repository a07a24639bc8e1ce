
main() {
  local jitter
  trap '[ -z "$new" ] || rm -rf "$new"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  case ${1:-pull} in
    pull) pull ;;
    scheduled)
      jitter=$(number IGNISFOX_JITTER 300)
      sleep "$((RANDOM % (jitter + 1)))"
      pull
      ;;
    install) install_here ;;
    token)
      push_token=''
      take_token
      pull
      ;;
    *) die 2 "usage: $0 [pull | scheduled | install | token]" ;;
  esac
  exit 0
}

main "$@"
