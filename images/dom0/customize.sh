#!/bin/sh
# Runs inside the new root, as the last step of the build: takes away what a dom0 without disk
# does not need, and everything that would make two builds of the same packages differ.
set -eu
export LC_ALL=C

# Xen's tools under a name without a version; the shell's wrapper `xl` asks for it at each start.
tools=$(echo /usr/lib/xen-[0-9]*/bin)
ln -sfn "$tools" /usr/lib/hostless/xen

# By this a guest boots its own kernel.
dpkg-deb --fsys-tarfile /tmp/grub-xen-host_*.deb | tar -x -C / ./usr/lib/grub-xen/grub-i386-xen_pvh.bin

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

# busybox's init and its inittab run dom0: in an emulated machine a boot is ten seconds faster than with systemd.
for name in init reboot poweroff halt; do
  ln -sfn ../bin/busybox "/usr/sbin/$name"
done
ln -sfn busybox /usr/bin/logread
[ ! -s /root/.ssh/authorized_keys ] || echo '::respawn:/usr/lib/hostless/serve-ssh' >> /etc/inittab

# udev's rules of what no dom0 has, or nobody in it asks for: desktops, sound, cameras, seats; of systemd, which does not run here; of
# drbdadm, which has no configuration; and the database of vendors' names. Each event reads them all.
for rule in 60-autosuspend 60-cdrom_id 60-drm 60-evdev 60-fido-id 60-persistent-alsa 60-persistent-input 60-persistent-v4l 60-sensor \
  70-camera 70-joystick 70-mouse 70-power-switch 70-touchpad 70-uaccess 71-seat 73-seat-late 75-net-description 75-probe_mtd 78-sound-card \
  65-drbd 81-net-dhcp 90-iocost 96-e2scrub 99-systemd; do
  rm -f "/usr/lib/udev/rules.d/$rule.rules"
done
rm -rf /usr/lib/udev/hwdb.bin /usr/lib/udev/hwdb.d /etc/udev/hwdb.d

# Nothing secret, nothing of the machine that built it.
rm -f /etc/ssh/ssh_host_* /etc/hostname /etc/resolv.conf /var/lib/dbus/machine-id /var/lib/systemd/random-seed \
  /etc/iscsi/initiatorname.iscsi /etc/nvme/hostid /etc/nvme/hostnqn
: > /etc/machine-id

# Two builds of the same packages give the same bytes.
rm -rf /var/log/* /var/cache/* /var/lib/apt/lists/* /tmp/* /run/* /usr/share/lintian /usr/share/bug /usr/share/info
find / -xdev -name __pycache__ -type d -prune -exec rm -rf {} +
rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid- /var/lib/dpkg/*-old /etc/ld.so.cache~ /etc/.pwd.lock
mkdir -p /var/log/xen /var/cache/ldconfig
sed -i -E 's/^([^:]*:[^:]*):[0-9]+:/\1:20000:/' /etc/shadow
chmod 755 /usr/lib/hostless/[a-z]* /etc/acpi/PWRF/* /etc/xen/scripts/*-hostless /etc/xen/scripts/vif-post.d/hostless.hook
ldconfig
