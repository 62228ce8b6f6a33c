// The guests of simulated runs as recipes are asked to make and to move them: what plans of the product would give them.
import { generationOf, type MigrateArgs } from '../../../../../manager/automations/migrate/args.ts'
import { guestMemory } from '../../../../../manager/claims/needs.ts'
import { type RememberedDisk, remembered } from '../../../../../manager/guests/remembered.ts'
import { guestSpec, writeSpec } from '../../../../../manager/protocol/guest-spec.ts'
import type { Inventory } from '../../../../../manager/protocol/inventory.ts'
import { type GuestConfig, guestConfig } from '../../../../../manager/protocol/requests/guest-config.ts'
import { uuid } from '../../../../../manager/protocol/values.ts'
import type { TestImage } from '../../../../images/agent/disks.ts'

const MIB = 1 << 20
const LAN = { name: 'lan', bridge: 'xenbr0', bridges: {}, vlan: undefined, mtu: undefined, created: 1, createdBy: 'alice' }
const VG = 'data'
/** On a LUN of both hosts. */
export const SAN = 'san'
export const LUN = 'naa.60000000000000000e00000000010001'
/** For one disk, and for what the VG remembers. */
export const LUN_BYTES = 40 << 20

export interface Made {
  readonly number: number
  readonly host: string
  /** Left out: after its number. */
  readonly name?: string
  /** Of its disks, greater by one with each move; left out: 1. */
  readonly generation?: number
  /** Left out: two. */
  readonly disks?: 1 | 2
  /** Of its first disk, and of its second; left out: each host's own. */
  readonly vgs?: readonly [string, string]
  /** Left out: half of what a host has for guests, less a little: two of them fit, three do not. */
  readonly memoryMiB?: number
}

export function uuidOf(number: number): string {
  return `6b1f0000-0000-4000-8000-00000000000${number}`
}

export function diskOf(number: number, which: 'a' | 'b'): string {
  return `d15c0000-0000-4000-8000-0000000000${number}${which}`
}

const MEMORY_MIB = 200 * 1024

export function configOf(made: Made, report: Inventory): GuestConfig {
  const { number, name = `web${number}`, generation = 1, disks = 2, memoryMiB = MEMORY_MIB } = made
  const disk = (which: 'a' | 'b') => {
    const vg = vgOfDisk(made, which, report)
    // What stays where it is has the same generation for ever.
    return { disk: diskOf(number, which), vg, generation: vg.name === SAN ? 1 : generation, vdev: `xvd${which}`, access: 'read-write' }
  }
  return guestConfig.parse({
    ...{ uuid: uuidOf(number), name, type: 'pvh', boot: { kind: 'grub' } },
    ...{ memoryMiB, maxMemoryMiB: memoryMiB, vcpus: 1, maxVcpus: 1, xl: [] },
    disks: [disk('a'), disk('b')].slice(0, disks),
    nics: [{ mac: `00:16:3e:00:00:0${number}`, bridge: 'xenbr0' }],
  })
}

function vgOfDisk({ vgs = [VG, VG] }: Made, which: 'a' | 'b', report: Inventory) {
  const name = vgs[which === 'a' ? 0 : 1]
  return { name, uuid: vgOf(report, name) }
}

export function namedOf({ number, name = `web${number}` }: Made) {
  return { uuid: uuidOf(number), name }
}

export function hostOf(id: string) {
  return { id, name: id }
}

export function vgOf(report: Inventory, name = VG): string {
  return report.vgs.find((vg) => vg.name === name)?.uuid ?? ''
}

export function startArgs(made: Made, report: Inventory) {
  const guest = configOf(made, report)
  const leftover = report.guests.some(({ uuid }) => uuid === guest.uuid) ? 'domain' : 'none'
  const memoryBytes = guestMemory({ memoryBytes: guest.memoryMiB * MIB, vcpus: 1 })
  return { guest, restart: 'on-failure', host: hostOf(made.host), memoryBytes, leftover }
}

