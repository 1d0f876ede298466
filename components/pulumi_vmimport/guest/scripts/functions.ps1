# The functions that the snippets of windows_steps.toml call: PowerShell 5.1, Set-StrictMode -Version Latest,
# $ErrorActionPreference = 'Stop'. $Prep is settings.json; guest/windows_preparation.py describes its members.

function Get-RegistryValue {
    # The value, or $null if the key or the value does not exist.
    param([Parameter(Mandatory)][string]$Path, [Parameter(Mandatory)][AllowEmptyString()][string]$Name)
    if (-not (Test-Path -LiteralPath $Path)) { return $null }
    return (Get-Item -LiteralPath $Path).GetValue($Name, $null)
}

function Set-RegistryValue {
    # New-Item -Force would empty an existing key.
    param([Parameter(Mandatory)][string]$Path, [Parameter(Mandatory)][string]$Name,
        [Parameter(Mandatory)]$Value, [Microsoft.Win32.RegistryValueKind]$Kind = 'DWord')
    if (-not (Test-Path -LiteralPath $Path)) { New-Item -Path $Path -Force | Out-Null }
    New-ItemProperty -LiteralPath $Path -Name $Name -Value $Value -PropertyType $Kind -Force | Out-Null
}

function Remove-RegistryValue {
    param([Parameter(Mandatory)][string]$Path, [Parameter(Mandatory)][string]$Name)
    if ($null -ne (Get-RegistryValue -Path $Path -Name $Name)) { Remove-ItemProperty -LiteralPath $Path -Name $Name -Force }
}

function Invoke-Native {
    # Runs a program and checks its exit code. Windows PowerShell turns lines on stderr into errors, hence Continue.
    param([Parameter(Mandatory)][string]$FilePath, [string[]]$ArgumentList = @(), [int[]]$SuccessCodes = @(0))
    # If the program did not exist, $LASTEXITCODE would be that of the previous one.
    if (-not (Test-Path -LiteralPath $FilePath)) { throw ('{0} does not exist' -f $FilePath) }
    $global:LASTEXITCODE = -1
    $ErrorActionPreference = 'Continue'
    $output = @(& $FilePath @ArgumentList 2>&1 | ForEach-Object -Process { [string]$_ })
    $code = $LASTEXITCODE
    $ErrorActionPreference = 'Stop'
    if ($SuccessCodes -notcontains $code) {
        throw ('{0} {1} exited with {2}: {3}' -f $FilePath, ($ArgumentList -join ' '), $code, ($output -join ' '))
    }
    return [pscustomobject]@{ ExitCode = $code; Output = $output }
}

function Get-PrepState {
    param([Parameter(Mandatory)][string]$Name)
    return Get-RegistryValue -Path 'HKLM:\SOFTWARE\pulumi-vmimport\Prepare' -Name $Name
}

function Set-PrepState {
    param([Parameter(Mandatory)][string]$Name, [Parameter(Mandatory)][string]$Value)
    Set-RegistryValue -Path 'HKLM:\SOFTWARE\pulumi-vmimport\Prepare' -Name $Name -Value $Value -Kind String
}

function Request-PrepRestart {
    param([Parameter(Mandatory)][string]$Why)
    $script:PrepRestart = $Why
}

function Test-PrepRestart { return $null -ne $script:PrepRestart }

function Test-PrepChanged { return $script:PrepChanged }

function Get-AnswerDrive {
    # The drive of the answer ISO, by its label. A letter is needed: Windows PowerShell does not open \\?\Volume paths.
    $volume = @(Get-CimInstance -ClassName Win32_Volume -Filter "DriveType = 5 AND Label = 'VMIMPORT'" |
        Where-Object -FilterScript { $null -ne $_.DriveLetter })
    if ($volume.Count -ne 1) { throw ('expected one CD with the label VMIMPORT, found {0}' -f $volume.Count) }
    return $volume[0].DriveLetter + '\'
}

