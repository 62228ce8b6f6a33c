// Which target a path leads to, as udev writes it in /dev/disk/by-path (systemd: src/udev/udev-builtin-path_id.c). Pure.
import type { z } from 'zod'
import type { blockDevice } from '../../../manager/protocol/storage.ts'
import type { Candidate } from '../inventory/accept.ts'

type Target = Candidate<z.input<typeof blockDevice>>['target']

/** Of the first link that names one; undefined for disks of the machine's own. */
export function targetOf(byPath: readonly string[]): Target {
  for (const name of byPath) {
    const [, portal, target, iscsiLun] = /(?:^|-)ip-(\S+?)-iscsi-(\S+)-lun-(\w+)$/.exec(name) ?? []
    const lun = lunOf(iscsiLun)
    if (target !== undefined && lun !== undefined) return { kind: 'iscsi', target: target.toLowerCase(), portal, lun }
    const [, port, fcText] = /(?:^|-)fc-0x([0-9a-f]{16})-lun-(\w+)$/.exec(name) ?? []
    const fcLun = lunOf(fcText)
    if (port !== undefined && fcLun !== undefined) return { kind: 'fc', port, lun: fcLun }
  }
  return undefined
}

/** Below 256 in decimal, else as `0x` and the first two levels, four digits each, least significant first. */
function lunOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  const [, low, high] = /^0x([0-9a-f]{4})([0-9a-f]{4})[0-9a-f]*$/.exec(text) ?? []
  return low === undefined || high === undefined ? undefined : Number.parseInt(high + low, 16)
}
