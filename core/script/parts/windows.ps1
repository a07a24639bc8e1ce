
# --- the pull: nothing below depends on the values above but through their names ---

[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
Add-Type -AssemblyName System.Security
$Kept = Join-Path (Join-Path $env:ProgramData 'Ignisfox') $Slug
$TokenFile = Join-Path $Kept 'token'
$PasswordFile = Join-Path $Kept 'pfx-password'
$SiteFile = Join-Path $Kept 'site'
$Program = Join-Path $Kept 'pull.ps1'
$Pfx = Join-Path $Dest 'server.pfx'
$StateFile = Join-Path $Dest 'state.json'
$TaskName = 'Ignisfox Pull ' + $Slug
$Tries = 5
$Backoff = 10
$MaxSeconds = 900
$MaxBytes = 1048576

function Say([string]$Text) { [Console]::Error.WriteLine('ignisfox-pull ' + $Slug + ': ' + $Text) }

# Stop-Pull ends the run with an exit code of the table above; the message never holds a secret.
function Stop-Pull([int]$Code, [string]$Text) {
    $e = New-Object System.InvalidOperationException $Text
    $e.Data['code'] = $Code
    throw $e
}

# Protect-Directory makes a directory that only SYSTEM and Administrators may read. One that somebody else owns is refused,
# because an owner can always give himself access again.
function Protect-Directory([string]$Path) {
    $owners = 'S-1-5-18', 'S-1-5-32-544'
    if (Test-Path -LiteralPath $Path) {
        $owner = (Get-Acl -LiteralPath $Path).GetOwner([Security.Principal.SecurityIdentifier]).Value
        if ($owners -notcontains $owner) { Stop-Pull 2 ($Path + ' exists and does not belong to Administrators; remove it and try again') }
    }
    New-Item -ItemType Directory -Force -Path $Path | Out-Null
    $acl = New-Object System.Security.AccessControl.DirectorySecurity
    $acl.SetAccessRuleProtection($true, $false)
    $acl.SetOwner((New-Object System.Security.Principal.SecurityIdentifier 'S-1-5-32-544'))
    foreach ($sid in $owners) {
        $who = New-Object System.Security.Principal.SecurityIdentifier $sid
        $rule = New-Object System.Security.AccessControl.FileSystemAccessRule($who, 'FullControl', 'ContainerInherit,ObjectInherit', 'None', 'Allow')
        $acl.AddAccessRule($rule)
    }
    Set-Acl -LiteralPath $Path -AclObject $acl
}

# Write-Whole puts bytes under a path: written beside it, flushed to the disk, then moved over it in one step.
function Write-Whole([string]$Path, [byte[]]$Bytes) {
    $beside = Join-Path (Split-Path -Parent $Path) ('.new-' + [guid]::NewGuid().ToString('N'))
    try {
        $stream = [IO.File]::Open($beside, [IO.FileMode]::CreateNew, [IO.FileAccess]::Write, [IO.FileShare]::None)
        try { $stream.Write($Bytes, 0, $Bytes.Length); $stream.Flush($true) } finally { $stream.Dispose() }
        Move-Whole $beside $Path
    } finally {
        if (Test-Path -LiteralPath $beside) { Remove-Item -LiteralPath $beside -Force }
    }
}

function Move-Whole([string]$From, [string]$To) {
    if (Test-Path -LiteralPath $To) { [IO.File]::Replace($From, $To, [NullString]::Value) } else { [IO.File]::Move($From, $To) }
}

# Secrets are kept sealed to this machine, in files that only SYSTEM and Administrators may read.
function Write-Secret([string]$Path, [Security.SecureString]$Value) {
    $at = [Runtime.InteropServices.Marshal]::SecureStringToGlobalAllocUnicode($Value)
    try {
        $plain = [Text.Encoding]::UTF8.GetBytes([Runtime.InteropServices.Marshal]::PtrToStringUni($at))
    } finally { [Runtime.InteropServices.Marshal]::ZeroFreeGlobalAllocUnicode($at) }
    try {
        Write-Whole $Path ([Security.Cryptography.ProtectedData]::Protect($plain, $null, 'LocalMachine'))
    } finally { [Array]::Clear($plain, 0, $plain.Length) }
}

function Read-Secret([string]$Path) {
    if (-not (Test-Path -LiteralPath $Path)) { Stop-Pull 2 'the token or the password is not stored; run this script with -Install' }
    $plain = [Security.Cryptography.ProtectedData]::Unprotect([IO.File]::ReadAllBytes($Path), $null, 'LocalMachine')
    try { return [Text.Encoding]::UTF8.GetString($plain) } finally { [Array]::Clear($plain, 0, $plain.Length) }
}

# Read-State answers what the last run knew: the ETag of the file in place, and the hash of the file that was put to use.
function Read-State {
    $state = @{ etag = ''; etag_of = ''; in_use = '' }
    if (Test-Path -LiteralPath $StateFile) {
        try {
            $read = [IO.File]::ReadAllText($StateFile) | ConvertFrom-Json
            foreach ($name in 'etag', 'etag_of', 'in_use') { $state[$name] = [string]$read.$name }
        } catch { Say 'the state file cannot be read; starting afresh' }
    }
    return $state
}

function Write-State($State) {
    $text = New-Object PSObject -Property $State | ConvertTo-Json -Compress
    Write-Whole $StateFile ([Text.Encoding]::UTF8.GetBytes($text))
}

function Get-Hash([string]$Path) {
    if (-not (Test-Path -LiteralPath $Path)) { return '' }
    return (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash
}

# Read-Body answers the whole body; a cut or an oversized one is an error.
function Read-Body($Response) {
    $stream = $Response.GetResponseStream()
    $all = New-Object System.IO.MemoryStream
    try {
        $part = New-Object byte[] 65536
        while (($n = $stream.Read($part, 0, $part.Length)) -gt 0) {
            $all.Write($part, 0, $n)
            if ($all.Length -gt $MaxBytes) { Stop-Pull 6 'the answer is too big; the old file stays' }
        }
    } finally { $stream.Dispose() }
    if ($Response.ContentLength -ge 0 -and $all.Length -ne $Response.ContentLength) {
        throw (New-Object System.IO.IOException 'the answer was cut')
    }
    return , $all.ToArray()
}

# Get-Reason answers the server's own words, printable and short, without anything that looks like a token.
function Get-Reason([byte[]]$Body) {
    try {
        $text = [string](([Text.Encoding]::UTF8.GetString($Body) | ConvertFrom-Json).error)
        $text = ($text -replace '[^\x20-\x7E]+', '?') -replace '[a-z]*_[A-Za-z0-9_]{20,}', '[token]'
        if ($text) { return ': ' + $text.Substring(0, [Math]::Min(300, $text.Length)) }
    } catch { return '' }
    return ''
}

# Invoke-Request asks once. It answers status (0 when there was no whole answer), headers and body.
function Invoke-Request([string]$Token, [string]$KnownETag) {
    $ask = [Net.HttpWebRequest]::Create($BaseUrl + '/api/push/fetch?kind=pfx')
    $ask.Headers.Add('Authorization', 'Bearer ' + $Token)
    if ($KnownETag) { $ask.Headers.Add('If-None-Match', $KnownETag) }
    $ask.AllowAutoRedirect = $false
    $ask.Timeout = 60000
    $ask.ReadWriteTimeout = 60000
    $response = $null
    try {
        try { $response = $ask.GetResponse() } catch {
            $e = $_.Exception
            while ($e -and -not ($e -is [Net.WebException])) { $e = $e.InnerException }
            if (-not $e) { throw }
            if (-not $e.Response) { return @{ status = 0; words = 'no answer (' + $e.Status + ')'; trust = ($e.Status -eq 'TrustFailure') } }
            $response = $e.Response
        }
        $answer = @{
            status = [int]$response.StatusCode; trust = $false; words = ''
            etag = [string]$response.Headers['ETag']; retry_after = [string]$response.Headers['Retry-After']
            generation = [string]$response.Headers['X-Ignisfox-Generation']; type = ([string]$response.ContentType -split ';')[0]
        }
        try { $answer.body = Read-Body $response } catch {
            if ($_.Exception.Data['code']) { throw }
            return @{ status = 0; words = 'the answer was cut'; trust = $false }
        }
        return $answer
    } finally { if ($response) { $response.Dispose() } }
}

# Get-Answer asks until there is a 200 or a 304, within bounds.
function Get-Answer([string]$Token, [string]$KnownETag) {
    $wait = $Backoff
    $watch = [Diagnostics.Stopwatch]::StartNew()
    for ($try = 1; ; $try++) {
        $answer = Invoke-Request $Token $KnownETag
        $status = $answer.status
        if ($status -eq 200 -or $status -eq 304) { return $answer }
        $why = $answer.words
        if ($status -ne 0) { $why = 'the server answered ' + $status + (Get-Reason $answer.body) }
        if ($status -eq 401) { Stop-Pull 3 ($why + '. If the token was rotated, store the new one with -SetToken') }
        if ($answer.trust) { Stop-Pull 5 'the server''s own certificate is not trusted here; the old file stays' }
        if ($status -ne 0 -and $status -ne 408 -and $status -ne 429 -and $status -lt 500) { Stop-Pull 4 ($why + '; the old file stays') }
        if ($try -ge $Tries) { Stop-Pull 5 ($why + '; gave up after ' + $Tries + ' tries, the old file stays') }
        $pause = $wait + (Get-Random -Minimum 0 -Maximum ([int]($wait / 2) + 1))
        $wait = [Math]::Min(300, $wait * 2)
        if ($status -ne 0 -and $answer.retry_after -match '^[0-9]{1,9}$') { $pause = [Math]::Max($pause, [int]$answer.retry_after) }
        if ($watch.Elapsed.TotalSeconds + $pause -gt $MaxSeconds) {
            Stop-Pull 5 ($why + '; a retry would have to wait ' + $pause + ' s, leaving it to the next run')
        }
        Start-Sleep -Seconds $pause
    }
}

# Assert-Pfx refuses bytes that do not open with the group's password or whose certificate has expired.
function Assert-Pfx([string]$Path, [Security.SecureString]$Password) {
    try { $data = Get-PfxData -FilePath $Path -Password $Password } catch {
        Stop-Pull 6 'the answer is not a PFX that opens with the stored password; the old file stays'
    }
    $leaf = @($data.EndEntityCertificates)
    if ($leaf.Count -ne 1) { Stop-Pull 6 'the PFX does not hold exactly one certificate of its own; the old file stays' }
    if ($leaf[0].NotAfter -le (Get-Date)) { Stop-Pull 6 'the certificate has expired (or the clock is wrong); the old file stays' }
    return $leaf[0].Thumbprint
}

# Import-Checked imports a PFX and answers its thumbprint; one without a usable key is taken out again.
function Import-Checked([string]$Path, [Security.SecureString]$Password) {
    $thumbprint = Assert-Pfx $Path $Password
    $at = 'Cert:\LocalMachine\My\' + $thumbprint
    $before = Test-Path -LiteralPath $at
    Import-PfxCertificate -FilePath $Path -CertStoreLocation 'Cert:\LocalMachine\My' -Password $Password | Out-Null
    if (-not (Test-Path -LiteralPath $at) -or -not (Get-Item -LiteralPath $at).HasPrivateKey) {
        if (-not $before -and (Test-Path -LiteralPath $at)) { Remove-Item -LiteralPath $at -Force }
        Stop-Pull 6 'the certificate came without its private key; the old file stays'
    }
    return $thumbprint
}

# Set-InUse gives the certificate to the IIS site, when one was named, and runs the reload command, when there is one.
function Set-InUse([string]$Thumbprint) {
    if (Test-Path -LiteralPath $SiteFile) {
        $name = [IO.File]::ReadAllText($SiteFile)
        try {
            Import-Module WebAdministration
            $bindings = @(Get-WebBinding -Name $name -Protocol 'https')
            if ($bindings.Count -eq 0) { Stop-Pull 8 'the IIS site has no https binding' }
            foreach ($binding in $bindings) {
                if ([string]$binding.certificateHash -ne $Thumbprint) { $binding.AddSslCertificate($Thumbprint, 'My') }
            }
        } catch { Stop-Pull 8 ('the IIS site did not take the certificate; the next run tries it again: ' + $_.Exception.Message) }
    }
    if ($ReloadCommand) {
        $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($ReloadCommand))
        $arguments = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand ' + $encoded
        $child = Start-Process -FilePath 'powershell.exe' -ArgumentList $arguments -NoNewWindow -PassThru
        $null = $child.Handle # without it, ExitCode is not kept
        if (-not $child.WaitForExit(120000)) { $child.Kill(); Stop-Pull 8 'the reload command did not end in time; the next run tries it again' }
        if ($child.ExitCode -ne 0) { Stop-Pull 8 ('the reload command ended with exit code ' + $child.ExitCode + '; the next run tries it again') }
    }
}

function Invoke-Pull {
    $token = Read-Secret $TokenFile
    $password = ConvertTo-SecureString -String (Read-Secret $PasswordFile) -AsPlainText -Force
    if (-not (Test-Path -LiteralPath $Dest)) {
        try { Protect-Directory $Dest } catch { Stop-Pull 7 'cannot make or protect the destination directory' }
    }
    Get-ChildItem -LiteralPath $Dest -Filter '.new-*' -Force | Remove-Item -Force -ErrorAction SilentlyContinue
    $state = Read-State
    $old = Get-Hash $Pfx
    $known = ''
    if ($old -and $state.etag_of -eq $old) { $known = $state.etag }
    $answer = Get-Answer $token $known
    if ($answer.status -eq 304) {
        if (-not $known) { Stop-Pull 6 'the server said 304 to a question without If-None-Match; the old file stays' }
        if ($state.in_use -ne $old) { Complete-Pull $state $old $password }
        return
    }
    if ($answer.type -ne 'application/x-pkcs12') { Stop-Pull 6 'the answer is not a PFX (its type is wrong); the old file stays' }
    $new = Join-Path $Dest ('.new-' + [guid]::NewGuid().ToString('N') + '.pfx')
    try {
        try { Write-Whole $new $answer.body } catch { Stop-Pull 7 'cannot write in the destination directory (disk full?); the old file stays' }
        $hash = Get-Hash $new
        if ($hash -ne $old) {
            $null = Import-Checked $new $password
            try { Move-Whole $new $Pfx } catch { Stop-Pull 7 'cannot replace server.pfx; the old file stays' }
            Say ('generation ' + ($answer.generation -replace '[^0-9]', '') + ' is in place')
        }
    } finally {
        if (Test-Path -LiteralPath $new) { Remove-Item -LiteralPath $new -Force }
    }
    if ($state.etag -ne $answer.etag -or $state.etag_of -ne $hash) {
        $state.etag = $answer.etag
        $state.etag_of = $hash
        Write-State $state
    }
    if ($state.in_use -ne $hash) { Complete-Pull $state $hash $password }
}

# Complete-Pull puts the file in place to use and notes it only then, so that a failed step is tried again by the next run.
function Complete-Pull($State, [string]$Hash, [Security.SecureString]$Password) {
    Set-InUse (Import-Checked $Pfx $Password)
    $State.in_use = $Hash
    Write-State $State
}

function Set-Token {
    $value = New-Object System.Security.SecureString
    if ($PushToken -like 'pt_*' -and -not $SetToken) {
        foreach ($c in $PushToken.ToCharArray()) { $value.AppendChar($c) }
    } else {
        $value = Read-Host -AsSecureString -Prompt 'Push token'
    }
    if ($value.Length -lt 8 -or $value.Length -gt 512) { Stop-Pull 2 'that is not a push token; nothing was stored' }
    Write-Secret $TokenFile $value
}

function Install-Pull {
    $me = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
    if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) { Stop-Pull 2 '-Install needs an administrator' }
    Protect-Directory $Kept
    if ($PushToken -like 'pt_*' -or -not (Test-Path -LiteralPath $TokenFile)) { Set-Token }
    Write-Secret $PasswordFile (Read-Host -AsSecureString -Prompt 'Password of the certificate group')
    if ($Site) { Write-Whole $SiteFile ([Text.Encoding]::UTF8.GetBytes($Site)) }
    $text = [IO.File]::ReadAllText($PSCommandPath) -replace '(?m)^\$PushToken = ''[^'']*''', '$$PushToken = '''''
    Write-Whole $Program ([Text.Encoding]::ASCII.GetBytes($text))
    if ($PSCommandPath -ne $Program) { Remove-Item -LiteralPath $PSCommandPath -Force }
    $run = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "' + $Program + '"'
    $action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $run
    if ($Every -eq 'daily') {
        $trigger = New-ScheduledTaskTrigger -Daily -At '03:00' -RandomDelay (New-TimeSpan -Hours 1)
    } else {
        $trigger = New-ScheduledTaskTrigger -Once -At (Get-Date).Date -RepetitionInterval (New-TimeSpan -Hours 1) -RandomDelay (New-TimeSpan -Minutes 15)
    }
    $settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew -ExecutionTimeLimit (New-TimeSpan -Minutes 30)
    Register-ScheduledTask -TaskName $TaskName -Action $action -Trigger $trigger -Settings $settings -User 'SYSTEM' -RunLevel Highest -Force | Out-Null
    Say ('moved to ' + $Program + ' and scheduled; pulling once now')
}

$code = 0
$mutex = New-Object System.Threading.Mutex($false, ('Global\IgnisfoxPull-' + $Slug))
$held = $false
try {
    try { $held = $mutex.WaitOne(60000) } catch [System.Threading.AbandonedMutexException] { $held = $true }
    if (-not $held) { Stop-Pull 9 'another run is busy' }
    if ($Install) { Install-Pull }
    if ($SetToken) { Set-Token }
    Invoke-Pull
} catch {
    $code = 1
    $e = $_.Exception
    while ($e) {
        if ($e.Data['code']) { $code = [int]$e.Data['code'] }
        $e = $e.InnerException
    }
    Say $_.Exception.Message
} finally {
    if ($held) { $mutex.ReleaseMutex() }
    $mutex.Dispose()
}
exit $code
