#!/bin/sh
# Prepares Linux for VM Import/Export: POSIX sh, run as root. Each step tests, sets and verifies, and writes a JSON line to
# the log. A second run changes nothing. Exit codes: 0 success, 1 a step failed, 2 not run as root.
#
#   VMIMPORT_USER      The account that the key is for. Default: ec2-user.
#   VMIMPORT_KEY       Its public key, one line. Default: the account must have one.
#   VMIMPORT_ROOT      A mounted tree to change instead of /, for tests; programs of the tree are not run.
#   VMIMPORT_LOG       Default: /var/log/vmimport-prepare.jsonl in the tree.
set -eu

root=${VMIMPORT_ROOT:-}
user=${VMIMPORT_USER:-ec2-user}
key=${VMIMPORT_KEY:-}
log=${VMIMPORT_LOG:-$root/var/log/vmimport-prepare.jsonl}
changed=0

say() {
    # say STEP RESULT [TEXT]: without quotes and backslashes, so that the line is valid JSON.
    text=$(printf '%s' "${3:-}" | tr -d '\042\134' | tr '\n\t' '  ')
    printf '{"step":"%s","result":"%s","message":"%s"}\n' "$1" "$2" "$text" >>"$log"
    if [ "$2" = failed ]; then
        printf 'vmimport: %s: %s\n' "$1" "$text" >&2
    fi
}

fail() {
    say "$1" failed "$2"
    exit 1
}

step() {
    # step NAME: runs NAME_test, NAME_set and NAME_verify. NAME_test returns 0 if there is nothing to do.
    if "$1_test"; then
        say "$1" ok
        return 0
    fi
    "$1_set" || fail "$1" "the change failed"
    "$1_verify" || fail "$1" "the change had no effect"
    say "$1" changed
    changed=$((changed + 1))
}

have() {
    [ -z "$root" ] && command -v "$1" >/dev/null 2>&1
}

file_is() {
    # file_is PATH TEXT: whether the file contains exactly this text.
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

put() {
    # put PATH TEXT MODE: write a new file and rename it, so that the file is never incomplete.
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >"$1.vmimport"
    chmod "$3" "$1.vmimport"
    mv "$1.vmimport" "$1"
}

# --- what VM Import supports -----------------------------------------------------------------------------------------

machine_test() {
    # 64-bit: by the loader of the C library, because the tree may not be the running system.
    for loader in "$root/lib64/ld-linux-x86-64.so.2" "$root/lib/ld-musl-x86_64.so.1" "$root/lib/ld-linux-aarch64.so.1"; do
        if [ -e "$loader" ]; then return 0; fi
    done
    return 1
}
machine_set() { fail machine "not a 64-bit Linux: install a 64-bit distribution"; }
machine_verify() { return 1; }

filesystem_test() {
    if [ -n "$root" ]; then return 0; fi
    case $(awk '$2 == "/" { print $3 }' /proc/mounts | tail -n 1) in
        ext2 | ext3 | ext4 | xfs | btrfs | jfs | overlay | '') return 0 ;;
        *) return 1 ;;
    esac
}
filesystem_set() { fail filesystem "expected a root file system ext2, ext3, ext4, XFS, Btrfs or JFS"; }
filesystem_verify() { return 1; }

space_test() {
    if [ -n "$root" ]; then return 0; fi
    free=$(df -Pk / | awk 'NR == 2 { print $4 }')
    [ "$free" -ge 524288 ]
}
space_set() { fail space "the root file system has less than 512 MiB of free space, which VM Import needs for drivers"; }
space_verify() { return 1; }

# --- the key ---------------------------------------------------------------------------------------------------------

home_of() { awk -F: -v u="$1" '$1 == u { print $6 }' "$root/etc/passwd"; }

account_test() { [ -n "$(home_of "$user")" ] && [ "$user" != root ]; }
account_set() {
    [ "$user" != root ] || fail account "expected an account other than root"
    [ -z "$root" ] || fail account "the tree has no account $user"
    useradd -m -s /bin/sh "$user"
}
account_verify() { account_test; }

