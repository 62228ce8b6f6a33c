// The dom0 whose outputs were captured, as a backend: one node of the lab with an iSCSI target, a bond, a guest and DRBD.
import { LVM_REPORT } from '../../../images/agent/inventory/lvm.ts'
import { fixture, type Texts, textBackend } from './machines.ts'

export const DOM0: Required<Texts> = {
  commands: {
    dmidecode: fixture('dmidecode-3.6-qemu.txt'),
    'xl info -n': fixture('xl-info-n-4.20.txt'),
    'xl list -v': fixture('xl-list-v-4.20-paused.txt'),
    'xl list -l': fixture('xl-list-l-4.20-paused.json'),
    '/usr/lib/hostless/xen/xen-cpuid': fixture('xen-cpuid-4.20-epyc.txt'),
    '/usr/lib/hostless/xen/xen-cpuid -p': fixture('xen-cpuid-p-4.20-epyc.txt'),
    'ip -json -details link': fixture('ip-link-6.15-trixie-bond-vlan.json'),
    'ip -json addr': fixture('ip-addr-6.15-trixie.json'),
    'bridge -json fdb show': fixture('bridge-fdb-6.15-trixie.json'),
    'bridge -json vlan show': fixture('bridge-vlan-6.15-trixie.json'),
    'ethtool -i eth0': fixture('ethtool-i-virtio-trixie.txt'),
    'lldpcli -f json0 show neighbors details': fixture('lldpcli-1.0-json0.json').replace('"lla"', '"eth0"'),
    'lsblk --json --bytes -O': fixture('lsblk-2.41-trixie-multipath.json'),
    'find /dev/disk -mindepth 2 -maxdepth 2 -type l -printf %p\\t%l\\n': fixture('find-disk-links-trixie-multipath.txt'),
    'multipathd show maps json': fixture('multipathd-0.11-maps.json'),
    'iscsiadm -m session -P 3': fixture('iscsiadm-2.1.11-two-sessions.txt'),
    'smartctl --json --scan': '{"devices":[]}',
    'drbdsetup events2 --now --statistics': fixture('drbd-events2-8.4.txt'),
    [LVM_REPORT.join(' ')]: fixture('lvm-fullreport-2.03-trixie.json'),
  },
  files: {
    '/proc/cpuinfo': fixture('cpuinfo-trixie-xen.txt'),
    '/proc/meminfo': fixture('meminfo-trixie-dom0.txt'),
    '/proc/self/mountinfo': fixture('mountinfo-trixie-nfs-root.txt'),
    '/proc/cmdline': 'console=hvc0 quiet hl.boot=uczhl4wdrb5rgqck.VOwpoPUTOqmfFuWjTlV4E8vvZypzL-bOv43ANc8ivYA hl.name=node1\n',
    '/proc/sys/kernel/osrelease': '6.12.117+deb13-amd64\n',
    '/proc/sys/kernel/version': '#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-11-12)\n',
    '/proc/sys/kernel/arch': 'x86_64\n',
    '/proc/drbd': 'version: 8.4.11 (api:1/proto:86-101)\n',
    '/proc/diskstats': fixture('diskstats-trixie.txt'),
    '/proc/net/dev': fixture('net-dev-trixie-vif.txt'),
    '/sys/class/net/eth0/speed': '-1\n',
    '/sys/block/sda/device/wwid': 'naa.60000000000000000e00000000010001\n',
    '/etc/iscsi/initiatorname.iscsi': 'InitiatorName=iqn.2025-01.net.hostless:node1\n',
  },
}

export const dom0 = textBackend(DOM0)
