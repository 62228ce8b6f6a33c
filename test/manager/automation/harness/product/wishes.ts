// What people ask for in a simulated run, step by step: of which guest, of which host, and when.
import { createArgs, destroyArgs, hostOf, LUN, LUN_BYTES, type Made, moveArgs, namedOf, SAN, startArgs, uuidOf, vgOf } from './guests.ts'
import { domainOfReport, type World } from './world.ts'

export interface Wish {
  /** Milliseconds from the beginning of its step. */
  readonly after: number
  readonly who: string
  readonly recipe: string
  readonly args: unknown
}

export type Step = (world: World) => readonly Wish[]

export const WEB1: Made = { number: 1, host: 'a' }
/** Their memory is over in a second. */
export const SMALL: Made = { number: 5, host: 'a', disks: 1, memoryMiB: 1024 }
export const SMALL2: Made = { number: 6, host: 'a', memoryMiB: 1024 }
/** On a LUN of both hosts; the second disk of the other one lies there, and its first on each host's own. */
export const SHARED: Made = { number: 7, host: 'a', disks: 1, memoryMiB: 1024, vgs: [SAN, SAN] }
export const MIXED: Made = { number: 8, host: 'a', memoryMiB: 1024, vgs: ['data', SAN] }
/** It is remembered on the LUN, also of where its other disk lies. */
export const FIRST: Made = { number: 9, host: 'a', memoryMiB: 1024, vgs: [SAN, 'data'] }

/** Of moves: as plans give it now. Those without are of a manager of before, which go on. */
export const SEEDED = { seed: 'first' } as const

export function create(made: Made, who = 'alice', after = 0): Step {
  return (world) => [{ after, who, recipe: 'create-guest', args: createArgs(made, world.reportOf(made.host), world.image, world.epoch()) }]
}

/** As a plan does it: nothing is asked of a guest that is not there, or that runs already. */
export function start(made: Made, who = 'alice', after = 0): Step {
  return (world) => {
    const domain = domainOfReport(world.reportOf(made.host), uuidOf(made.number))
    const isOver = domain === undefined || domain === 'shutdown' || domain === 'crashed'
    if (world.powerOf(uuidOf(made.number)) === undefined || !isOver) return []
    return [{ after, who, recipe: 'start-guest', args: startArgs(made, world.reportOf(made.host)) }]
  }
}

/** Planned before it ran. */
export function startBlindly(world: World): readonly Wish[] {
  return [{ after: 0, who: 'alice', recipe: 'start-guest', args: { ...startArgs(WEB1, world.reportOf('a')), leftover: 'none' } }]
}

export function ofGuest(recipe: string, made: Made, more: object = {}, who = 'alice', after = 0): Step {
  return (world) =>
    world.powerOf(uuidOf(made.number)) === undefined
      ? []
      : [{ after, who, recipe, args: { guest: namedOf(made), host: hostOf(made.host), ...more } }]
}

export function stop(how: 'clean' | 'hard' | 'clean, then hard', who = 'alice', after = 0): Step {
  return ofGuest('stop-guest', WEB1, { how, seconds: 20 }, who, after)
}

export function reboot(world: World): readonly Wish[] {
  const domain = world.reportOf('a').guests.find(({ uuid, state }) => uuid === uuidOf(1) && state === 'running')
  return domain ? ofGuest('reboot-guest', WEB1, { domid: domain.domid })(world) : []
}

export function destroy(disks: 'all' | 'kept'): Step {
  return (world) => {
    if (world.powerOf(uuidOf(1)) === undefined) return []
    const args = destroyArgs(WEB1, world.reportOf('a'))
    return [{ after: 0, who: 'alice', recipe: 'destroy-guest', args: disks === 'all' ? args : { ...args, disks: [] } }]
  }
}

export function makeVg(who = 'alice', after = 0): Step {
  return () => [{ after, who, recipe: 'make-vg', args: { host: hostOf('a'), name: 'spare', disks: [{ ...SPARE_DISK }] } }]
}

const SPARE_DISK = { name: 'vdb', serial: 'a-2', sizeBytes: 64 << 20, contents: 'none' }

/** Of the LUN that both hosts see. */
export function makeVgOnLun(on: 'a' | 'b', who = 'alice', after = 0): Step {
  const disks = [{ name: 'sdb', wwid: LUN, sizeBytes: LUN_BYTES, contents: 'none' }]
  const elsewhere = [{ host: hostOf(on === 'a' ? 'b' : 'a'), disks }]
  return () => [{ after, who, recipe: 'make-vg', args: { host: hostOf(on), name: SAN, disks, elsewhere } }]
}

