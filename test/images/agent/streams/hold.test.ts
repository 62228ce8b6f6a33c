// Everything that can happen to a stream from the connection on, in every order: both ends by their own rules, the two xl as xl_migrate.c has
// them, notes that are under way, a link that breaks, relays and xl that are killed, clocks that run out, requests that come whenever.
import test from 'ava'
import type { NoteOfSource, NoteOfTarget } from '../../../../images/agent/streams/notes.ts'
import { type Source, type SourceAction, type SourceEvent, stepSource } from '../../../../images/agent/streams/source.ts'
import { stepTarget, type Target, type TargetAction, type TargetEvent } from '../../../../images/agent/streams/target.ts'

interface World {
  readonly source: Source
  readonly target: Target
  readonly sourceLives: boolean
  readonly targetLives: boolean
  readonly link: boolean
  readonly toSource: readonly NoteOfTarget[]
  readonly toTarget: readonly NoteOfSource[]
  /** Of S's xl: it has the word, and then has said that it gives the guest up. */
  readonly xlS: 'sends' | 'sent' | 'has word' | 'gave up' | 'ended'
  /** `told`: it hears nothing more, and tidies up. */
  readonly xlT: 'receives' | 'built' | 'told' | 'reports' | 'ended'
  /** It has decided to end, and has not yet. */
  readonly sourceEnds: boolean
  readonly targetEnds: boolean
  /** A process of the source was killed: nobody is there to tell its xl any more. */
  readonly killed: boolean
  readonly here: 'runs' | 'stands' | 'away' | 'gone'
  readonly there: 'none' | 'paused' | 'runs'
  /** Who settles has looked at T, and seen that it is over there; or has ended it himself. */
  readonly known: 'nothing' | 'moved' | 'not moved'
}

const FIRST: World = {
  ...{ source: { phase: 'streaming' }, target: { phase: 'streaming' }, sourceLives: true, targetLives: true, link: true },
  ...{ toSource: [], toTarget: [], xlS: 'sends', xlT: 'receives', here: 'runs', there: 'none', known: 'nothing' },
  ...{ sourceEnds: false, targetEnds: false, killed: false },
}

function ofSource(world: World, event: SourceEvent): World {
  if (!world.sourceLives) return world
  const { state, actions } = stepSource(world.source, event)
  return actions.reduce(doSource, { ...world, source: state })
}

function doSource(world: World, action: SourceAction): World {
  switch (action.kind) {
    case 'note':
      return world.link ? { ...world, toTarget: [...world.toTarget, action.note] } : world
    case 'begin hold':
      return world
    case 'end':
      return { ...world, sourceEnds: true }
    case 'xl':
      if (action.say === 'banner' || world.xlS === 'ended') return world
      if (action.say === 'ready') return { ...world, xlS: 'has word' }
      if (action.say === 'started') return { ...world, xlS: 'ended', here: 'gone' }
      return { ...world, xlS: 'ended', here: 'runs' }
  }
}

/** S's xl finds its transport gone. */
function brokenS(world: World): World {
  if (world.xlS === 'ended') return world
  const isOwn = world.xlS !== 'gave up'
  return { ...world, xlS: 'ended', here: isOwn ? 'runs' : world.here }
}

function ofTarget(world: World, event: TargetEvent): World {
  if (!world.targetLives) return world
  const { state, actions } = stepTarget(world.target, event)
  return actions.reduce(doTarget, { ...world, target: state })
}

function doTarget(world: World, action: TargetAction): World {
  switch (action.kind) {
    case 'note':
      return world.link ? { ...world, toSource: [...world.toSource, action.note] } : world
    case 'wait':
    case 'start xl':
      return world
    case 'let go':
      return world.xlT === 'built' ? { ...world, xlT: 'reports', there: 'runs' } : world
    case 'end':
      return { ...world, targetEnds: true, xlT: world.xlT === 'receives' || world.xlT === 'built' ? 'told' : world.xlT }
  }
}

