// What people want in a simulated run: which recipes are asked for, of which beginning, and when. The same seed wants the same.

import { createArgs, destroyArgs, hostOf, type Made, moveArgs, namedOf, SAN, startArgs, uuidOf, vgOf } from './guests.ts'
import { domainOfReport, type World } from './world.ts'

export interface Wish {
  /** Milliseconds from the beginning of its step. */
  readonly after: number
  readonly who: string
  readonly recipe: string
  readonly args: unknown
}

const RUNNING = ['running', 'small', 'small with two', 'on a LUN', 'on a LUN, and not'] as const
export const BEGINNINGS = ['empty', ...RUNNING, 'paused', 'stopped', 'stopped on a LUN', 'spare VG'] as const
export type Beginning = (typeof BEGINNINGS)[number]

export interface Scenario {
  readonly name: string
  readonly from: Beginning
  /** One after the other, each when all that was begun has ended. */
  readonly steps: readonly ((world: World) => readonly Wish[])[]
  /** It takes long: seeds come to it less often. `longest`: and have some of its faults by themselves only; `--every NAME` has them all. */
  readonly pace?: 'long' | 'longest'
  /** How automations end without a fault; left out: done. */
  readonly ends?: 'failed'
  /** `deaf`: guests do not end when they are asked to. `writing`: they write all the time, and remember what was acknowledged. */
  readonly guests?: 'deaf' | 'writing'
}

type Step = Scenario['steps'][number]

const WEB1: Made = { number: 1, host: 'a' }
/** Their memory is over in a second. */
const SMALL: Made = { number: 5, host: 'a', disks: 1, memoryMiB: 1024 }
const SMALL2: Made = { number: 6, host: 'a', memoryMiB: 1024 }
/** On a LUN of both hosts; the second disk of the other one lies there, and its first on each host's own. */
const SHARED: Made = { number: 7, host: 'a', disks: 1, memoryMiB: 1024, vgs: [SAN, SAN] }
const MIXED: Made = { number: 8, host: 'a', memoryMiB: 1024, vgs: ['data', SAN] }

/** Of moves: as plans give it now. Those without are of a manager of before, which go on. */
const SEEDED = { seed: 'first' } as const

function create(made: Made, who = 'alice', after = 0): Step {
  return (world) => [{ after, who, recipe: 'create-guest', args: createArgs(made, world.reportOf(made.host), world.image, world.epoch()) }]
}

/** As a plan does it: nothing is asked of a guest that is not there, or that runs already. */
function start(made: Made, who = 'alice', after = 0): Step {
  return (world) => {
    const domain = domainOfReport(world.reportOf(made.host), uuidOf(made.number))
    const isOver = domain === undefined || domain === 'shutdown' || domain === 'crashed'
    if (world.powerOf(uuidOf(made.number)) === undefined || !isOver) return []
    return [{ after, who, recipe: 'start-guest', args: startArgs(made, world.reportOf(made.host)) }]
  }
}

/** Planned before it ran. */
function startBlindly(world: World): readonly Wish[] {
  return [{ after: 0, who: 'alice', recipe: 'start-guest', args: { ...startArgs(WEB1, world.reportOf('a')), leftover: 'none' } }]
}

function ofGuest(recipe: string, made: Made, more: object = {}, who = 'alice', after = 0): Step {
  return (world) =>
    world.powerOf(uuidOf(made.number)) === undefined
      ? []
      : [{ after, who, recipe, args: { guest: namedOf(made), host: hostOf(made.host), ...more } }]
}

function stop(how: 'clean' | 'hard' | 'clean, then hard', who = 'alice', after = 0): Step {
  return ofGuest('stop-guest', WEB1, { how, seconds: 20 }, who, after)
}

function reboot(world: World): readonly Wish[] {
  const domain = world.reportOf('a').guests.find(({ uuid, state }) => uuid === uuidOf(1) && state === 'running')
  return domain ? ofGuest('reboot-guest', WEB1, { domid: domain.domid })(world) : []
}

function destroy(disks: 'all' | 'kept'): Step {
  return (world) => {
    if (world.powerOf(uuidOf(1)) === undefined) return []
    const args = destroyArgs(WEB1, world.reportOf('a'))
    return [{ after: 0, who: 'alice', recipe: 'destroy-guest', args: disks === 'all' ? args : { ...args, disks: [] } }]
  }
}

function makeVg(who = 'alice', after = 0): Step {
  return () => [{ after, who, recipe: 'make-vg', args: { host: hostOf('a'), name: 'spare', disks: [{ ...SPARE_DISK }] } }]
}

const SPARE_DISK = { name: 'vdb', serial: 'a-2', sizeBytes: 64 << 20, contents: 'none' }