key_test() {
    home=$(home_of "$user")
    file=$root$home/.ssh/authorized_keys
    if [ -n "$key" ]; then
        [ -f "$file" ] && grep -qxF "$key" "$file"
    else
        [ -s "$file" ]
    fi
}
key_set() {
    [ -n "$key" ] || fail key "$user has no public key: set VMIMPORT_KEY"
    home=$(home_of "$user")
    file=$root$home/.ssh/authorized_keys
    mkdir -p "$root$home/.ssh"
    printf '%s\n' "$key" >>"$file"
    chmod 700 "$root$home/.ssh"
    chmod 600 "$file"
    ids=$(awk -F: -v u="$user" '$1 == u { print $3 ":" $4 }' "$root/etc/passwd")
    chown -R "$ids" "$root$home/.ssh"
}
key_verify() { key_test; }

sudo_rule="$user ALL=(ALL) NOPASSWD:ALL"
sudo_test() {
    [ ! -d "$root/etc/sudoers.d" ] || file_is "$root/etc/sudoers.d/90-vmimport" "$sudo_rule"
}
sudo_set() { put "$root/etc/sudoers.d/90-vmimport" "$sudo_rule" 440; }
sudo_verify() { sudo_test; }

# --- SSH -------------------------------------------------------------------------------------------------------------

sshd_test() { [ -x "$root/usr/sbin/sshd" ] && [ -f "$root/etc/ssh/sshd_config" ]; }
sshd_set() { fail sshd "the OpenSSH server is not installed: install it"; }
sshd_verify() { return 1; }

ssh_keys_test() { ! grep -Eqi '^[[:space:]]*PubkeyAuthentication[[:space:]]+no' "$root/etc/ssh/sshd_config"; }
ssh_keys_set() {
    sed 's/^[[:space:]]*[Pp]ubkey[Aa]uthentication[[:space:]].*$/PubkeyAuthentication yes/' "$root/etc/ssh/sshd_config" >"$root/etc/ssh/sshd_config.vmimport"
    cat "$root/etc/ssh/sshd_config.vmimport" >"$root/etc/ssh/sshd_config"
    rm -f "$root/etc/ssh/sshd_config.vmimport"
}
ssh_keys_verify() { ssh_keys_test; }

ssh_unit() {
    for unit in ssh.service sshd.service; do
        for folder in /lib/systemd/system /usr/lib/systemd/system; do
            if [ -e "$root$folder/$unit" ]; then
                printf '%s' "$folder/$unit"
                return 0
            fi
        done
    done
    return 1
}
ssh_start_test() {
    unit=$(ssh_unit) || return 0
    [ -L "$root/etc/systemd/system/multi-user.target.wants/$(basename "$unit")" ]
}
ssh_start_set() {
    unit=$(ssh_unit)
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    ln -sf "$unit" "$root/etc/systemd/system/multi-user.target.wants/$(basename "$unit")"
}
ssh_start_verify() { [ -L "$root/etc/systemd/system/multi-user.target.wants/$(basename "$(ssh_unit)")" ]; }

ssh_firewall_test() {
    if have firewall-offline-cmd && [ -d /etc/firewalld ]; then
        firewall-offline-cmd --query-service=ssh >/dev/null 2>&1 || return 1
    fi
    if [ -f "$root/etc/ufw/ufw.conf" ] && grep -q '^ENABLED=yes' "$root/etc/ufw/ufw.conf"; then
        grep -Eq 'dport (22|ssh)|--dports? 22' "$root/etc/ufw/user.rules" || return 1
    fi
    return 0
}
ssh_firewall_set() {
    if have firewall-offline-cmd && [ -d /etc/firewalld ]; then firewall-offline-cmd --add-service=ssh >/dev/null; fi
    if have ufw && grep -q '^ENABLED=yes' /etc/ufw/ufw.conf; then ufw allow 22/tcp >/dev/null; fi
}
ssh_firewall_verify() { ssh_firewall_test; }

# --- network ---------------------------------------------------------------------------------------------------------

