// Where the first sector of a device is in the end: what a tool that looks for a signature reads. Pure.
import { type Device, devicesOf } from './devices.ts'
import { hostOf, type Label, type Site, withLabel } from './site.ts'

export interface Place {
  readonly medium: string
  readonly start: number
}

/** Undefined where it is nowhere: zeros, errors. Suspended or not. */
export function startOf(site: Site, host: string, kname: string): Place | undefined {
  const device = devicesOf(site, host).find((one) => one.kname === kname)
  return device && startOfDevice(site, host, device)
}

function startOfDevice(site: Site, host: string, { kname, kind, place }: Device): Place | undefined {
  const { ram } = hostOf(site, host)
  if (place) return place
  switch (kind) {
    case 'disk':
    case 'part':
      return undefined
    case 'drbd': {
      const attached = ram.drbd.flatMap(({ devices }) => devices).find(({ minor }) => `drbd${minor}` === kname)?.attached
      return attached && startOf(site, host, attached.backing)
    }
    case 'loop': {
      const loop = ram.loops.find(({ number }) => `loop${number}` === kname)
      return loop && startOf(site, host, loop.backing)
    }
    case 'dm': {
      const target = ram.dm.find(({ minor }) => `dm-${minor}` === kname)?.active?.[0]?.target
      switch (target?.kind) {
        case 'linear': {
          const under = startOf(site, host, target.device)
          return under && { ...under, start: under.start + target.offset }
        }
        case 'snapshot-origin':
          return startOf(site, host, target.device)
        case 'thin':
        case 'snapshot':
          return { medium: target.medium, start: 0 }
        case 'multipath':
          return startOf(site, host, target.paths[0] ?? '')
        case 'thin-pool':
        case 'zero':
        case 'error':
        case undefined:
          return undefined
      }
    }
  }
}

export function signatureOf(site: Site, host: string, kname: string): Label | undefined {
  const place = startOf(site, host, kname)
  return place && site.media.get(place.medium)?.labels.get(place.start)
}

export function sign(site: Site, host: string, kname: string, label: Label | undefined): Site {
  const place = startOf(site, host, kname)
  return place ? withLabel(site, place.medium, place.start, label) : site
}
