import test from 'ava'
import { stagesOf } from '../../appliance/timeline/timeline.ts'
import { peerAttempts } from './peer-timeline.ts'

const T0 = 1_700_000_000_000
const MAC = '52:54:00:77:00:01'
const OTHER = '52:54:00:77:00:02'

const line = (seconds: number, text: string) => ({ at: T0 + seconds * 1000, text })
const report = (seconds: number, stage: string, more = '', attempt = '525400770001') => ({
  at: T0 + seconds * 1000,
  attempt,
  body: `stage=${stage}\nstatus=done\nuptime=1.00\n${more}`,
})

/** As in a run of the benchmark, with a second host in between. */
const LOG = [
  line(0, 'dnsmasq[1]: started, version 2.90 DNS disabled'),
  line(5, `dnsmasq-dhcp[1]: DHCPDISCOVER(rack0) ${MAC} `),
  line(5, `dnsmasq-dhcp[1]: DHCPOFFER(rack0) 10.77.0.130 ${MAC} `),
  line(6, `dnsmasq-dhcp[1]: DHCPDISCOVER(rack0) ${OTHER} `),
  line(7, `dnsmasq-dhcp[1]: DHCPDISCOVER(rack0) ${MAC} `),
  line(8, `dnsmasq-dhcp[1]: DHCPREQUEST(rack0) 10.77.0.130 ${MAC} `),
  line(8, `dnsmasq-dhcp[1]: DHCPACK(rack0) 10.77.0.130 ${MAC} `),
  line(18, 'dnsmasq-tftp[1]: sent /lab/tftp/boot.ipxe to 10.77.0.130'),
  line(18.5, 'dnsmasq-tftp[1]: sent /lab/tftp/xen to 10.77.0.130'),
  line(19, 'dnsmasq-tftp[1]: sent /lab/tftp/xen to 10.77.0.99'),
  line(19.5, 'dnsmasq-tftp[1]: sent /lab/tftp/vmlinuz to 10.77.0.130'),
  line(20.5, 'dnsmasq-tftp[1]: sent /lab/tftp/initrd.img to 10.77.0.130'),
]
const REPORTS = [
  report(31, 'initramfs'),
  report(31.25, 'network', 'address=10.77.0.130/24'),
  report(32, 'root'),
  report(32.5, 'dom0'),
  report(37, 'up', 'xen=4.20.3\nkernel=6.12.90\n'),
]

test('dnsmasq’s log and dom0’s reports become the stages of our own timeline', (t) => {
  const attempt = peerAttempts(LOG, REPORTS).get(MAC)
  t.truthy(attempt)
  const stages = attempt ? stagesOf(attempt) : []
  t.deepEqual(
    stages.map(({ stage, at, status }) => [stage, (at - T0) / 1000, status]),
    [
      ['ipxe', 5, 'done'],
      ['script', 18, 'done'],
      ['kernel', 20.5, 'done'],
      ['initramfs', 31, 'done'],
      ['network', 31.25, 'done'],
      ['root', 32, 'done'],
      ['dom0', 32.5, 'done'],
      ['up', 37, 'done'],
    ],
  )
})

test('each host has an attempt of its own, and a file for nobody’s address belongs to none', (t) => {
  const attempts = peerAttempts(LOG, REPORTS)
  t.deepEqual([...attempts.keys()].sort(), [MAC, OTHER])
  t.is(attempts.get(OTHER)?.events.length, 1)
})

test('before the first line there is no attempt', (t) => {
  t.is(peerAttempts([], []).size, 0)
})

test('a report that cannot be read is an error, not a slow boot', (t) => {
  t.throws(() => peerAttempts([], [{ at: T0, attempt: '525400770001', body: 'stage=upstairs\nstatus=done' }]), {
    message: /cannot be read/,
  })
  t.throws(() => peerAttempts([], [report(1, 'up', '', 'nobody')]), { message: /no MAC/ })
})
