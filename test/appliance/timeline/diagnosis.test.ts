import test from 'ava'
import { ADDRESS, dhcp, dropped, file, NORMAL, proxied, report, script, type Timed, tftp, unanswered, view } from './boots.ts'

const LATE = 1000
const until = (seconds: number): readonly Timed[] => NORMAL.filter(([at]) => at <= seconds)

const STUCK: readonly [what: string, events: readonly Timed[], expected: RegExp][] = [
  [
    'DISCOVERs only',
    [0, 4, 12].map((at) => [at, unanswered('DISCOVER', 'firmware', 'the pool is exhausted')]),
    /^three DISCOVERs, no offer from us \(the pool is exhausted\): check dhcp\.mode, dhcp\.pool/,
  ],
  [
    'offers without a REQUEST',
    [
      [0, dhcp('DISCOVER', 'firmware')],
      [4, dhcp('DISCOVER', 'firmware')],
    ],
    /^two offers, no REQUEST: this firmware rejects our offers or does not get them\. .*spanning tree/,
  ],
  [
    'proxy offers without a REQUEST',
    [
      [0, proxied('firmware')],
      [4, proxied('firmware')],
    ],
    /^two offers, no REQUEST: this firmware rejects proxy offers.*dhcp\.mode authoritative/,
  ],
  [
    'offers, and REQUESTs that we dropped',
    [
      [0, dhcp('DISCOVER', 'firmware')],
      [1, dropped('dhcp', 'cookie at byte 240: 0x0 is not DHCP’s')],
      [4, dhcp('DISCOVER', 'firmware')],
      [5, dropped('dhcp', 'cookie at byte 240: 0x0 is not DHCP’s')],
    ],
    /^two DHCP packets of this host reached the appliance, which dropped them itself \(cookie at byte 240: 0x0 is not DHCP’s\): the network carries them/,
  ],
  [
    'nothing but packets that we dropped',
    [[0, dropped('dhcp', 'sname at byte 44: 64 bytes wanted, 10 left')]],
    /^one DHCP packet of this host reached the appliance, which dropped it itself \(sname/,
  ],
  [
    'an address, and TFTP that we dropped',
    [...until(0.1), [1, dropped('tftp', 'mode at byte 15: the packet ends before it')]],
    /^one TFTP packet of this host reached the appliance, which dropped it itself \(mode/,
  ],
  [
    'TFTP that we dropped before it was served',
    [...until(0.1), [1, dropped('tftp', 'mode at byte 15')], [3, tftp('undionly.kpxe')]],
    /The firmware fetched undionly\.kpxe whole, and it did not start/,
  ],
  [
    'a REQUEST that we refuse',
    [[0, { kind: 'dhcp', message: 'REQUEST', by: 'firmware', answer: 'nak', reason: '192.168.1.5 is not in 10.77.0.0/24' }]],
    /^one REQUEST, refused \(192\.168\.1\.5 is not in 10\.77\.0\.0\/24\): .*another DHCP server/,
  ],
  [
    'a REQUEST and then neither TFTP nor HTTP',
    until(0.1),
    /^one REQUEST, then no TFTP and no HTTP request: it has an address.*UDP port 69 and http\.port/,
  ],
  [
    'a REQUEST to another server and then nothing',
    [
      [0, proxied('firmware')],
      [1, unanswered('REQUEST', 'firmware', 'for another server')],
    ],
    /^one REQUEST, then no TFTP and no HTTP request: its REQUEST went to another server \(for another server\)/,
  ],
  [
    'TFTP that is aborted',
    [...until(0.1), [1, tftp('undionly.kpxe', 'aborted')], [2, tftp('undionly.kpxe', 'aborted')]],
    /aborted the TFTP transfer of undionly\.kpxe twice: .*block size/,
  ],
  [
    'TFTP that breaks off',
    [...until(0.1), [1, tftp('undionly.kpxe', 'failed')]],
    /The TFTP transfer of undionly\.kpxe broke off once: .*MTU/,
  ],
  ['HTTP boot that breaks off', [...until(0.1), [1, file('snponly.efi', 5, 'failed')]], /The HTTP transfer of snponly\.efi broke off once/],
  [
    'a file that is not ours',
    [...until(0.1), [1, tftp('pxelinux.0', 'not-found', 0)]],
    /asked by TFTP for pxelinux\.0, which we do not serve/,
  ],
  ['a probe without a fetch', [...until(0.1), [1, tftp('undionly.kpxe', 'probed', 0)]], /size of undionly\.kpxe and did not fetch it/],
  ['a loader that does not start', until(0.5), /fetched undionly\.kpxe whole, and it did not start: switch Secure Boot off/],
  [
    'iPXE without an offer',
    [...until(0.5), [2, unanswered('DISCOVER', 'ipxe', 'dhcp.mode is off')]],
    /^one DISCOVER, no offer from us \(dhcp\.mode is off\)/,
  ],
  ['iPXE that rejects offers', [...until(0.5), [2, dhcp('DISCOVER', 'ipxe')]], /^one offer, no REQUEST: iPXE rejects our offers/],
  ['iPXE with an address and no script', until(1.6), /iPXE has an address and asked for no boot script: is http\.port open/],
  [
    'iPXE with an address of another server',
    [
      [0, proxied('ipxe')],
      [1, unanswered('REQUEST', 'ipxe', 'for another server')],
    ],
    /one REQUEST by iPXE, not answered by us \(for another server\)/,
  ],
  [
    'a script and no kernel',
    [...until(2), [12, script()], [22, script()]],
    /The boot script was fetched three times, and no file of Xen after it: .*http\.port \(TCP\)/,
  ],
  ['a kernel that breaks off', [...until(2.25), [3, file('vmlinuz', 100, 'aborted')]], /not fetched whole: vmlinuz aborted over HTTP/],
  ['an initramfs that is never asked for', until(3), /not fetched whole: vmlinuz was the last/],
  [
    'a kernel and no word of the initramfs',
    until(4),
    /initramfs has not reported: Xen or dom0's kernel crashed.*console.*boot\.dom0Memory \(dom0_mem\)/,
  ],
  ['an initramfs without a network', [...until(4), [9, report('initramfs', 'begin')]], /has not brought its network up/],
  [
    'a network without a mount',
    until(9.5),
    /network of the initramfs is up, and the root is not mounted: it has not asked for a mount\. Is nfs\.port/,
  ],
  ['a mount that does not come back', until(10), /it asked for \/dom0\/0123456789abcdef/],
  ['a root without dom0', until(11), /The root is mounted, and dom0's init has not started/],
  ['dom0 without its toolstack', until(11.5), /Xen's toolstack has not answered/],
]

for (const [what, events, expected] of STUCK) {
  test(`a boot stuck at ${what} is explained with what to do`, (t) => {
    const { state, diagnosis = '' } = view(events, LATE)
    t.is(state, 'stuck')
    t.regex(diagnosis, expected)
    t.regex(diagnosis, /[.)?]$/)
  })
}

const FAILED: readonly [stage: 'initramfs' | 'network' | 'root' | 'dom0' | 'up', expected: RegExp][] = [
  ['initramfs', /The initramfs failed: no such NIC\. It keeps trying/],
  ['network', /The initramfs failed: no such NIC/],
  ['root', /root could not be mounted: no such NIC/],
  ['dom0', /dom0 started and then failed: no such NIC.*journalctl/],
  ['up', /dom0 started and then failed: no such NIC/],
]

for (const [stage, expected] of FAILED) {
  test(`a failure reported by stage ${stage} is shown with its reason`, (t) => {
    const { state, diagnosis = '' } = view([...until(4), [9, report(stage, 'failed', { reason: 'no such NIC' })]], 10)
    t.is(state, 'failed')
    t.regex(diagnosis, expected)
  })
}

test('a failure without a reason says so', (t) => {
  t.regex(view([...until(4), [9, report('root', 'failed')]], 10).diagnosis ?? '', /no reason given/)
})

test('a host that nothing else was heard of is asked for its cable', (t) => {
  t.regex(view([], LATE).diagnosis ?? '', /switched on/)
  t.is(view([[0, { kind: 'dhcp', message: 'DISCOVER', by: 'initramfs', answer: 'ack', address: ADDRESS }]], LATE).state, 'stuck')
})
