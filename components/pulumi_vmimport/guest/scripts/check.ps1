
# A check that changes nothing: runs the tests of the steps that prevent or detect an error code of WorkSpaces, and prints
# JSON: for each step its id, its codes, and ok, wrong or error with a message. Exit code 1 if a step is not ok.
# guest/preparation_script.py puts functions.ps1 before this text and the steps in place of the line STEPS:
#   $Steps = @( [pscustomobject]@{ Id = '..'; Codes = @('..'); Test = { .. } } , .. )
$Prep = [System.IO.File]::ReadAllText($PSScriptRoot + '\settings.json') | ConvertFrom-Json
$script:PrepRestart = $null
$script:PrepChanged = $false

# STEPS

$found = foreach ($step in $Steps) {
    $entry = [ordered]@{ step = $step.Id; codes = $step.Codes; result = 'ok' }
    try {
        if (-not [bool](& $step.Test)) { $entry['result'] = 'wrong' }
    }
    catch {
        $entry['result'] = 'error'
        $entry['message'] = $_.Exception.Message
    }
    [pscustomobject]$entry
}
ConvertTo-Json -InputObject @($found) -Depth 4
if (@($found | Where-Object -FilterScript { $_.result -ne 'ok' }).Count -gt 0) { exit 1 }
exit 0
