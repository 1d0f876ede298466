# For each instance of an AMI without Sysprep. Run the part for its launch agent as an administrator.

# EC2Launch v1 (Windows Server 2016 and 2019): the routes to 169.254.169.123, 169.254.169.249, 169.254.169.250,
# 169.254.169.251, 169.254.169.253 and 169.254.169.254 (/32: time, activation, DNS, metadata), and the activation.
Import-Module "C:\ProgramData\Amazon\EC2-Windows\Launch\Module\Ec2Launch.psd1"
Add-Routes
Set-ActivationSettings
slmgr /ato

# EC2Launch v2 (Windows Server 2016 and later): after the restart, the agent adds the routes, activates Windows and sets
# the administrator password again, as agent-config.yml says.
& "C:\Program Files\Amazon\EC2Launch\EC2Launch.exe" reset --clean=true
Restart-Computer

# The machine SID and the host name stay the same. To change them too, generalize the instance, and create an AMI of it
# when it has stopped.
# EC2Launch v1:
& "C:\ProgramData\Amazon\EC2-Windows\Launch\Scripts\InitializeInstance.ps1" -Schedule
& "C:\ProgramData\Amazon\EC2-Windows\Launch\Scripts\SysprepInstance.ps1"
# EC2Launch v2:
& "C:\Program Files\Amazon\EC2Launch\EC2Launch.exe" sysprep --shutdown=true
