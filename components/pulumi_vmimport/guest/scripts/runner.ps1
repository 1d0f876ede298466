# Runs the steps in passes, with restarts, until a pass changes nothing and no restart is pending; then shuts Windows down.
# guest/preparation_script.py puts functions.ps1 before this text and the steps in place of the line STEPS:
#   $Steps = @( [pscustomobject]@{ Id = '..'; Restart = 'no|after-pass|at-once'; Test = { .. }; Set = { .. }; Verify = { .. } } , .. )
function Write-PrepLine {
    # Write a JSON line to the log and to COM1, which vSphere may connect to a file.
    param([Parameter(Mandatory)][hashtable]$Entry)
    $Entry['at'] = [datetime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ssZ')
    $line = $Entry | ConvertTo-Json -Compress -Depth 4
    [System.IO.File]::AppendAllText($script:PrepLog, $line + [environment]::NewLine)
    try {
        $port = New-Object -TypeName System.IO.Ports.SerialPort -ArgumentList 'COM1', 115200
        $port.WriteTimeout = 2000
        $port.Open()
        $port.WriteLine($line)
        $port.Close()
    }
    catch { $script:PrepSerial = $_.Exception.Message }
}

function Write-PrepStatus {
    # The result, for a look at the disk after the shutdown. A file of an earlier installation has another id.
    param([Parameter(Mandatory)][hashtable]$Status)
    $Status['installation'] = $Prep.Installation
    $text = $Status | ConvertTo-Json -Compress -Depth 4
    [System.IO.File]::WriteAllText($Prep.Root + '\status.json', $text)
}

function Set-PrepNotice {
    # Show a text before the logon screen; empty texts remove it.
    param([AllowEmptyString()][string]$Caption, [AllowEmptyString()][string]$Text)
    $policy = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
    Set-RegistryValue -Path $policy -Name 'legalnoticecaption' -Value $Caption -Kind String
    Set-RegistryValue -Path $policy -Name 'legalnoticetext' -Value $Text -Kind String
}

function Invoke-PrepPass {
    # $true if a step changed something or requested a restart.
    foreach ($step in $Steps) {
        $script:PrepStep = $step.Id
        if ([bool](& $step.Test)) {
            Write-PrepLine -Entry @{ step = $step.Id; result = 'ok' }
            continue
        }
        Write-PrepStatus -Status @{ status = 'running'; step = $step.Id }
        & $step.Set | Out-Null
        if (-not [bool](& $step.Verify)) { throw 'the change had no effect' }
        Write-PrepLine -Entry @{ step = $step.Id; result = 'changed' }
        $script:PrepChanged = $true
        if ($step.Restart -eq 'at-once') { return $true }
    }
    return $script:PrepChanged -or (Test-PrepRestart)
}

$Prep = [System.IO.File]::ReadAllText($env:ProgramData + '\pulumi-vmimport\settings.json') | ConvertFrom-Json
$script:PrepLog = $Prep.Root + '\prepare.jsonl'
$script:PrepStep = 'runner'
$script:PrepRestart = $null
$script:PrepChanged = $false

# STEPS

try {
    Set-PrepNotice -Caption '' -Text ''
    $passes = 1 + [int](Get-PrepState -Name 'Passes')
    Set-PrepState -Name 'Passes' -Value ([string]$passes)
    if ($passes -gt $Prep.Passes) { throw ('changes were still necessary after {0} passes' -f $Prep.Passes) }
    if (Invoke-PrepPass) {
        Write-PrepLine -Entry @{ step = 'runner'; result = 'restart'; pass = $passes }
        Invoke-Native -FilePath ($env:SystemRoot + '\System32\shutdown.exe') -ArgumentList @('/r', '/t', '5') | Out-Null
        exit 0
    }
    if ($Prep.Sysprep -eq 'before-export') {
        # While the task exists, a person can correct the cause of a failure and restart Windows.
        $script:PrepStep = 'sysprep'
        $answer = $env:SystemRoot + '\Panther\unattend.xml'
        Invoke-Native -FilePath ($env:SystemRoot + '\System32\Sysprep\sysprep.exe') -ArgumentList @('/generalize', '/oobe', '/quit', '/quiet', ('/unattend:' + $answer)) | Out-Null
        $state = Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' -Name 'ImageState'
        if ($state -ne 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') {
            throw ('Sysprep left the image state {0}; see {1}\System32\Sysprep\Panther\setuperr.log' -f $state, $env:SystemRoot)
        }
        Write-PrepLine -Entry @{ step = 'sysprep'; result = 'changed' }
        $script:PrepStep = 'runner'
    }
    $checker = [string](Get-PrepState -Name 'Checker')
    Unregister-ScheduledTask -TaskName 'vmimport-prepare' -Confirm:$false
    Remove-Item -LiteralPath 'HKLM:\SOFTWARE\pulumi-vmimport' -Recurse -Force
    foreach ($name in 'prepare.ps1', 'start.ps1', 'settings.json', 'steps.json', 'scripts', 'checker', 'checker.log', 'check.ps1') {
        $file = $Prep.Root + '\' + $name
        if (Test-Path -LiteralPath $file) { Remove-Item -LiteralPath $file -Recurse -Force }
    }
    Write-PrepLine -Entry @{ step = 'runner'; result = 'ready'; pass = $passes; checker = $checker }
    Write-PrepStatus -Status @{ status = 'ready'; passes = $passes; profile = $Prep.Profile; checker = $checker }
    Invoke-Native -FilePath ($env:SystemRoot + '\System32\shutdown.exe') -ArgumentList @('/s', '/t', '5') | Out-Null
}
catch {
    $text = '{0}: {1}' -f $script:PrepStep, $_.Exception.Message
    Write-PrepLine -Entry @{ step = $script:PrepStep; result = 'failed'; message = $_.Exception.Message }
    Write-PrepStatus -Status @{ status = 'failed'; step = $script:PrepStep; message = $_.Exception.Message }
    Set-PrepNotice -Caption 'vmimport: the preparation failed' -Text ($text + ' - Correct it and restart Windows: the preparation then continues. Log: ' + $script:PrepLog)
    exit 1
}