persistent_names() {
    # Files that bind a name to a MAC address. On EC2 the adapter is another one.
    for file in "$root"/etc/udev/rules.d/70-persistent-net.rules "$root"/etc/udev/rules.d/75-persistent-net-generator.rules; do
        if [ -s "$file" ] && [ ! -L "$file" ]; then printf '%s\n' "$file"; fi
    done
    grep -lis '^[[:space:]]*MACAddress=' "$root"/etc/systemd/network/*.link 2>/dev/null || true
}
net_names_test() { [ -z "$(persistent_names)" ]; }
net_names_set() {
    persistent_names | while IFS= read -r file; do rm -f "$file"; done
}
net_names_verify() { net_names_test; }

dhcp_kind() {
    if [ -d "$root/etc/netplan" ] && ls "$root"/usr/sbin/netplan >/dev/null 2>&1; then echo netplan
    elif [ -d "$root/etc/sysconfig/network-scripts" ] && ls "$root"/etc/sysconfig/network-scripts/ifcfg-* >/dev/null 2>&1; then echo ifcfg
    elif [ -d "$root/etc/NetworkManager/system-connections" ]; then echo nm
    elif [ -f "$root/etc/network/interfaces" ]; then echo ifupdown
    else echo networkd
    fi
}
netplan_text='network:
  version: 2
  ethernets:
    vmimport:
      match:
        name: "e*"
      dhcp4: true'
networkd_text='[Match]
Name=e*

[Network]
DHCP=ipv4'
nm_text='[connection]
id=vmimport
type=ethernet
autoconnect-priority=10

[ipv4]
method=auto

[ipv6]
method=ignore'
ifupdown_text='auto lo
iface lo inet loopback

auto eth0
iface eth0 inet dhcp'
ifcfg_text='DEVICE=eth0
BOOTPROTO=dhcp
ONBOOT=yes
TYPE=Ethernet
USERCTL=yes
PEERDNS=yes
IPV6INIT=no'
others() {
    # Other files of the same kind, which may set static addresses.
    case $(dhcp_kind) in
        netplan) find "$root/etc/netplan" -name '*.yaml' ! -name '90-vmimport.yaml' ;;
        ifcfg) find "$root/etc/sysconfig/network-scripts" -name 'ifcfg-*' ! -name ifcfg-lo ! -name ifcfg-eth0 ;;
        nm) find "$root/etc/NetworkManager/system-connections" -type f ! -name vmimport.nmconnection ;;
        *) : ;;
    esac
}
dhcp_file() {
    case $(dhcp_kind) in
        netplan) echo "$root/etc/netplan/90-vmimport.yaml" ;;
        ifcfg) echo "$root/etc/sysconfig/network-scripts/ifcfg-eth0" ;;
        nm) echo "$root/etc/NetworkManager/system-connections/vmimport.nmconnection" ;;
        ifupdown) echo "$root/etc/network/interfaces" ;;
        networkd) echo "$root/etc/systemd/network/90-vmimport.network" ;;
    esac
}
dhcp_text() {
    case $(dhcp_kind) in
        netplan) printf '%s' "$netplan_text" ;;
        ifcfg) printf '%s' "$ifcfg_text" ;;
        nm) printf '%s' "$nm_text" ;;
        ifupdown) printf '%s' "$ifupdown_text" ;;
        networkd) printf '%s' "$networkd_text" ;;
    esac
}
dhcp_test() { file_is "$(dhcp_file)" "$(dhcp_text)" && [ -z "$(others)" ]; }
dhcp_set() {
    keep=$root/var/backups/vmimport
    mkdir -p "$keep"
    others | while IFS= read -r file; do mv "$file" "$keep/"; done
    file=$(dhcp_file)
    if [ -f "$file" ]; then cp -p "$file" "$keep/"; fi
    put "$file" "$(dhcp_text)" 600
    if [ "$(dhcp_kind)" = networkd ] && [ -e "$root/lib/systemd/system/systemd-networkd.service" ]; then
        mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
        ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"
    fi
}
dhcp_verify() { dhcp_test; }

# --- disks -----------------------------------------------------------------------------------------------------------

fstab_bad() {
    # Lines with a device name that differs on EC2. Names in /dev/mapper do not.
    if [ -f "$root/etc/fstab" ]; then
        grep -E '^[[:space:]]*/dev/(sd|vd|hd|xvd|nvme|disk/by-path)' "$root/etc/fstab" || true
    fi
}
fstab_test() { [ -z "$(fstab_bad)" ]; }
fstab_set() {
    file=$root/etc/fstab
    cp -p "$file" "$file.vmimport-before"
    : >"$file.vmimport"
    while IFS= read -r line || [ -n "$line" ]; do
        device=$(printf '%s' "$line" | awk '{ print $1 }')
        case $device in
            /dev/sd* | /dev/vd* | /dev/hd* | /dev/xvd* | /dev/nvme* | /dev/disk/by-path/*)
                uuid=''
                if have blkid; then uuid=$(blkid -s UUID -o value "$device" 2>/dev/null || true); fi
                if [ -n "$uuid" ]; then
                    line=$(printf '%s' "$line" | awk -v u="UUID=$uuid" '{ $1 = u; print }')
                elif [ "$(printf '%s' "$line" | awk '{ print $2 }')" = / ]; then
                    rm -f "$file.vmimport" "$file.vmimport-before"
                    fail fstab "the device of the root file system, $device, has no UUID"
                else
                    line="# vmimport: no UUID found: $line"
                fi
                ;;
            *) : ;;
        esac
        printf '%s\n' "$line" >>"$file.vmimport"
    done <"$file"
    cat "$file.vmimport" >"$file"
    rm -f "$file.vmimport"
}
fstab_verify() { fstab_test; }

kernels() { find "$root/lib/modules" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sed 's|.*/||'; }

modules_text='nvme
ena
xen-blkfront
xen-netfront'
dracut_text='add_drivers+=" nvme ena xen-blkfront xen-netfront "'
builder() {
    if [ -x "$root/usr/bin/dracut" ] || [ -x "$root/usr/sbin/dracut" ]; then echo dracut
    elif [ -x "$root/usr/sbin/update-initramfs" ]; then echo initramfs-tools
    else echo none
    fi
}
drivers_test() {
    case $(builder) in
        dracut) file_is "$root/etc/dracut.conf.d/90-vmimport.conf" "$dracut_text" ;;
        initramfs-tools)
            for module in nvme ena xen-blkfront xen-netfront; do
                grep -qx "$module" "$root/etc/initramfs-tools/modules" 2>/dev/null || return 1
            done
            ;;
        *) return 0 ;;
    esac
}
drivers_set() {
    case $(builder) in
        dracut) put "$root/etc/dracut.conf.d/90-vmimport.conf" "$dracut_text" 644 ;;
        initramfs-tools)
            for module in $modules_text; do
                grep -qx "$module" "$root/etc/initramfs-tools/modules" 2>/dev/null || printf '%s\n' "$module" >>"$root/etc/initramfs-tools/modules"
            done
            ;;
    esac
}
drivers_verify() { drivers_test; }

