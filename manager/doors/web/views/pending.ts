// Machines that wait for an operator, with all that was seen of each.

import type { Alarm } from '../../../contract/alarms.ts'
import type { Host } from '../../../contract/hosts.ts'
import { alarmsOf } from './alarms.ts'
import { changeView } from './change.ts'
import { facts, hostPath, moment, sayMany, saySize } from './words.ts'

export function pendingView(hosts: readonly Host[], alarms: readonly Alarm[]) {
  const pending = hosts.filter(({ trust, change }) => trust === 'pending' || change !== undefined).toSorted(byPort)
  return {
    count: pending.length,
    title: `${sayMany(pending.length, 'machine')} ${pending.length === 1 ? 'waits' : 'wait'} for approval`,
    machines: pending.map((host) => {
      const { hardware } = host
      return {
        id: host.id,
        name: host.name,
        path: hostPath(host),
        seen: moment(host.created),
        what: [hardware?.manufacturer, hardware?.product].filter(Boolean).join(' ') || 'nothing reported yet',
        facts: facts({
          Serial: hardware?.serial,
          UUID: host.uuid,
          Switch: hardware?.link && `${hardware.link.switch}, port ${hardware.link.port}`,
          MAC: host.macs.map(({ mac, boot }) => (boot ? `${mac} (boot)` : mac)).join(', '),
          Address: host.connection?.address,
          CPU: hardware && [hardware.cpuModel, hardware.threads && `${hardware.threads} threads`].filter(Boolean).join(', '),
          Memory: saySize(hardware?.memoryBytes),
          Disks: disksOf(hardware),
          NICs: nicsOf(hardware),
        }),
        approves: host.seen,
        /** As a tick says it. */
        tick: `${host.id} ${host.seen ?? ''}`,
        mayBeTicked: host.change === undefined,
        change: changeView(host),
        alarms: alarmsOf(alarms, host.id),
      }
    }),
  }
}

const natural = new Intl.Collator('en', { numeric: true }).compare

/** As they are plugged in, for names in that order; who hears no switch comes last. */
function byPort(a: Host, b: Host): number {
  const [one, other] = [a.hardware?.link, b.hardware?.link]
  if (!one || !other) return Number(!one) - Number(!other) || natural(a.name, b.name)
  return natural(one.switch, other.switch) || natural(one.port, other.port) || natural(a.name, b.name)
}

function disksOf(hardware: Host['hardware']): string | undefined {
  if (!hardware || hardware.diskCount === 0) return undefined
  return hardware.diskCount === undefined ? 'unknown' : `${hardware.diskCount}, ${saySize(hardware.diskBytes)}`
}

function nicsOf(hardware: Host['hardware']): string | undefined {
  if (!hardware || hardware.nicCount === 0) return undefined
  return hardware.nicCount === undefined ? 'unknown' : `${hardware.nicsUp} of ${hardware.nicCount} up`
}
