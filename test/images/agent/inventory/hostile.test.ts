// Whatever a tool prints, a parser ends, gives a value of the protocol and, if it understood less than all, a reason.
import test from 'ava'
import fc from 'fast-check'
import { parseBridgeFdb } from '../../../../images/agent/inventory/bridge-fdb.ts'
import { parseBridgeVlan } from '../../../../images/agent/inventory/bridge-vlan.ts'
import { parseCpuinfo } from '../../../../images/agent/inventory/cpuinfo.ts'
import { parseDiskLinks } from '../../../../images/agent/inventory/disk-links.ts'
import { parseDmidecode } from '../../../../images/agent/inventory/dmidecode.ts'
import { parseDrbdEvents } from '../../../../images/agent/inventory/drbdsetup.ts'
import { parseEthtoolDriver } from '../../../../images/agent/inventory/ethtool.ts'
import { parseIpAddress } from '../../../../images/agent/inventory/ip-address.ts'
import { parseIpLink } from '../../../../images/agent/inventory/ip-link.ts'
import { parseIscsiSessions } from '../../../../images/agent/inventory/iscsiadm.ts'
import { parseLldp } from '../../../../images/agent/inventory/lldp.ts'
import { parseLsblk } from '../../../../images/agent/inventory/lsblk.ts'
import { parseLvs, parsePvs, parseVgs } from '../../../../images/agent/inventory/lvm.ts'
import { parseMeminfo } from '../../../../images/agent/inventory/meminfo.ts'
import { parseNfsMounts } from '../../../../images/agent/inventory/mountinfo.ts'
import { parseMultipathdMaps } from '../../../../images/agent/inventory/multipath.ts'
import { type Parsed, textOf } from '../../../../images/agent/inventory/reading.ts'
import { parseSmartctl } from '../../../../images/agent/inventory/smartctl.ts'
import { parsePolicies, parseXenCpuid } from '../../../../images/agent/inventory/xen-cpuid.ts'
import { parseXlInfo } from '../../../../images/agent/inventory/xl-info.ts'
import { parseXlList } from '../../../../images/agent/inventory/xl-list.ts'
import { parseXlListLong } from '../../../../images/agent/inventory/xl-list-long.ts'
import { parseDiskstats } from '../../../../images/agent/sampling/diskstats.ts'
import { parseNetDev } from '../../../../images/agent/sampling/net-dev.ts'
import { parseIpLine, parseUdevLine } from '../../../../images/agent/watching/monitors.ts'
import { fixture } from '../machines.ts'

const plain = (parse: (text: string) => unknown) => (text: string) => ({ value: parse(text), reasons: [] })

const PARSERS: readonly (readonly [fixture: string, parse: (text: string) => Parsed<unknown>])[] = [
  ['bridge-fdb-6.15-trixie.json', parseBridgeFdb],
  ['bridge-vlan-6.15-trixie.json', parseBridgeVlan],
  ['cpuinfo-trixie-xen.txt', parseCpuinfo],
  ['find-disk-links-trixie.txt', parseDiskLinks],
  ['dmidecode-3.6-qemu.txt', parseDmidecode],
  ['dmidecode-two-modules-documented.txt', parseDmidecode],
  ['drbd-events2-8.4.txt', parseDrbdEvents],
  ['drbd-events2-9-documented.txt', parseDrbdEvents],
  ['ethtool-i-mlx5-documented.txt', parseEthtoolDriver],
  ['ip-addr-6.15-trixie.json', parseIpAddress],
  ['ip-link-6.15-trixie-bond-vlan.json', parseIpLink],
  ['iscsiadm-2.1.11-two-sessions.txt', parseIscsiSessions],
  ['lldpcli-json0-documented.json', parseLldp],
  ['lsblk-2.38-nvme-fc-documented.json', parseLsblk],
  ['lvm-fullreport-2.03-trixie.json', parseLvs],
  ['lvm-fullreport-2.03-trixie.json', parsePvs],
  ['lvm-fullreport-2.03-trixie.json', parseVgs],
  ['meminfo-trixie-dom0.txt', parseMeminfo],
  ['mountinfo-trixie-nfs-root.txt', parseNfsMounts],
  ['multipathd-0.11-maps.json', parseMultipathdMaps],
  ['smartctl-7-ata-documented.json', (text) => parseSmartctl('/dev/sda', text)],
  ['smartctl-7-nvme-documented.json', (text) => parseSmartctl('/dev/nvme0n1', text)],
  ['xen-cpuid-4.20-epyc.txt', parseXenCpuid],
  ['xen-cpuid-p-4.20-epyc.txt', parsePolicies],
  ['xl-info-n-two-sockets-documented.txt', parseXlInfo],
  ['xl-list-v-4.20-paused.txt', parseXlList],
  ['xl-list-l-4.20-paused.json', parseXlListLong],
  ['diskstats-trixie.txt', plain(parseDiskstats)],
  ['net-dev-trixie-vif.txt', plain(parseNetDev)],
  ['udevadm-monitor-257-guest-iscsi.txt', plain((text) => text.split('\n').map(parseUdevLine))],
  ['ip-monitor-6.15-trixie.txt', plain((text) => text.split('\n').map(parseIpLine))],
]

const fits = ({ value, reasons }: Parsed<unknown>): boolean =>
  value !== null &&
  reasons.length <= 40 &&
  reasons.map(textOf).every((reason) => reason !== '' && reason.length < 600 && !/[\p{Cc}\p{Cs}]/u.test(reason))

for (const [name, parse] of PARSERS) {
  const text = fixture(name)
  const title = [name, parse.name].join(' ').trim()

  test(`${title}: cut off anywhere, it is understood in part, or it is told why not`, (t) => {
    const step = Math.max(1, Math.floor(text.length / 200))
    for (let length = 0; length < text.length; length += step) t.true(fits(parse(text.slice(0, length))), `cut at ${length}`)
    if (name.endsWith('.json')) t.not(parse(text.slice(0, text.length / 2)).reasons.length, 0)
  })

  test(`${title}: with anything changed or put in, it ends`, (t) => {
    const lines = text.split('\n')
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        '\0',
        '\u202e',
        '\u001b[2J',
        '"',
        '{',
        '[',
        ':',
        '-',
        '99999999999999999999',
        '__proto__',
        ' '.repeat(5000),
        '\ud800',
      ),
    )
    const changed = fc.property(fc.tuple(fc.nat(), fc.nat(100), hostile), ([at, length, put]) => {
      const place = at % text.length
      return fits(parse(text.slice(0, place) + put + text.slice(place + length)))
    })
    const mixed = fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 30 }), (some) => fits(parse(some.join('\n'))))
    const other = fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (anything) => fits(parse(anything)))
    t.notThrows(() => fc.assert(changed, { numRuns: 60 }))
    t.notThrows(() => fc.assert(mixed, { numRuns: 30 }))
    t.notThrows(() => fc.assert(other, { numRuns: 40 }))
  })
}

test('every parser comes to an end with a megabyte of blanks, digits, brackets or one endless line', (t) => {
  for (const [name, parse] of PARSERS) {
    for (const filler of [' ', '1', 'a', ':', '-', '[', '\t', '00:']) {
      t.notThrows(() => parse(filler.repeat(1_000_000 / filler.length)), `${name}: ${JSON.stringify(filler)}`)
    }
  }
})