/** All that may happen next, each with its name. */
function next(world: World): readonly (readonly [string, World])[] {
  const can: [string, World][] = []
  const { xlS, xlT } = world
  const [noteS, ...restS] = world.toSource
  const [noteT, ...restT] = world.toTarget
  if (noteS) can.push([`S hears ${noteS.note}`, ofSource({ ...world, toSource: restS }, { kind: 'note', note: noteS })])
  if (noteT) can.push([`T hears ${noteT.note}`, ofTarget({ ...world, toTarget: restT }, { kind: 'note', note: noteT })])
  if (xlS === 'sends' && world.sourceLives)
    can.push(['S stands still', ofSource({ ...world, xlS: 'sent', here: 'stands' }, { kind: 'suspended' })])
  if (xlS === 'sent' && xlT === 'receives' && world.link && world.sourceLives && world.targetLives && world.source.phase === 'suspended')
    can.push(['T has it', ofTarget({ ...world, xlT: 'built', there: 'paused' }, { kind: 'said', said: { kind: 'ready' } })])
  if (xlS === 'has word') {
    can.push(['S gives up', ofSource({ ...world, xlS: 'gave up', here: 'away' }, { kind: 'given-up' })])
    // Its rename fails.
    can.push(['S cannot give up', ofSource({ ...world, xlS: 'ended', here: 'runs' }, { kind: 'xl-ended' })])
  }
  if (xlT === 'reports') can.push(['T reports', ofTarget({ ...world, xlT: 'ended' }, { kind: 'said', said: { kind: 'report', code: 0 } })])
  if (world.link) {
    const cut: World = { ...world, link: false, toSource: [], toTarget: [] }
    const lost = ofSource(cut, { kind: 'link-lost', cause: 'link-lost', reason: 'cut' })
    can.push(['cut', ofTarget(lost, { kind: 'link-lost', reason: 'cut' })])
    // What has arrived is still heard.
    if (!world.sourceLives && !noteT)
      can.push(['T sees S gone', ofTarget({ ...world, link: false, toSource: [] }, { kind: 'link-lost', reason: 'gone' })])
    if (!world.targetLives && !noteS)
      can.push([
        'S sees T gone',
        ofSource({ ...world, link: false, toTarget: [] }, { kind: 'link-lost', cause: 'link-lost', reason: 'gone' }),
      ])
  }
  if (world.sourceLives && world.sourceEnds) can.push(['S ends', brokenS({ ...world, sourceLives: false })])
  if (xlT === 'told') can.push(['T tidies up', ofTarget({ ...world, xlT: 'ended', there: 'none' }, { kind: 'xl-ended' })])
  if (world.targetLives && world.targetEnds && xlT === 'ended') can.push(['T ends', { ...world, targetLives: false }])
  if (world.sourceLives) can.push(['kill relay S', brokenS({ ...world, sourceLives: false, killed: true })])
  // Of T's xl: it cannot report, and ends with what it has built left behind.
  if (world.targetLives) can.push(['kill relay T', { ...world, targetLives: false, xlT: 'ended' }])
  if (xlS !== 'ended' && world.sourceLives)
    can.push(['kill xl S', ofSource({ ...world, xlS: 'ended', killed: true }, { kind: 'xl-ended' })])
  if (xlT !== 'ended' && world.targetLives) can.push(['kill xl T', ofTarget({ ...world, xlT: 'ended' }, { kind: 'xl-ended' })])
  can.push(['go', ofTarget(world, { kind: 'go' })])
  can.push(['abort S', ofSource(world, { kind: 'aborted' })])
  can.push(['abort T', ofTarget(world, { kind: 'aborted' })])
  can.push(['S has waited', ofSource(world, { kind: 'hold-expired' })])
  can.push(['too long', ofSource(world, { kind: 'too-long', pauseMs: 1 })])
  for (const wait of ['hold', 'hand'] as const) can.push([`T has waited: ${wait}`, ofTarget(world, { kind: 'expired', wait })])
  // Whoever settles asks T first, and S only what T's answer was.
  if (world.there === 'runs') can.push(['T says moved', { ...world, known: 'moved' }])
  if (isOverThere(world))
    can.push(['T says not moved', { ...world, there: world.there === 'paused' ? 'none' : world.there, known: 'not moved' }])
  if (world.known !== 'nothing') can.push([`S is told ${world.known}`, ofSource(world, { kind: 'decided', become: world.known })])
  return can
}

