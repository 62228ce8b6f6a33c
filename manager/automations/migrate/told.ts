// The steps of a move in words, each with what takes it back: for who looks at the plan. Pure.
import type { MigrateArgs } from './args.ts'
import { going, staying } from './shared.ts'

export interface ToldStep {
  readonly what: string
  /** Left out: nothing is to be taken back, or nothing can be any more. */
  readonly undo?: string
}

export function stepsOf(args: MigrateArgs): readonly ToldStep[] {
  const { guest, from, to, way, remembered } = args
  const { name } = guest
  const [copied, stay] = [going(args), staying(args)]
  const names = stay.map(({ vdev }) => vdev).join(', ')
  return [
    { what: `claim memory${copied.length > 0 ? ' and space' : ''} of ${to.name}`, undo: 'give them back' },
    ...(remembered
      ? [
          {
            what: `let VG ${remembered.vg.name} of ${to.name} remember ${name}`,
            undo: remembered.before ? 'let it remember what it did before' : 'let it forget',
          },
        ]
      : []),
    ...(copied.length > 0 ? copying(args) : []),
    ...stay.map(({ vdev, stays, to: vg }) => ({
      what: `${vdev} stays on LUN ${stays.luns.join(', ')}, in VG ${vg.name}: nothing is copied`,
    })),
    ...(way === 'restarted' ? stopping(args) : []),
    ...(stay.length > 0 && way === 'live' ? [{ what: `make ${names} ready on ${to.name}`, undo: 'let go of it there' }] : []),
    ...(way === 'live' ? [{ what: `send its memory, and hold the last word`, undo: `${name} goes on on ${from.name}` }] : []),
    ...(stay.length > 0
      ? [{ what: `see that ${from.name} writes nothing to ${names} any more`, undo: `${from.name} may write to it again` }]
      : []),
    ...(copied.length > 0 ? [{ what: 'see that the copy is whole, and end the mirror' }] : []),
    { what: `hand over: from here on there is no way back` },
    ...(way === 'restarted' ? [{ what: `start ${name} on ${to.name}` }] : []),
    { what: `clear away on ${from.name}${leavings(args)}` },
  ]
}

function stopping({ guest: { name }, from, to, restarting, ...of }: MigrateArgs): readonly ToldStep[] {
  const { how, seconds = 0, compare } = restarting ?? {}
  const late = how === 'clean' ? `stays on ${from.name}` : 'is ended without its help'
  const isCompared = compare === 'stopped' && going(of).length > 0
  return [
    { what: `ask ${name} to power off: if it has not after ${seconds} s, it ${late}`, undo: `start ${name} on ${from.name} again` },
    ...(isCompared ? [{ what: `compare all of the copy on ${to.name} with its disks, while it is down` }] : []),
  ]
}

function copying({ guest: { name }, to, over, seed, restarting, ...of }: MigrateArgs): readonly ToldStep[] {
  const copied = going(of)
  const names = copied.map(({ vdev }) => vdev).join(', ')
  const places = [...new Set(copied.map((disk) => disk.to.name))].join(', ')
  return [
    { what: 'wait for its turn: so many guests copy their disks at a time' },
    {
      what: `make a copy of ${names} in VG ${places} of ${to.name}${seed ? ', of what the guest has left behind there where it has' : ''}`,
      undo: 'remove it',
    },
    { what: `mirror ${names} over ${over.network}`, undo: `take the mirror down: ${name} goes on on its own disks` },
    ...(seed
      ? [{ what: `send what ${to.name} has not of ${names}, block by block, pressed: zeros never, and no block that is there already` }]
      : []),
    { what: seed ? 'join the mirror, and wait until what was written meanwhile is there, too' : 'wait until both are the same' },
    ...(restarting?.compare === 'running' ? [{ what: `compare all of the copy with ${names}, while ${name} runs` }] : []),
  ]
}

/** What becomes of what it leaves there. */
function leavings({ keepMs, from, ...of }: MigrateArgs): string {
  if (of.disks.length === 0) return ''
  const [timed, kept] = [going(of).filter(({ snapshots }) => !snapshots), going(of).filter(({ snapshots }) => snapshots)]
  const said = [
    ...(timed.length > 0 ? [`its disks there are kept for ${Math.round(keepMs / 60_000)} minutes`] : []),
    ...kept.map(
      ({ vdev, snapshots = [] }) =>
        `${vdev} there is kept for good, with its snapshots ${snapshots.join(', ')}, which stay on ${from.name}`,
    ),
  ]
  return said.length === 0 ? ': it lets go of its disks' : `: ${said.join('; ')}`
}
