// What people want in a simulated run: which recipes are asked for, of which beginning, and when. The same seed wants the same.

import {
  bringHome,
  create,
  destroy,
  evacuate,
  evacuateRunning,
  extendVg,
  FIRST,
  MIXED,
  makeVg,
  makeVgOnLun,
  move,
  moveLive,
  moveWithStop,
  ofGuest,
  reboot,
  removeVg,
  SEEDED,
  SHARED,
  SMALL,
  SMALL2,
  type Step,
  start,
  startBlindly,
  stop,
  together,
  WEB1,
} from './wishes.ts'

const RUNNING = ['running', 'small', 'small with two', 'on a LUN', 'on a LUN, and not', 'first on a LUN'] as const
export const BEGINNINGS = [
  'empty',
  ...RUNNING,
  'paused',
  'stopped',
  'stopped on a LUN',
  'stopped, first on a LUN',
  'spare VG',
  'VG on a LUN',
] as const
export type Beginning = (typeof BEGINNINGS)[number]

export interface Scenario {
  readonly name: string
  readonly from: Beginning
  /** One after the other, each when all that was begun has ended. */
  readonly steps: readonly Step[]
  /** It takes long: seeds come to it less often. `longest`: and have some of its faults by themselves only; `--every NAME` has them all. */
  readonly pace?: 'long' | 'longest'
  /** How automations end without a fault; left out: done. */
  readonly ends?: 'failed'
  /** `deaf`: guests do not end when they are asked to. `writing`: they write all the time, and remember what was acknowledged. */
  readonly guests?: 'deaf' | 'writing'
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
  { name: 'move with a stop', pace: 'longest', from: 'small', guests: 'writing', steps: [moveWithStop(SMALL, 'b')] },
  {
    name: 'move with a stop, compared before it',
    pace: 'longest',
    from: 'small',
    guests: 'writing',
    steps: [moveWithStop(SMALL, 'b', { compare: 'running' })],
  },
  {
    name: 'move with a stop of a deaf one',
    pace: 'longest',
    from: 'small',
    guests: 'deaf',
    steps: [moveWithStop(SMALL, 'b', { how: 'clean, then hard' })],
  },
  {
    name: 'move with a stop of who does not stop',
    pace: 'longest',
    from: 'small',
    guests: 'deaf',
    ends: 'failed',
    steps: [moveWithStop(SMALL, 'b')],
  },
  {
    name: 'move with a stop of a disk on a LUN and one that is not, and back',
    pace: 'longest',
    from: 'on a LUN, and not',
    guests: 'writing',
    steps: [moveWithStop(MIXED, 'b'), moveWithStop({ ...MIXED, host: 'b', generation: 2 }, 'a')],
  },
  { name: 'evacuation of what cannot go live', pace: 'longest', from: 'small', guests: 'writing', steps: [evacuateRunning] },
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
    name: 'live move of a disk that is not on a LUN behind one that is',
    pace: 'longest',
    from: 'first on a LUN',
    guests: 'writing',
    steps: [moveLive(FIRST, 'b', SEEDED)],
  },
  {
    name: 'move of what is stopped, its first disk on a LUN',
    pace: 'long',
    from: 'stopped, first on a LUN',
    steps: [move(FIRST, 'b'), start({ ...FIRST, host: 'b', generation: 2 })],
  },
  {
    name: 'move on a LUN of what is stopped, and start there',
    pace: 'long',
    from: 'stopped on a LUN',
    steps: [move(SHARED, 'b'), start({ ...SHARED, host: 'b' })],
  },
  { name: 'evacuation', pace: 'long', from: 'stopped', steps: [together(evacuate(), evacuate('bob', 9))] },
  { name: 'make a VG', from: 'empty', steps: [together(makeVg(), makeVg('bob', 5))] },
  { name: 'make a VG on a LUN, from both of its hosts', from: 'empty', steps: [together(makeVgOnLun('a'), makeVgOnLun('b', 'bob', 5))] },
  {
    name: 'creates on a LUN from both of its hosts, where one fits',
    pace: 'long',
    from: 'VG on a LUN',
    steps: [together(create(SHARED), create({ ...SHARED, number: 2, host: 'b' }, 'bob', 4))],
  },
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
  'VG on a LUN': { name: 'to a VG on a LUN', from: 'empty', steps: [makeVgOnLun('a')] },
  'on a LUN': { name: 'to one on a LUN', from: 'VG on a LUN', steps: [create(SHARED)] },
  'on a LUN, and not': { name: 'to one on a LUN and not', from: 'VG on a LUN', steps: [create(MIXED)] },
  'first on a LUN': { name: 'to one that is first on a LUN', from: 'VG on a LUN', steps: [create(FIRST)] },
  'stopped, first on a LUN': {
    name: 'to a stopped one that is first on a LUN',
    from: 'first on a LUN',
    steps: [ofGuest('stop-guest', FIRST, { how: 'clean', seconds: 20 })],
  },
  'stopped on a LUN': {
    name: 'to a stopped one on a LUN',
    from: 'on a LUN',
    steps: [ofGuest('stop-guest', SHARED, { how: 'clean', seconds: 20 })],
  },
  'spare VG': { name: 'to a spare VG', from: 'empty', steps: [makeVg()] },
}
