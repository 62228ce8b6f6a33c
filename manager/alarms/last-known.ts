// What a host was last known to have, where its report could not be read whole: what is missing from such a section is not gone, so that
// no condition ends, and none begins, because a program hung. Of the sections that conditions rest on. Pure.
import type { Inventory, SectionName, Sections } from '../protocol/inventory.ts'
import { uncountedOf } from '../protocol/unread.ts'

/** The sections that are lists, with what tells an item from the others of its host. */
const ITEMS = {
  nics: ({ name }) => name,
  blockDevices: ({ name, serial = '' }) => `${name} ${serial}`,
  multipaths: ({ wwid }) => wwid,
  pvs: ({ uuid }) => uuid,
  vgs: ({ uuid }) => uuid,
  lvs: ({ uuid }) => uuid,
  diskHealth: ({ device, behind = '' }) => `${device} ${behind}`,
  sensors: ({ chip, label }) => `${chip} ${label}`,
  drbd: ({ name }) => name,
} as const satisfies { readonly [Name in SectionName]?: (item: Item<Name>) => string }

type Item<Name extends SectionName> = Sections[Name] extends readonly (infer One)[] ? One : never
type ListName = keyof typeof ITEMS
type KeyOf = { readonly [Name in ListName]: (item: Item<Name>) => string }
type Lists = { readonly [Name in ListName]: readonly Item<Name>[] }

const KEYS: KeyOf = ITEMS
const LIST_NAMES = Object.keys(ITEMS) as readonly ListName[]
/** Of one section: a tool that makes names up in each report shall not fill the memory. */
const MOST_ITEMS = 4096

/** `now`, with what `before` had in sections that were not read whole. `before`: what this said the last time. */
export function lastKnown(before: Inventory | undefined, now: Inventory): Inventory {
  if (!before || now.problems.length === 0) return now
  const unread = (section: SectionName): boolean => uncountedOf(now, [section]).length > 0
  const lists = Object.assign({}, ...LIST_NAMES.filter(unread).map((name) => ({ [name]: together(name, before, now) })))
  const dmi = unread('dmi') ? { dmi: told(before.dmi, now.dmi) } : {}
  const iscsi = unread('iscsi') ? { iscsi: told(before.iscsi, now.iscsi) } : {}
  return { ...now, ...lists, ...dmi, ...iscsi }
}

function together<Name extends ListName>(name: Name, before: Lists, now: Lists): readonly Item<Name>[] {
  const key = KEYS[name]
  const there = new Set(now[name].map(key))
  return [...now[name], ...before[name].filter((item) => !there.has(key(item)))].slice(0, MOST_ITEMS)
}

/** Members that are told win; an empty list tells nothing. */
function told<Section extends object>(before: Section, now: Section): Section {
  const members = Object.entries(now).filter(([, value]) => !Array.isArray(value) || value.length > 0)
  return { ...before, ...Object.fromEntries(members) }
}
