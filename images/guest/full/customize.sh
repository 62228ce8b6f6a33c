#!/bin/sh
# Runs inside the new root, as the last step of the build: what a guest needs to come up by its seed, and nothing of the machine that
# built it or that two guests would share.
set -eu
export LC_ALL=C
chmod 755 /etc/kernel/postinst.d/zz-hostless-grub /etc/kernel/postrm.d/zz-hostless-grub
rm -f /etc/apt/sources.list
systemctl enable systemd-networkd.service systemd-resolved.service ssh.service >/dev/null 2>&1
ln -sfn ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf

# Of each guest its own, made at its first boot.
rm -f /etc/ssh/ssh_host_* /etc/hostname /var/lib/dbus/machine-id /var/lib/systemd/random-seed /var/lib/systemd/credential.secret
: > /etc/machine-id
rm -rf /var/lib/cloud

rm -rf /var/log/* /var/cache/* /var/lib/apt/lists/* /tmp/* /run/* /root/.cache
find / -xdev -name __pycache__ -type d -prune -exec rm -rf {} +
rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid- /var/lib/dpkg/*-old /etc/ld.so.cache~ /etc/.pwd.lock
mkdir -p /var/cache/apt/archives/partial /var/log/apt /var/cache/ldconfig /boot/grub
chmod 700 /var/cache/ldconfig
sed -i -E 's/^([^:]*:[^:]*):[0-9]+:/\1:20000:/' /etc/shadow
ldconfig
