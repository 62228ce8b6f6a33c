// The steps of a move in words, each with what takes it back: for who looks at the plan. Pure.
import type { MigrateArgs } from './args.ts'

export interface ToldStep {
  readonly what: string
  /** Left out: nothing is to be taken back, or nothing can be any more. */
  readonly undo?: string
}

export function stepsOf({ guest: { name }, from, to, way, disks, over, keepMs, remembered, seed }: MigrateArgs): readonly ToldStep[] {
  const names = disks.map(({ vdev }) => vdev).join(', ')
  const ifDisks = (steps: readonly ToldStep[]): readonly ToldStep[] => (disks.length === 0 ? [] : steps)
  const places = [...new Set(disks.map((disk) => disk.to.name))].join(', ')
  return [
    { what: `claim memory and space of ${to.name}`, undo: 'give them back' },
    ...(remembered ? [{ what: `let VG ${remembered.vg.name} of ${to.name} remember ${name}`, undo: 'let it forget' }] : []),
    ...ifDisks([
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
    ]),
    ...(way === 'live' ? [{ what: `send its memory, and hold the last word`, undo: `${name} goes on on ${from.name}` }] : []),
    ...ifDisks([{ what: 'see that the copy is whole, and end the mirror' }]),
    { what: `hand over: from here on there is no way back` },
    {
      what: `clear away on ${from.name}${disks.length === 0 ? '' : `: its disks there are kept for ${Math.round(keepMs / 60_000)} minutes`}`,
    },
  ]
}
