// Machines that wait for an operator, with all that was seen of each.

import type { Alarm } from '../../../contract/alarms.ts'
import type { Host } from '../../../contract/hosts.ts'
import { changeView } from './change.ts'
import { facts, hostPath, moment, sayMany, saySize } from './words.ts'

export function pendingView(hosts: readonly Host[], alarms: readonly Alarm[]) {
  const pending = hosts.filter(({ trust, change }) => trust === 'pending' || change !== undefined)
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
          MAC: host.macs.map(({ mac, boot }) => (boot ? `${mac} (boot)` : mac)).join(', '),
          Address: host.connection?.address,
          CPU: hardware && [hardware.cpuModel, hardware.threads && `${hardware.threads} threads`].filter(Boolean).join(', '),
          Memory: saySize(hardware?.memoryBytes),
          Disks: disksOf(hardware),
          NICs: nicsOf(hardware),
        }),
        approves: host.seen,
        change: changeView(host),
        alarms: alarms.filter((alarm) => alarm.host === host.id).map(({ text }) => text),
      }
    }),
  }
}

function disksOf(hardware: Host['hardware']): string | undefined {
  if (!hardware || hardware.diskCount === 0) return undefined
  return hardware.diskCount === undefined ? 'unknown' : `${hardware.diskCount}, ${saySize(hardware.diskBytes)}`
}

function nicsOf(hardware: Host['hardware']): string | undefined {
  if (!hardware || hardware.nicCount === 0) return undefined
  return hardware.nicCount === undefined ? 'unknown' : `${hardware.nicsUp} of ${hardware.nicCount} up`
}