export function extendVg(world: World): readonly Wish[] {
  const uuid = vgOf(world.reportOf('a'))
  return [{ after: 0, who: 'alice', recipe: 'make-vg', args: { host: hostOf('a'), name: 'data', uuid, disks: [SPARE_DISK] } }]
}

export function removeVg(world: World): readonly Wish[] {
  const uuid = vgOf(world.reportOf('a'), 'spare')
  if (uuid === '') return []
  return [{ after: 0, who: 'alice', recipe: 'remove-vg', args: { host: hostOf('a'), vg: { name: 'spare', uuid } } }]
}

/** As a plan does it: only what is stopped where it is said to lie. */
export function move(made: Made, to: string, who = 'alice', after = 0): Step {
  return (world) => {
    const isThere = world.powerOf(uuidOf(made.number)) === 'off' && world.hostOf(uuidOf(made.number)) === made.host
    if (!isThere) return []
    return [{ after, who, recipe: 'migrate-guest', args: moveArgs(made, to, 'stopped', (host) => world.reportOf(host), world.epoch()) }]
  }
}

/** As a plan does it: only what runs where it is said to. */
export function moveLive(made: Made, to: string, how: { readonly seed?: 'first' } = {}, who = 'alice', after = 0): Step {
  return (world) => {
    const uuid = uuidOf(made.number)
    const isThere = world.powerOf(uuid) === 'on' && world.hostOf(uuid) === made.host
    if (!isThere || domainOfReport(world.reportOf(made.host), uuid) !== 'running') return []
    const args = { ...moveArgs(made, to, 'live', (host) => world.reportOf(host), world.epoch()), ...how }
    return [{ after, who, recipe: 'migrate-guest', args }]
  }
}

/** As a plan does it: only what runs where it is said to. */
export function moveWithStop(made: Made, to: string, how: { readonly how?: 'clean, then hard'; readonly compare?: 'running' } = {}): Step {
  return (world) => {
    const uuid = uuidOf(made.number)
    const isThere = world.powerOf(uuid) === 'on' && world.hostOf(uuid) === made.host
    if (!isThere || domainOfReport(world.reportOf(made.host), uuid) !== 'running') return []
    const { restarting, ...args } = moveArgs(made, to, 'restarted', (host) => world.reportOf(host), world.epoch())
    return [{ after: 0, who: 'alice', recipe: 'migrate-guest', args: { ...args, ...SEEDED, restarting: { ...restarting, ...how } } }]
  }
}

/** It runs where it is said to lie, and cannot go live. */
export function evacuateRunning(world: World): readonly Wish[] {
  const uuid = uuidOf(SMALL.number)
  if (world.powerOf(uuid) !== 'on' || world.hostOf(uuid) !== SMALL.host) return []
  const guests = [{ uuid, name: namedOf(SMALL).name, state: 'running' }]
  const how = { maxPauseMs: 2000, keepMs: 0 }
  const args = { host: hostOf('a'), guests, stay: [], others: 'restart', restarts: 'when its disks are there', how }
  return [{ after: 0, who: 'alice', recipe: 'evacuate-host', args }]
}

/** Its guest is stopped where it is said to lie. */
export function evacuate(who = 'alice', after = 0): Step {
  return (world) => {
    const isThere = world.powerOf(uuidOf(1)) === 'off' && world.hostOf(uuidOf(1)) === 'a'
    const guests = isThere ? [{ uuid: uuidOf(1), name: 'web1', state: 'stopped' }] : []
    const args = { host: hostOf('a'), guests, stay: [], others: 'leave', how: { maxPauseMs: 2000, keepMs: 0 } }
    return [{ after, who, recipe: 'evacuate-host', args }]
  }
}

/** As a plan does it: only what lies on the other host, and is stopped there. */
export function bringHome(world: World): readonly Wish[] {
  const isAway = world.powerOf(uuidOf(1)) === 'off' && world.hostOf(uuidOf(1)) === 'b'
  const why = world.cordons.get('a')
  const step = { uuid: uuidOf(1), name: 'web1', from: 'b', to: hostOf('a'), how: 'stopped' }
  const cordons = why === undefined ? [] : [{ host: hostOf('a'), why }]
  const args = { homes: [hostOf('a')], cordons, rounds: isAway ? [[step]] : [], stay: [], how: { maxPauseMs: 2000, keepMs: 0 } }
  return [{ after: 0, who: 'alice', recipe: 'bring-home', args }]
}

export function together(...steps: readonly Step[]): Step {
  return (world) => steps.flatMap((step) => step(world))
}