function extendVg(world: World): readonly Wish[] {
  const uuid = vgOf(world.reportOf('a'))
  return [{ after: 0, who: 'alice', recipe: 'make-vg', args: { host: hostOf('a'), name: 'data', uuid, disks: [SPARE_DISK] } }]
}

function removeVg(world: World): readonly Wish[] {
  const uuid = vgOf(world.reportOf('a'), 'spare')
  if (uuid === '') return []
  return [{ after: 0, who: 'alice', recipe: 'remove-vg', args: { host: hostOf('a'), vg: { name: 'spare', uuid } } }]
}

/** As a plan does it: only what is stopped where it is said to lie. */
function move(made: Made, to: string, who = 'alice', after = 0): Step {
  return (world) => {
    const isThere = world.powerOf(uuidOf(made.number)) === 'off' && world.hostOf(uuidOf(made.number)) === made.host
    if (!isThere) return []
    return [{ after, who, recipe: 'migrate-guest', args: moveArgs(made, to, 'stopped', (host) => world.reportOf(host), world.epoch()) }]
  }
}

/** As a plan does it: only what runs where it is said to. */
function moveLive(made: Made, to: string, how: { readonly seed?: 'first' } = {}, who = 'alice', after = 0): Step {
  return (world) => {
    const uuid = uuidOf(made.number)
    const isThere = world.powerOf(uuid) === 'on' && world.hostOf(uuid) === made.host
    if (!isThere || domainOfReport(world.reportOf(made.host), uuid) !== 'running') return []
    const args = { ...moveArgs(made, to, 'live', (host) => world.reportOf(host), world.epoch()), ...how }
    return [{ after, who, recipe: 'migrate-guest', args }]
  }
}

/** Its guest is stopped where it is said to lie. */
function evacuate(who = 'alice', after = 0): Step {
  return (world) => {
    const isThere = world.powerOf(uuidOf(1)) === 'off' && world.hostOf(uuidOf(1)) === 'a'
    const guests = isThere ? [{ uuid: uuidOf(1), name: 'web1', state: 'stopped' }] : []
    const args = { host: hostOf('a'), guests, stay: [], others: 'leave', how: { maxPauseMs: 2000, keepMs: 0 } }
    return [{ after, who, recipe: 'evacuate-host', args }]
  }
}

/** As a plan does it: only what lies on the other host, and is stopped there. */
function bringHome(world: World): readonly Wish[] {
  const isAway = world.powerOf(uuidOf(1)) === 'off' && world.hostOf(uuidOf(1)) === 'b'
  const why = world.cordons.get('a')
  const step = { uuid: uuidOf(1), name: 'web1', from: 'b', to: hostOf('a'), how: 'stopped' }
  const cordons = why === undefined ? [] : [{ host: hostOf('a'), why }]
  const args = { homes: [hostOf('a')], cordons, rounds: isAway ? [[step]] : [], stay: [], how: { maxPauseMs: 2000, keepMs: 0 } }
  return [{ after: 0, who: 'alice', recipe: 'bring-home', args }]
}