image_of() {
    # The initramfs of a kernel, if there is one.
    for image in "$root/boot/initrd.img-$1" "$root/boot/initramfs-$1.img"; do
        if [ -e "$image" ]; then
            printf '%s' "$image"
            return 0
        fi
    done
}
settings_of() {
    case $(builder) in
        dracut) printf '%s' "$root/etc/dracut.conf.d/90-vmimport.conf" ;;
        initramfs-tools) printf '%s' "$root/etc/initramfs-tools/modules" ;;
        *) : ;;
    esac
}
stale_kernels() {
    # Kernels whose initramfs is older than the list of drivers.
    settings=$(settings_of)
    [ -n "$settings" ] || return 0
    for kernel in $(kernels); do
        image=$(image_of "$kernel")
        if [ -n "$image" ] && [ -n "$(find "$settings" -newer "$image")" ]; then printf '%s\n' "$kernel"; fi
    done
}
initramfs_test() { [ -z "$(stale_kernels)" ]; }
initramfs_set() {
    [ -z "$root" ] || fail initramfs "cannot be created for a tree"
    for kernel in $(stale_kernels); do
        case $(builder) in
            dracut) dracut -f --no-hostonly --kver "$kernel" || return 1 ;;
            initramfs-tools) update-initramfs -u -k "$kernel" || return 1 ;;
        esac
    done
}
initramfs_verify() { initramfs_test; }

