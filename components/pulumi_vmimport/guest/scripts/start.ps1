# FirstLogonCommands runs this once, in the only automatic logon. It turns the automatic logon off, registers the
# preparation as a task of SYSTEM at every start of Windows, and restarts. Nobody logs on afterwards.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$root = $env:ProgramData + '\pulumi-vmimport'
$winlogon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
try {
    New-ItemProperty -LiteralPath $winlogon -Name 'AutoAdminLogon' -Value '0' -PropertyType String -Force | Out-Null
    foreach ($name in 'DefaultPassword', 'AutoLogonCount', 'AutoLogonSID') {
        if ($null -ne (Get-Item -LiteralPath $winlogon).GetValue($name, $null)) {
            Remove-ItemProperty -LiteralPath $winlogon -Name $name -Force
        }
    }
    $arguments = '-NoProfile -NonInteractive -ExecutionPolicy Bypass -File "{0}\prepare.ps1"' -f $root
    $action = New-ScheduledTaskAction -Execute ($env:SystemRoot + '\System32\WindowsPowerShell\v1.0\powershell.exe') -Argument $arguments
    $trigger = New-ScheduledTaskTrigger -AtStartup
    $trigger.Delay = 'PT1M'
    $principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest
    $settings = New-ScheduledTaskSettingsSet -ExecutionTimeLimit ([timespan]::Zero) -AllowStartIfOnBatteries -StartWhenAvailable
    Register-ScheduledTask -TaskName 'vmimport-prepare' -Action $action -Trigger $trigger -Principal $principal -Settings $settings -Force | Out-Null
    [System.IO.File]::AppendAllText($root + '\prepare.jsonl', '{"step":"start","result":"registered"}' + [environment]::NewLine)
    & ($env:SystemRoot + '\System32\shutdown.exe') /r /t 5 /c 'vmimport: the preparation continues after this restart'
    if ($LASTEXITCODE -ne 0) { throw ('shutdown.exe exited with {0}' -f $LASTEXITCODE) }
}
catch {
    $text = $_.Exception.Message
    [System.IO.File]::WriteAllText($root + '\status.json', (@{ status = 'failed'; step = 'start'; message = $text } | ConvertTo-Json -Compress))
    Write-Error -Message ('vmimport: the preparation did not start: ' + $text) -ErrorAction Continue
    exit 1
}
