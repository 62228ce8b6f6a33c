// Bugs of recipes, of the engine and of the agent that the harness over the product's recipes has to find.
import { type Mutant, plant } from '../plant.ts'
import type { Fault } from './faults.ts'

export interface ProductMutant extends Mutant {
  /** The scenario whose faults show it. */
  readonly by: string
  /** Beside each of these. */
  readonly beside?: readonly Fault[]
}

export const MUTANTS: readonly ProductMutant[] = [
  {
    name: 'recipe: a disk that was made is not taken back',
    file: 'manager/automations/guests/create',
    from: /requests: \[order\(host\.id, \{ kind: 'remove-disk'.*\],/,
    to: 'requests: [],',
    by: 'create',
  },
  {
    name: 'recipe: a guest that may have started is not ended',
    file: 'manager/automations/guests/parts',
    from: /requests: \[order\(host\.id, \{ kind: 'destroy-guest', uuid: id \}\)\],/,
    to: 'requests: [],',
    by: 'start',
  },
  {
    name: 'recipe: what a guest needed to run stays claimed when it has ended',
    file: 'manager/automations/guests/rows',
    from: /(?<=power: 'off', since: at \}\);?\n *)await removeClaims\(transaction, 'guest', uuid, RUNNING_PARTS\)/,
    to: '',
    by: 'stop',
  },
  {
    name: 'recipe: a start that is refused gives back what the guest that runs has',
    file: 'manager/automations/guests/start',
    from: /\?\.power === 'off'/,
    to: "?.power !== 'x'",
    by: 'start of what runs',
  },
  {
    name: 'recipe: a guest runs before its disks are written down',
    file: 'manager/automations/guests/rows',
    from: /await changeDisk\(transaction, disk, \{ state: 'ready' \}\)/,
    to: '',
    by: 'create',
  },
  {
    name: 'recipe: a stop that nobody has confirmed is taken for one',
    file: 'manager/automations/guests/rows',
    from: /\|\| answer\.kind !== 'value'/,
    to: '',
    by: 'stop hard',
  },
  {
    name: 'recipe: a guest that was taken back is still remembered',
    file: 'manager/automations/guests/parts',
    from: /requests: \[order\(host\.id, back, .*\],/,
    to: 'requests: [],',
    by: 'create',
  },
  {
    name: 'recipe: a guest that is destroyed is still remembered',
    file: 'manager/automations/guests/end',
    from: /if \(host\)\s*yield\* forget\(host, guest, remembering\);?/,
    to: '',
    by: 'destroy',
  },
  {
    name: 'recipe: a guest that has moved is still remembered where it was',
    file: 'manager/automations/migrate/clearing',
    from: /\(\) => forget\(from, guest, homesOf\(mirrors\)\)/,
    to: '() => forget(from, guest, [])',
    by: 'move of what is stopped',
  },
  {
    name: 'recipe: a guest that has moved is remembered as on its way',
    file: 'manager/automations/migrate/clearing',
    from: /\(\) => keepRemembered\(to, remembered\)/,
    to: '() => forget(to, guest, [])',
    by: 'move of what is stopped',
  },
  {
    name: 'recipe: the disk of a guest that moves on a LUN is not fenced before the last word',
    file: 'manager/automations/migrate/migrate',
    from: /\(\) => fenced\(args, stay\), /,
    to: '',
    by: 'live move on a LUN',
  },
  {
    name: 'recipe: a guest that was given back is left without its disk on a LUN',
    file: 'manager/automations/migrate/shared',
    from: /requests: \[order\(from\.id, \{ kind: 'unfence-disk', .*\],/,
    to: 'requests: [],',
    by: 'live move on a LUN',
  },
  {
    name: 'recipe: what a VG on a LUN remembers is forgotten where a move is taken back',
    file: 'manager/automations/migrate/migrate',
    from: /(arriving: way === 'live' \? 'live' : 'stopped' \} \}), before\)/,
    to: '$1)',
    by: 'move of what is stopped, its first disk on a LUN',
  },
  {
    name: 'agent: a record is said to be kept when it was not written',
    file: 'images/agent/requests/guest-records',
    from: /const failure = await writeSlot\(world, lv, \{ at, seq, record \}\)/,
    to: 'const failure = at < 0 ? await writeSlot(world, lv, { at, seq, record }) : undefined',
    by: 'create',
  },
  {
    name: 'engine: what has failed is not undone',
    file: 'manager/automation/steps',
    from: /if \(!isDone\)/,
    to: 'if (false)',
    by: 'create',
  },
  {
    name: 'engine: an undo that fails is taken for done',
    file: 'manager/automation/steps',
    from: /if \(reason === undefined\)/,
    to: 'if (true)',
    by: 'create',
  },
  {
    name: 'engine: what runs is left alone after a restart',
    file: 'manager/automation/runner',
    from: /await this\.#bring\(record\)/,
    to: 'await undefined',
    by: 'pause',
  },
  {
    name: 'engine: locks of what has ended are kept',
    file: 'manager/automation/store/durable',
    from: /await freeLocks\(transaction, automation\);?/,
    to: '',
    by: 'create',
  },
  {
    name: 'engine: a claim that is refused is taken for granted',
    file: 'manager/automation/store/durable',
    from: /answer: taken\.kind === 'taken' \?/,
    to: 'answer: taken.kind !== undefined ?',
    by: 'three creates where two fit',
  },
  {
    name: 'agent: it obeys a manager that is older than one that it has heard',
    file: 'images/agent/connection',
    from: /asked < epoch/,
    to: 'asked < 0',
    by: 'create',
    beside: [{ kind: 'request', at: 3, fault: 'slow' }],
  },
  {
    name: 'agent: a new disk is not zeroed',
    file: 'images/agent/requests/make-disk',
    from: /lv\.pool === undefined \? await zero\(/,
    to: 'lv.pool !== undefined ? await zero(',
    by: 'create',
  },
  {
    name: 'agent: a disk is called ready before its content is there',
    file: 'images/agent/requests/make-disk',
    from: /tags: tagsOf\(body, 'making'\)/,
    to: "tags: tagsOf(body, 'ready')",
    by: 'create',
  },
  {
    name: 'agent: what a guest had open stays open when it has ended',
    file: 'images/agent/guests/end',
    from: /if \(kept && \(await closeDevices\(world, kept\.guest\)\) !== undefined\)\s*return;?/,
    to: '',
    by: 'stop hard',
  },
  {
    name: 'agent: a reboot that is asked for again is done again',
    file: 'images/agent/requests/reboot-guest',
    from: /const \{ domain \} = found/,
    to: 'const { domain } = found; domid = domain.domid',
    by: 'reboot',
  },
  {
    name: 'agent: a domain that cannot be let loose is left',
    file: 'images/agent/guests/start',
    from: /const left = await clear\(world, next\.guest\)/,
    to: 'const left = undefined',
    by: 'start',
  },
  {
    name: 'recipe: a guest is let go on before its disks are settled',
    file: 'manager/automations/migrate/migrate',
    from: /else\s+yield\* settled\(args, mirrors\);?\s*yield\* progress\('hand over', (`.*`)\);?\s*const passed = yield\* passedOn\(args, stream\.migration\)/,
    to: "; yield* progress('hand over', $1); const passed = yield* passedOn(args, stream.migration); yield* settled(args, mirrors)",
    by: 'live move',
    beside: [{ kind: 'request', at: 15, fault: 'fails' }],
  },
  {
    name: 'recipe: of two disks one is settled',
    file: 'manager/automations/migrate/disks',
    from: /yield\* all\(\s*disks\.map\(/,
    to: 'yield* all(disks.slice(0, 1).map(',
    by: 'live move of two disks',
  },
  {
    name: 'recipe: the bitmap of a copy that is seeded begins behind it',
    file: 'manager/automations/migrate/seeding',
    from: /const \{ generation \} = (yield\* request\(from\.id, \{ kind: 'begin-bitmap'[^\n]*)([\s\S]*?)(yield\* request\(from\.id, \{ kind: 'close-bitmap')/,
    to: '$2 const { generation } = $1\n$3',
    by: 'seeded live move',
  },
  {
    name: 'recipe: where nobody knows whose a guest is, it is called the old host’s',
    file: 'manager/automations/migrate/memory',
    from: /if \(verdict\.kind !== 'unknown'\)\s*return \{ kind: verdict\.kind \}/,
    to: "return { kind: 'not moved' }",
    by: 'live move',
    beside: [{ kind: 'request', at: 15, fault: 'half' }],
  },
  {
    name: 'recipe: a guest is started on its new host before its disks are settled',
    file: 'manager/automations/migrate/migrate',
    from: /yield\* settled\(args, whole\);?\s*yield\* progress\('hand over', name\)/,
    to: "yield* progress('hand over', name)",
    by: 'move with a stop',
  },
  {
    name: 'recipe: a guest whose move comes to nothing is not started again',
    file: 'manager/automations/migrate/restarting',
    from: /requests: \[order\(from\.id, \{ kind: 'start-guest'.*\],?/,
    to: 'requests: [],',
    by: 'move with a stop',
  },
  {
    name: 'recipe: a guest is not ended before it is started on its new host',
    file: 'manager/automations/migrate/restarting',
    from: /yield\* request\(from\.id, \{ kind: 'stop-guest'.*\);?/,
    to: '',
    by: 'move with a stop',
  },
  {
    name: 'recipe: a guest that is restarted stays the old host’s',
    file: 'manager/automations/migrate/rows',
    from: /way === 'restarted' \? START : MOVED/,
    to: 'MOVED',
    by: 'move with a stop',
  },
  {
    name: 'agent: the source takes back what it has given up when the link is lost',
    file: 'images/agent/streams/source',
    from: /return isOwn\(state\) \? drop\(state, event\.cause, event\.reason\) : stay\(state\)/,
    to: "return isOwn(state) ? drop(state, event.cause, event.reason) : state.phase === 'handing' ? takeBack(state, event.cause, event.reason) : stay(state)",
    by: 'live move',
    beside: [{ kind: 'stream', at: 11, fault: 'link cut' }],
  },
]

export type Harness = Pick<typeof import('./explore.ts'), 'firstOf'>

export async function planted(mutant: Mutant): Promise<Harness> {
  return (await plant(mutant, 'product/explore')) as Harness
}