/** As end-receive sees it: its relay has ended without having let it go on. */
function isOverThere({ targetLives, target, there }: World): boolean {
  return !targetLives && target.phase !== 'gone' && there !== 'runs'
}

function everything(): ReadonlyMap<string, { readonly world: World; readonly by: readonly string[] }> {
  const seen = new Map([[key(FIRST), { world: FIRST, by: [] as readonly string[] }]])
  const open = [...seen.values()]
  for (let one = open.pop(); one; one = open.pop()) {
    for (const [name, world] of next(one.world)) {
      const known = key(world)
      if (seen.has(known)) continue
      const found = { world, by: [...one.by, name] }
      seen.set(known, found)
      open.push(found)
    }
  }
  return seen
}

/** Reasons are words for people. */
function key({ source, target, ...rest }: World): string {
  return JSON.stringify([source.phase, target.phase, target.started, rest])
}

const ALL = everything()

test('whatever happens in whatever order, a guest never runs on both hosts', (t) => {
  t.true(ALL.size > 500, `${ALL.size} states`)
  const both = [...ALL.values()].filter(({ world }) => world.here === 'runs' && world.there === 'runs')
  t.deepEqual(
    both.slice(0, 3).map(({ by }) => by),
    [],
  )
})

test('where the source has the guest back, the target never lets it go on afterwards; where the target has it, the source never takes it back', (t) => {
  for (const { world, by } of ALL.values())
    for (const [name, after] of next(world)) {
      if (world.there === 'runs') t.false(after.here === 'runs' && world.here !== 'runs', [...by, name].join(', '))
      if (world.xlS === 'ended' && world.here === 'runs') t.false(after.there === 'runs', [...by, name].join(', '))
    }
})

test('from every state it comes to the guest running on one host alone, by nobody but who settles; unless a process of the source was killed', (t) => {
  const isSettling = (name: string): boolean => /^(S |T )/.test(name)
  const isGood = ({ here, there, xlT, known }: World): boolean =>
    (here === 'runs' && (there === 'none' || xlT === 'ended')) || (there === 'runs' && (here === 'gone' || known === 'moved'))
  const good = new Set([...ALL].filter(([, { world }]) => isGood(world)).map(([id]) => id))
  for (let before = -1; before !== good.size; ) {
    before = good.size
    for (const [id, { world }] of ALL)
      if (!good.has(id) && next(world).some(([name, after]) => isSettling(name) && good.has(key(after)))) good.add(id)
  }
  const stuck = [...ALL].filter(([id, { world }]) => !good.has(id) && !world.killed)
  // T's xl was killed with the guest in its hands: go-receive, which looks, lets it go on.
  const unsettled = stuck.filter(([, { world }]) => !(world.target.phase === 'gone' && world.there === 'paused'))
  t.deepEqual(
    unsettled.slice(0, 3).map(([, { by }]) => by),
    [],
  )
})

test('no end is dropped and gone; what the target has dropped it does not let go on', (t) => {
  for (const { world, by } of ALL.values()) {
    if (world.target.phase === 'dropped') t.not(world.there, 'runs', by.join(', '))
    if (world.source.phase === 'gone') t.true(world.there === 'runs' || world.known === 'moved', by.join(', '))
  }
  t.pass()
})
