// Which storage or networks a user means: by key, by name, by pattern, or by kind (`@lun`). Pure.
import type { THING_KINDS, Thing } from '../../../contract/things.ts'
import { CommandFailure } from '../../engine/failure.ts'
import { pick, type Selected } from '../../engine/selecting.ts'

export type ThingClass = 'storage' | 'network'
/** `thing`: of either. */
export type Things = ThingClass | 'thing'

export function classOf(kind: (typeof THING_KINDS)[number]): ThingClass {
  switch (kind) {
    case 'vlan':
    case 'segment':
      return 'network'
    case 'lun':
    case 'iscsi-target':
    case 'nfs':
    case 'vg':
    case 'file-system':
      return 'storage'
  }
}

export function thingsOf<Item extends Thing>(of: Things, things: readonly Item[]): readonly Item[] {
  return things.filter(({ kind }) => of === 'thing' || classOf(kind) === of)
}

/** `vg:data` is short for the key of the VG of this name. */
const shortKey = ({ key, name }: Thing): string => `${key.split(':')[0]}:${name.replace(/^\S+ /, '')}`

export function pickThings<Item extends Thing>(of: Things, args: readonly string[], things: readonly Item[]): Selected<Item> {
  return pick(args, thingsOf(of, things), {
    noun: of,
    names: (thing) => [...new Set([thing.key, thing.name, shortKey(thing)])],
    groups: ({ kind }) => [kind],
  })
}

export function pickOneThing<Item extends Thing>(of: ThingClass, arg: string, things: readonly Item[]): Item {
  const { items } = pickThings(of, [arg], things)
  const [thing, ...others] = items
  if (!thing) throw new CommandFailure(`${arg} leaves no ${of}`, 4)
  if (others.length > 0) {
    throw new CommandFailure(
      `${arg} means ${items
        .map(({ key }) => key)
        .slice(0, 5)
        .join(', ')}: say one of these keys`,
      2,
    )
  }
  return thing
}
