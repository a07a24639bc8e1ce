package script

// linuxHead is the top of the bash scripts; its verbs are group, target, three slugs and what install makes.
const linuxHead = `#!/bin/bash
# Ignisfox pull script
# group:  %s
# target: %s
#
# Fetches the certificate and its key, and puts both in place by one rename when they are new, whole and belong together.
# On any failure the old files stay as they are. Needs bash 4, GNU coreutils, awk, curl 7.61, openssl 1.1.1 and flock.
#
#   sudo bash ignisfox-pull-%s.sh install    stores the token, installs the schedule, pulls once
#   sudo bash ignisfox-pull-%s.sh            pulls now
#   sudo bash ignisfox-pull-%s.sh token      stores another token (asked for, or from stdin) and pulls
#
# install makes %s, moves this script to
# /usr/local/sbin and keeps the token in a file under /etc/ignisfox, mode 0600, that only curl reads.
# Use the files fullchain.pem and privkey.pem in the directory "dest" below. They are links; "current" and "previous" beside
# them are the last two versions.
#
# Exit codes: 0 done, or nothing new; 1 unexpected; 2 not set up (tool, token file, setting, wrong use); 3 token refused (401);
# 4 request refused (404: the group has no key, other 4xx); 5 server not reachable, busy or failing; 6 the answer is not a
# good pair; 7 cannot write; 8 the reload command failed (tried again by the next run); 9 another run is busy.
#
# Environment: IGNISFOX_RETRIES tries a run (5); IGNISFOX_BACKOFF seconds before the second try, then doubled (10);
# IGNISFOX_MAX_TIME seconds for all tries (900), which also bounds the server's Retry-After; IGNISFOX_JITTER longest wait of
# "scheduled" (300); IGNISFOX_LOCK_WAIT seconds to wait for another run (60); IGNISFOX_RELOAD_TIME seconds for the reload
# command (120); IGNISFOX_ROOT a directory to put before all paths, for images and tests.
set -euo pipefail
umask 077

`

// windowsHead is the top of the PowerShell script; its verbs are group, target and slug.
const windowsHead = `# Ignisfox pull script
# group:  %s
# target: %s
#
# Fetches the certificate with its key as PFX, imports it into LocalMachine\My and keeps server.pfx when it is new and whole.
# On any failure the old file and the old certificate stay as they are. Needs Windows Server 2016 or newer, PowerShell 5.1.
#
#   powershell -ExecutionPolicy Bypass -File ignisfox-pull-%s.ps1 -Install [-Site "Default Web Site"]
#       as administrator: asks for the group's password, stores it and the token where only SYSTEM and administrators read,
#       registers a scheduled task and pulls once. With -Site each https binding of that IIS site gets the new certificate.
#   ... -SetToken       stores another token (asked for)
#   ... (no parameter)  pulls now
#
# The group needs a password, or there is no PFX to fetch. Where no task is wanted, register one by hand:
#   schtasks /create /ru SYSTEM /sc HOURLY /tn "Ignisfox Pull" /tr "powershell -NoProfile -ExecutionPolicy Bypass -File PATH"
#
# Exit codes: 0 done, or nothing new; 1 unexpected; 2 not set up; 3 token refused (401); 4 request refused (404: no key or no
# password in the group, other 4xx); 5 server not reachable, busy or failing; 6 the answer is not a good PFX; 7 cannot write;
# 8 site binding or reload command failed (tried again by the next run); 9 another run is busy.
[CmdletBinding()]
param([switch]$Install, [switch]$SetToken, [string]$Site = '')
Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

`
