#!/bin/sh
# Runs inside the new root, as the last step of the build: takes away what a dom0 without disk
# does not need, and everything that would make two builds of the same packages differ.
set -eu
export LC_ALL=C

# Xen's tools under a name without a version; the shell's wrapper `xl` asks for it at each start.
tools=$(echo /usr/lib/xen-[0-9]*/bin)
ln -sfn "$tools" /usr/lib/hostless/xen

# What boots goes out of the root.
mv "$(readlink -f /vmlinuz)" /boot/vmlinuz
zcat /boot/xen-*-amd64.gz > /boot/xen
cp /boot/xen-*-amd64.efi /boot/xen.efi
rm -f /vmlinuz* /initrd.img*
find /boot -mindepth 1 ! -name vmlinuz ! -name xen ! -name xen.efi -delete
dpkg --purge --force-depends initramfs-tools initramfs-tools-core initramfs-tools-bin klibc-utils libklibc dracut-install >/dev/null 2>&1 || true
rm -rf /boot/initrd* /var/lib/initramfs-tools /etc/initramfs-tools /usr/share/initramfs-tools

# Drivers that no dom0 needs; the guests bring their own.
kernel=$(basename /usr/lib/modules/*)
drivers=/usr/lib/modules/$kernel/kernel/drivers
for unused in accel bluetooth comedi firewire gpu iio isdn media mmc mtd net/can net/wan net/wireless net/wwan net/hamradio net/ieee802154 net/arcnet net/plip nfc soundwire staging; do
  rm -rf "${drivers:?}/$unused"
done
rm -rf "/usr/lib/modules/$kernel/kernel/sound" "/usr/lib/modules/$kernel/kernel/net/"bluetooth "/usr/lib/modules/$kernel/kernel/net/"mac80211 \
  "/usr/lib/modules/$kernel/kernel/net/"wireless "/usr/lib/modules/$kernel/kernel/net/"can "/usr/lib/modules/$kernel/kernel/net/"nfc
find "/usr/lib/modules/$kernel" -name '*.ko.xz' -exec xz -d {} +
depmod "$kernel"

# Services: the agent starts storage daemons when they are wanted.
for unit in \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer \
  getty.target getty@.service getty-static.service serial-getty@.service console-getty.service autovt@.service \
  ssh.service ssh.socket sshd-keygen.service sshd.service \
  xen.service xendomains.service drbd.service lvm2-monitor.service lvm2-lvmpolld.socket blk-availability.service dm-event.socket \
  multipathd.service multipathd.socket iscsid.service iscsid.socket open-iscsi.service iscsi.service nvmefc-boot-connections.service nvmf-autoconnect.service \
  lldpd.service smartmontools.service smartd.service uuidd.socket uuidd.service rpcbind.service rpcbind.socket nfs-client.target networking.service remote-fs.target \
  ldconfig.service systemd-logind.service systemd-user-sessions.service systemd-journal-flush.service systemd-random-seed.service systemd-pstore.service \
  systemd-binfmt.service proc-sys-fs-binfmt_misc.automount sys-fs-fuse-connections.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  dev-hugepages.mount dev-mqueue.mount systemd-firstboot.service systemd-hibernate-clear.service systemd-hwdb-update.service systemd-sysusers.service \
  systemd-machine-id-commit.service systemd-journal-catalog-update.service systemd-update-done.service systemd-pcrmachine.service systemd-pcrphase.service \
  systemd-pcrphase-sysinit.service systemd-pcrextend.socket systemd-pcrlock.socket systemd-tpm2-setup.service systemd-tpm2-setup-early.service systemd-creds.socket \
  systemd-sysext.socket systemd-hostnamed.socket systemd-ask-password-wall.path systemd-ask-password-console.path systemd-timesyncd.service \
  modprobe@drm.service modprobe@fuse.service modprobe@efi_pstore.service modprobe@dm_multipath.service modprobe@configfs.service \
  systemd-networkd-wait-online.service systemd-modules-load.service tmp.mount
do
  ln -sfn /dev/null "/etc/systemd/system/$unit"
done
# A disk's partition table, /etc/fstab or the command line make no units here: each generator costs a process at boot.
mkdir -p /etc/systemd/system-generators
for generator in /usr/lib/systemd/system-generators/*; do
  ln -sfn /dev/null "/etc/systemd/system-generators/$(basename "$generator")"
done
systemctl enable hostless-up.service hostless-ssh.socket >/dev/null 2>&1
ln -sfn /usr/lib/systemd/system/multi-user.target /etc/systemd/system/default.target
touch /etc/.updated /var/.updated

# Nothing secret, nothing of the machine that built it.
rm -f /etc/ssh/ssh_host_* /etc/hostname /etc/resolv.conf /var/lib/dbus/machine-id /var/lib/systemd/random-seed /etc/iscsi/initiatorname.iscsi
: > /etc/machine-id

# Two builds of the same packages give the same bytes.
rm -rf /var/log/* /var/cache/* /var/lib/apt/lists/* /tmp/* /run/* /usr/share/lintian /usr/share/bug /usr/share/info
find / -xdev -name __pycache__ -type d -prune -exec rm -rf {} +
rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid- /var/lib/dpkg/*-old /etc/ld.so.cache~ /etc/.pwd.lock
mkdir -p /var/log/xen /var/cache/ldconfig
sed -i -E 's/^([^:]*:[^:]*):[0-9]+:/\1:20000:/' /etc/shadow
chmod -R 755 /usr/lib/hostless/report-up
ldconfig