/** Two disks, of which two guests fit into a VG, and three do not: one from an image, one empty. */
export function createArgs(made: Made, report: Inventory, image: TestImage, epoch: number) {
  const start = { ...startArgs(made, report), leftover: 'none' }
  const { guest } = start
  const common = { access: 'read-write' } as const
  const spec = specOf(guest)
  const disks = [
    {
      ...{ ...common, vg: vgOfDisk(made, 'a', report) },
      ...{ disk: diskOf(made.number, 'a'), vdev: 'xvda', sizeBytes: 16 * MIB, image: { id: image.id, sizeBytes: image.sizeBytes } },
    },
    {
      ...{ ...common, vg: vgOfDisk(made, 'b', report) },
      ...{ disk: diskOf(made.number, 'b'), vdev: 'xvdb', sizeBytes: 12 * MIB, image: undefined },
    },
  ].slice(0, made.disks ?? 2)
  return {
    ...start,
    ...{ spec: JSON.stringify(writeSpec(spec)), power: 'on', epoch, who: 'alice' },
    disks: disks.map(({ image: from, ...disk }) => ({ ...disk, ...(from ? { image: from } : {}) })),
    ...(made.vgs ? { sharedVgs: [{ name: SAN, uuid: vgOf(report, SAN) }] } : {}),
    remembered: rememberedOn(
      made.host,
      guest,
      disks.map(({ disk, ...one }) => ({ ...one, id: uuid.parse(disk), generation: 1, image: one.image?.id })),
      epoch,
    ),
  }
}

function specOf({ name, memoryMiB, nics }: GuestConfig) {
  return guestSpec.parse({ name, memory: `${memoryMiB}M`, nics: nics.map(({ mac }) => ({ network: 'lan', mac })) })
}

function rememberedOn(host: string, guest: GuestConfig, disks: readonly RememberedDisk[], epoch: number) {
  const of = { uuid: guest.uuid, spec: specOf(guest), created: 1, createdBy: 'alice' }
  return remembered({ ...of, host: hostOf(host), networks: [LAN], epoch, now: 1, disks })
}

export function destroyArgs(made: Made, report: Inventory) {
  const vg = { name: VG, uuid: vgOf(report) }
  const disks = [diskOf(made.number, 'a'), diskOf(made.number, 'b')].map((disk) => ({ disk, vg }))
  return { guest: namedOf(made), host: hostOf(made.host), disks, remembering: [vg] }
}

const ADDRESSES: Readonly<Record<string, string>> = { a: '10.77.0.21', b: '10.77.0.22' }

/** Seconds that it has to power off. */
const STOPPED = { how: 'clean', seconds: 20, compare: 'stopped' }

/** With its disks, which have grown to whole extents. */
export function moveArgs(made: Made, to: string, way: MigrateArgs['way'], report: (host: string) => Inventory, epoch: number) {
  const { generation = 1 } = made
  const { guest, restart, memoryBytes } = startArgs({ ...made, host: to, generation: generation + 1 }, report(to))
  const disks = guest.disks.map(({ disk, vdev, access, vg }) => ({
    ...{ disk, vdev, access, generation: vg.name === SAN ? 1 : generation },
    ...{ from: { name: vg.name, uuid: vgOf(report(made.host), vg.name) }, to: vg },
    ...(vg.name === SAN ? { stays: { luns: [LUN] } } : {}),
    sizeBytes: report(made.host).lvs.find(({ name }) => name === `disk-${disk}`)?.sizeBytes ?? 0,
  }))
  const here = disks.map(({ disk, from: vg, ...one }) => ({ ...one, id: uuid.parse(disk), vg, image: undefined }))
  const there = disks.map(({ disk, to: vg, ...one }) => ({
    ...one,
    id: uuid.parse(disk),
    vg,
    generation: generationOf(one),
    image: undefined,
  }))
  const own = rememberedOn(to, guest, there, epoch)
  const isSaid = disks.every(({ stays }) => stays)
  const before = disks[0]?.stays ? { before: rememberedOn(made.host, guest, here, epoch)?.record } : {}
  const home = {
    ...(isSaid ? {} : { remembered: { ...own, ...before } }),
    ...(disks[0]?.stays && !isSaid ? { sharedVgs: [{ name: SAN, uuid: vgOf(report(to), SAN) }] } : {}),
  }
  return {
    ...{ guest, restart, way, from: hostOf(made.host), to: hostOf(to), memoryBytes, maxPauseMs: 2000, keepMs: 0, epoch },
    over: { network: '10.77.0.0/24', from: ADDRESSES[made.host], to: ADDRESSES[to] },
    ...{ disks, ...home },
    ...(way === 'restarted' ? { restarting: { back: configOf(made, report(made.host)), ...STOPPED } } : {}),
  }
}
