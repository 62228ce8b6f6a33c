// Boots for the tests of the timeline: events by the second, as a real one (lab-notes) has them.
import { type Attempt, record } from '../../../appliance/timeline/attempt.ts'
import type { BootEvent, EventOf } from '../../../appliance/timeline/event.ts'
import { type AttemptView, viewOf } from '../../../appliance/timeline/timeline.ts'
import { apply, type Change, newTracker, type Tracker } from '../../../appliance/timeline/tracker.ts'
import { generation, imageName, ipv4, mac } from '../boot/plans.ts'

export const T0 = 1_700_000_000_000
export const MAC = mac('52:54:00:77:00:01')
export const ADDRESS = ipv4('10.77.0.21')
export const ID = 'abcdefghijklmn23'
export const NAMES = new Map([[MAC, 'node01']])

export type Timed = readonly [seconds: number, event: BootEvent]

export function dhcp(message: 'DISCOVER' | 'REQUEST', by: EventOf<'dhcp'>['by'], change: Partial<EventOf<'dhcp'>> = {}): BootEvent {
  const answer = message === 'DISCOVER' ? 'offer' : 'ack'
  return {
    kind: 'dhcp',
    message,
    by,
    architecture: by === 'ipxe' ? 'iPXE on BIOS' : 'BIOS PXE',

    answer,
    address: ADDRESS,
    ...change,
  }
}

/** Nothing but silence, for a reason. */
export function unanswered(message: 'DISCOVER' | 'REQUEST', by: EventOf<'dhcp'>['by'], reason: string): BootEvent {
  return { kind: 'dhcp', message, by, architecture: 'BIOS PXE', answer: 'silent', reason }
}

/** An offer of boot data without an address. */
export function proxied(by: EventOf<'dhcp'>['by']): BootEvent {
  return { kind: 'dhcp', message: 'DISCOVER', by, architecture: 'UEFI x64 PXE', answer: 'offer' }
}

export function tftp(file: string, outcome: EventOf<'tftp'>['outcome'] = 'served', bytes = 70_000): BootEvent {
  return { kind: 'tftp', file, outcome, bytes }
}

/** A packet that one of our servers could not read. */
export function dropped(protocol: EventOf<'drop'>['protocol'], reason: string): BootEvent {
  return { kind: 'drop', protocol, reason }
}

export function script(text = '0123456789abcdef'): BootEvent {
  return { kind: 'script', transport: 'http', outcome: 'served', address: ADDRESS, image: imageName('dom0'), generation: generation(text) }
}

export function refusal(reason: string): BootEvent {
  return { kind: 'script', transport: 'http', outcome: 'refused', address: ADDRESS, reason }
}

export function file(name: string, bytes: number, outcome: EventOf<'file'>['outcome'] = 'served'): BootEvent {
  return { kind: 'file', file: name, bytes, transport: 'http', outcome }
}

export function report(
  stage: EventOf<'report'>['stage'],
  status: EventOf<'report'>['status'] = 'done',
  detail: Record<string, string> = {},
): EventOf<'report'> {
  return { kind: 'report', stage, status, detail }
}

/** A BIOS machine from its first DISCOVER to dom0, within 24.5 s. */
export const NORMAL: readonly Timed[] = [
  [0, dhcp('DISCOVER', 'firmware')],
  [0.1, dhcp('REQUEST', 'firmware')],
  [0.3, tftp('undionly.kpxe', 'probed', 0)],
  [0.5, tftp('undionly.kpxe')],
  [1.5, dhcp('DISCOVER', 'ipxe')],
  [1.6, dhcp('REQUEST', 'ipxe')],
  [2, script()],
  [2.25, file('xen', 2_600_000)],
  [3, file('vmlinuz', 12_100_000)],
  [4, file('initrd.img', 13_000_000)],
  [9, report('initramfs', 'done', { uptime: '2.10' })],
  [9.5, report('network', 'done', { address: '10.77.0.21/24' })],
  [10, { kind: 'mount', path: '/dom0/0123456789abcdef' }],
  [11, report('root')],
  [11.5, report('dom0')],
  [24.5, report('up', 'done', { xen: '4.20.1', kernel: '6.12.107' })],
]

export function attemptOf(events: readonly Timed[]): Attempt {
  const begun: Attempt = { id: ID, mac: MAC, startedAt: T0, events: [] }
  return events.reduce((attempt, [seconds, event]) => record(attempt, event, T0 + seconds * 1000).attempt, begun)
}

/** The view some seconds after the first event. */
export function view(events: readonly Timed[], seconds: number): AttemptView {
  return viewOf(attemptOf(events), { host: 'node01', superseded: false, now: T0 + seconds * 1000 })
}

/** Events of one host through the tracker; attempts are called a0, a1 … by the order of events. */
export function track(
  events: readonly Timed[],
  from: Tracker = newTracker(NAMES, []),
  of = MAC,
): Tracker & { readonly changes: readonly Change[] } {
  const changes: Change[] = []
  const last = events.reduce((tracker, [seconds, event], index) => {
    const change = apply(tracker, of, event, T0 + seconds * 1000, `a${index}`)
    changes.push(change)
    return change.tracker
  }, from)
  return { ...last, changes }
}