# --- boot loader -----------------------------------------------------------------------------------------------------

grub_args='net.ifnames=0 biosdevname=0 nvme_core.io_timeout=4294967295 console=tty0 console=ttyS0,115200n8'
grub_missing() {
    line=$(sed -n 's/^GRUB_CMDLINE_LINUX=//p' "$root/etc/default/grub" | tail -n 1)
    for arg in $grub_args; do
        case " $(printf '%s' "$line" | tr -d "\"'") " in
            *" $arg "*) : ;;
            *) printf '%s ' "$arg" ;;
        esac
    done
}
grub_test() {
    if [ ! -f "$root/etc/default/grub" ]; then return 0; fi
    [ -z "$(grub_missing)" ]
}
grub_set() {
    file=$root/etc/default/grub
    old=$(sed -n 's/^GRUB_CMDLINE_LINUX=//p' "$file" | tail -n 1 | tr -d "\"'")
    new=$(printf '%s %s' "$old" "$(grub_missing)" | sed 's/^ *//; s/ *$//')
    grep -v '^GRUB_CMDLINE_LINUX=' "$file" >"$file.vmimport" || true
    printf 'GRUB_CMDLINE_LINUX="%s"\n' "$new" >>"$file.vmimport"
    cat "$file.vmimport" >"$file"
    rm -f "$file.vmimport"
}
grub_verify() { grub_test; }

grub_configs() {
    # Configurations that are older than the settings.
    for config in "$root/boot/grub/grub.cfg" "$root/boot/grub2/grub.cfg"; do
        if [ -f "$config" ] && [ -n "$(find "$root/etc/default/grub" -newer "$config" 2>/dev/null)" ]; then printf '%s\n' "$config"; fi
    done
}
grub_config_test() { [ -z "$(grub_configs)" ]; }
grub_config_set() {
    [ -z "$root" ] || fail grub_config "cannot be created for a tree"
    for config in $(grub_configs); do
        if have grub2-mkconfig; then grub2-mkconfig -o "$config" || return 1
        else grub-mkconfig -o "$config" || return 1
        fi
    done
}
grub_config_verify() { grub_config_test; }

esp_test() {
    # UEFI: the fallback path, because EC2 does not have the boot entries of the VM.
    esp=$root/boot/efi
    if [ ! -d "$esp/EFI" ]; then return 0; fi
    [ -n "$(find "$esp/EFI" -ipath '*/BOOT/BOOTX64.EFI' -o -ipath '*/BOOT/BOOTAA64.EFI' 2>/dev/null | head -n 1)" ]
}
esp_set() {
    esp=$root/boot/efi
    for loader in shimx64.efi grubx64.efi; do
        source=$(find "$esp/EFI" -iname "$loader" 2>/dev/null | head -n 1)
        if [ -n "$source" ]; then
            mkdir -p "$esp/EFI/BOOT"
            cp "$source" "$esp/EFI/BOOT/BOOTX64.EFI"
            if [ "$loader" = shimx64.efi ] && [ -f "$(dirname "$source")/grubx64.efi" ]; then
                cp "$(dirname "$source")/grubx64.efi" "$esp/EFI/BOOT/grubx64.efi"
            fi
            return 0
        fi
    done
    fail esp "the EFI system partition has no boot loader"
}
esp_verify() { esp_test; }

# --- VMware ----------------------------------------------------------------------------------------------------------

tools_test() { [ ! -x "$root/usr/bin/vmware-uninstall-tools.pl" ]; }
tools_set() {
    [ -z "$root" ] || fail tools "VMware Tools are installed in the tree"
    /usr/bin/vmware-uninstall-tools.pl
}
tools_verify() { tools_test; }

[ "$(id -u)" -eq 0 ] || { printf 'vmimport: root privileges are required\n' >&2; exit 2; }
mkdir -p "$(dirname "$log")"
: >"$log"
for name in machine filesystem space account key sudo sshd ssh_keys ssh_start ssh_firewall net_names dhcp fstab drivers initramfs grub grub_config esp tools; do
    step "$name"
done
say finished ready "$changed changed"