function Get-PrepSecretText {
    # A member of secrets\secrets.json on the answer ISO. It is never copied to the disk.
    param([Parameter(Mandatory)][string]$Name)
    $file = [System.IO.Path]::Combine((Get-AnswerDrive), 'secrets', 'secrets.json')
    $all = [System.IO.File]::ReadAllText($file) | ConvertFrom-Json
    $names = @($all.PSObject.Properties | ForEach-Object -Process { $_.Name })
    if ($names -notcontains $Name) { throw ('the answer ISO has no secret {0}' -f $Name) }
    return $all.$Name
}

function Get-PrepSecret {
    param([Parameter(Mandatory)][string]$Name)
    return ConvertTo-SecureString -String (Get-PrepSecretText -Name $Name) -AsPlainText -Force
}

function Get-LocalUserOrNull {
    param([Parameter(Mandatory)][string]$Name)
    return Get-LocalUser | Where-Object -FilterScript { $_.Name -eq $Name } | Select-Object -First 1
}

function Get-AdministratorName {
    return (Get-LocalUser | Where-Object -FilterScript { $_.SID.Value -match '^S-1-5-21-.*-500$' } | Select-Object -First 1).Name
}

function Test-LocalAdministrator {
    # By SID: Get-LocalGroupMember fails if an account of the group cannot be resolved.
    param([Parameter(Mandatory)][string]$Name)
    $group = [adsi]('WinNT://./{0},group' -f (Get-LocalGroup -SID 'S-1-5-32-544').Name)
    $members = @($group.psbase.Invoke('Members') | ForEach-Object -Process {
        $_.GetType().InvokeMember('Name', 'GetProperty', $null, $_, $null) })
    return $members -contains $Name
}

function Get-UninstallEntry {
    # The installed programs, from both views of the registry.
    $roots = @('HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall',
        'HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall')
    foreach ($root in $roots) {
        if (Test-Path -LiteralPath $root) {
            foreach ($key in Get-ChildItem -LiteralPath $root) {
                [pscustomobject]@{ Key = $key.PSChildName; Name = [string]$key.GetValue('DisplayName', '')
                    Uninstall = [string]$key.GetValue('UninstallString', '') }
            }
        }
    }
}

function Get-RemovableAppx {
    # The packages to remove: neither frameworks, nor parts of Windows, nor those to keep.
    $found = Get-AppxPackage -AllUsers -PackageTypeFilter 'Main', 'Bundle'
    foreach ($package in $found) {
        $kept = @($Prep.AppxKeep | Where-Object -FilterScript { $package.Name -like $_ }).Count -gt 0
        if (-not $package.IsFramework -and -not $package.NonRemovable -and $package.SignatureKind -ne 'System' -and -not $kept) {
            $package
        }
    }
}

function Get-MissingUpdate {
    # Updates that are not installed, hidden, ignored or interactive, without feature updates, which are in-place upgrades.
    $session = New-Object -ComObject Microsoft.Update.Session
    $searcher = $session.CreateUpdateSearcher()
    $result = $searcher.Search("IsInstalled=0 and IsHidden=0 and Type='Software'")
    foreach ($update in $result.Updates) {
        $categories = @($update.Categories | ForEach-Object -Process { $_.CategoryID })
        $numbers = @($update.KBArticleIDs | ForEach-Object -Process { [string]$_ })
        $ignored = @($numbers | Where-Object -FilterScript { $Prep.UpdatesIgnore -contains $_ }).Count -gt 0
        $asks = $update.InstallationBehavior.CanRequestUserInput
        if ($categories -notcontains '3689bdc8-b205-4af4-8d4a-a63924c5e9d5' -and -not $ignored -and -not $asks) { $update }
    }
}

function Test-PendingRestart {
    # Not PendingFileRenameOperations: the updater of Edge, for one, sets it at every start, and BYOL Checker ignores it.
    $cbs = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
    $wu = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
    $exclusive = Get-RegistryValue -Path ($cbs + '\SessionsPending') -Name 'Exclusive'
    return (Test-Path -LiteralPath ($cbs + '\RebootPending')) -or (Test-Path -LiteralPath ($cbs + '\PackagesPending')) -or
        (Test-Path -LiteralPath $wu) -or (Test-Path -LiteralPath ($env:SystemRoot + '\WinSxS\pending.xml')) -or
        ($null -ne $exclusive -and $exclusive -ne 0)
}