function together(...steps: readonly Step[]): Step {
  return (world) => steps.flatMap((step) => step(world))
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'create', pace: 'long', from: 'empty', steps: [create(WEB1)] },
  {
    name: 'create beside a namesake',
    pace: 'long',
    from: 'empty',
    steps: [together(create(WEB1), create({ number: 2, host: 'b', name: 'web1' }, 'bob', 3), create({ number: 3, host: 'b' }, 'carol', 9))],
  },
  {
    name: 'three creates where two fit',
    pace: 'long',
    from: 'running',
    steps: [together(create({ number: 2, host: 'a' }), create({ number: 3, host: 'a' }, 'bob', 4))],
  },
  { name: 'start', from: 'stopped', steps: [together(start(WEB1), start(WEB1, 'bob', 5))] },
  { name: 'start of what runs', from: 'running', ends: 'failed', steps: [startBlindly] },
  { name: 'stop', from: 'running', steps: [stop('clean')] },
  { name: 'stop hard', from: 'running', steps: [stop('hard')] },
  { name: 'stop of a deaf one', from: 'running', guests: 'deaf', steps: [stop('clean, then hard')] },
  { name: 'reboot', from: 'running', steps: [reboot] },
  { name: 'pause', from: 'running', steps: [ofGuest('pause-guest', WEB1)] },
  { name: 'unpause', from: 'paused', steps: [ofGuest('unpause-guest', WEB1)] },
  { name: 'destroy', from: 'running', steps: [destroy('all')] },
  { name: 'destroy of what is stopped, its disks kept', from: 'stopped', steps: [destroy('kept')] },
  { name: 'move of what is stopped', pace: 'long', from: 'stopped', steps: [together(move(WEB1, 'b'), move(WEB1, 'b', 'bob', 7))] },
  {
    name: 'move of what is stopped, and start there',
    pace: 'long',
    from: 'stopped',
    steps: [move(WEB1, 'b'), start({ ...WEB1, host: 'b', generation: 2 })],
  },
  { name: 'live move', pace: 'longest', from: 'small', guests: 'writing', steps: [moveLive(SMALL, 'b')] },
  { name: 'live move of two disks', pace: 'longest', from: 'small with two', guests: 'writing', steps: [moveLive(SMALL2, 'b')] },
  {
    name: 'live move there and back',
    pace: 'longest',
    from: 'small',
    guests: 'writing',
    steps: [moveLive(SMALL, 'b'), moveLive({ ...SMALL, host: 'b', generation: 2 }, 'a')],
  },
  { name: 'seeded live move', pace: 'longest', from: 'small', guests: 'writing', steps: [moveLive(SMALL, 'b', SEEDED)] },
  {
    name: 'seeded live move there and back',
    pace: 'longest',
    from: 'small',
    guests: 'writing',
    steps: [moveLive(SMALL, 'b', SEEDED), moveLive({ ...SMALL, host: 'b', generation: 2 }, 'a', SEEDED)],
  },
  { name: 'live move on a LUN', pace: 'long', from: 'on a LUN', guests: 'writing', steps: [moveLive(SHARED, 'b')] },
  {
    name: 'live move on a LUN there and back',
    pace: 'long',
    from: 'on a LUN',
    guests: 'writing',
    steps: [moveLive(SHARED, 'b'), moveLive({ ...SHARED, host: 'b', generation: 2 }, 'a')],
  },
  {
    name: 'live move of a disk on a LUN and one that is not',
    pace: 'longest',
    from: 'on a LUN, and not',
    guests: 'writing',
    steps: [moveLive(MIXED, 'b')],
  },
  {
    name: 'seeded live move of a disk on a LUN and one that is not',
    pace: 'longest',
    from: 'on a LUN, and not',
    guests: 'writing',
    steps: [moveLive(MIXED, 'b', SEEDED)],
  },
  {
    name: 'move on a LUN of what is stopped, and start there',
    pace: 'long',
    from: 'stopped on a LUN',
    steps: [move(SHARED, 'b'), start({ ...SHARED, host: 'b' })],
  },
  { name: 'evacuation', pace: 'long', from: 'stopped', steps: [together(evacuate(), evacuate('bob', 9))] },
  { name: 'make a VG', from: 'empty', steps: [together(makeVg(), makeVg('bob', 5))] },
  { name: 'extend a VG', from: 'running', steps: [extendVg] },
  { name: 'remove a VG', from: 'spare VG', steps: [removeVg] },
  { name: 'stop and start', pace: 'long', from: 'running', steps: [stop('clean'), start(WEB1)] },
  {
    name: 'destroy and create anew',
    pace: 'long',
    from: 'running',
    steps: [destroy('all'), create({ number: 4, host: 'a', name: 'web1' })],
  },
  {
    name: 'a life',
    pace: 'long',
    from: 'empty',
    steps: [create(WEB1), reboot, ofGuest('pause-guest', WEB1), ofGuest('unpause-guest', WEB1), stop('clean'), start(WEB1), destroy('all')],
  },
  { name: 'evacuation, and home again', pace: 'long', from: 'stopped', steps: [evacuate(), bringHome] },
]

/** How each beginning is come to from the one before it, without a fault. */
export const COME_TO: { readonly [To in Exclude<Beginning, 'empty'>]: Scenario } = {
  running: { name: 'to running', from: 'empty', steps: [create(WEB1)] },
  paused: { name: 'to paused', from: 'running', steps: [ofGuest('pause-guest', WEB1)] },
  stopped: { name: 'to stopped', from: 'running', steps: [stop('clean')] },
  small: { name: 'to a small one', from: 'empty', steps: [create(SMALL)] },
  'small with two': { name: 'to a small one with two disks', from: 'empty', steps: [create(SMALL2)] },
  'on a LUN': { name: 'to one on a LUN', from: 'empty', steps: [create(SHARED)] },
  'on a LUN, and not': { name: 'to one on a LUN and not', from: 'empty', steps: [create(MIXED)] },
  'stopped on a LUN': {
    name: 'to a stopped one on a LUN',
    from: 'on a LUN',
    steps: [ofGuest('stop-guest', SHARED, { how: 'clean', seconds: 20 })],
  },
  'spare VG': { name: 'to a spare VG', from: 'empty', steps: [makeVg()] },
}
