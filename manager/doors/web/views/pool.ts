// Networks, storage, CPU levels of the whole pool.

import type { CpuExplanation, CpuPool } from '../../../contract/cpu.ts'
import type { LocalStorage, Thing, ThingDetail } from '../../../contract/things.ts'
import { sayNames } from '../../../wording.ts'
import { isNetwork } from '../matrix-cells.ts'
import { alikeView } from './alike.ts'
import { KIND_NAMES, nameOf } from './thing-name.ts'
import { barClass, hostPath, percent, sayCount, sayMany, saySize } from './words.ts'

export function thingsView(of: 'networks' | 'storage', things: readonly Thing[], local: readonly LocalStorage[], open: string) {
  const ofOurs = things.filter((thing) => isNetwork(thing) === (of === 'networks'))
  return {
    isStorage: of === 'storage',
    title: of === 'networks' ? 'Networks' : 'Shared storage',
    none: of === 'networks' ? 'No host has reported a network yet.' : 'No host has reported storage that others could reach.',
    things: ofOurs.map(({ key, name, kind, hosts, unsure, detail, sizeBytes, freeBytes, islands = [] }) => ({
      path: `/things?key=${encodeURIComponent(key)}`,
      name: nameOf({ kind, name }),
      kind: KIND_NAMES[kind],
      hosts: `${unsure ? 'at least ' : ''}${sayMany(hosts, 'host')}`,
      detail: detail ?? '',
      size: saySize(sizeBytes),
      free: saySize(freeBytes),
      islands:
        islands.length > 1
          ? `splits into ${islands.length} islands of ${sayNames(islands.map((island) => sayCount(island.length)))} hosts`
          : '',
      isOpen: key === open,
    })),
    local: local.map(({ host, name, disks, vgs, unread }) => ({
      name,
      path: hostPath({ id: host, name }),
      disks: `${unread ? 'at least ' : ''}${sayMany(disks.length, 'disk')}, ${saySize(disks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))}`,
      vgs: vgs.map((vg) => ({
        name: vg.pools ? `${vg.name} (pool ${vg.pools.join(', ')})` : vg.name,
        text: `${saySize(vg.freeBytes)} of ${saySize(vg.sizeBytes)} free`,
        level: barClass(percent(vg.sizeBytes - vg.freeBytes, vg.sizeBytes)),
      })),
    })),
  }
}

export function thingHostsView({ cells }: ThingDetail) {
  const told = cells.map(({ host, name, reached, why }) => ({ host, name, reached, said: why }))
  const [reach, lack] = [told.filter(({ reached }) => reached), told.filter(({ reached }) => !reached)]
  return {
    reach: alikeView(reach),
    reachCount: sayMany(reach.length, 'host'),
    lack: alikeView(lack),
    lackCount: sayMany(lack.length, 'host'),
  }
}

export function cpuPoolView(
  cpu: CpuPool,
  names: readonly string[],
  asked: { readonly from: string; readonly to: string; readonly type: string },
) {
  return {
    levels: cpu.levels.map(({ vendor, features, hosts, without, hindrances }) => ({
      vendor,
      hosts: sayMany(hosts.length, 'host'),
      featureCount: sayCount(features.length),
      features: features.join(' '),
      without: without.map(({ host, reason }) => ({ host, reason })),
      hindrances: hindrances.map(({ text }) => text),
    })),
    groups: cpu.groups.map(({ number, vendor, hosts }) => ({
      number,
      vendor,
      count: sayMany(hosts.length, 'host'),
      hosts: hosts.map((host) => ({ name: host.name, path: hostPath(host) })),
    })),
    unknown: cpu.unknown.map(({ host, name, reason }) => ({ name, path: hostPath({ id: host, name }), reason })),
    names,
    from: asked.from,
    to: asked.to,
    types: ['pvh', 'hvm', 'pv'].map((name) => ({ name, isChosen: name === asked.type })),
  }
}

export function explanationView({ from, to, type, compatible, reasons, missing }: CpuExplanation) {
  return {
    compatible,
    verdict: compatible
      ? `A ${type} guest started on ${from} may move live to ${to}.`
      : `A ${type} guest started on ${from} cannot move live to ${to}.`,
    reasons,
    missing: missing.map(({ name, word, bit }) => ({ name, where: `${word} bit ${bit}` })),
  }
}
