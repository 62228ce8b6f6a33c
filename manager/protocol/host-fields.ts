// What operators write down of a host, in words of their own. One more is an entry here, a column of its name in store/tables/hosts.ts,
// and its command in cli/commands/host/change.ts: contract, history, lists and page follow.
import { z } from 'zod'
import { LONGEST_NOTES, UNPRINTABLE_NOTES } from './host.ts'

export interface HostField {
  /** For people, in a list and on a page. */
  readonly title: string
  /** Characters. */
  readonly most: number
  /** Characters that it may not have. */
  readonly not: RegExp
  /** Rows of its place on a page. */
  readonly rows: number
  /** The greater, the sooner a list that is narrow leaves its column out. */
  readonly spare: number
}

export const HOST_FIELDS = {
  notes: { title: 'Notes', most: LONGEST_NOTES, not: UNPRINTABLE_NOTES, rows: 4, spare: 2 },
} as const satisfies Readonly<Record<string, HostField>>

export type HostFieldName = keyof typeof HOST_FIELDS
/** Empty: nothing is written down. */
export type HostFields = { readonly [Name in HostFieldName]: string }
export const HOST_FIELD_NAMES = Object.keys(HOST_FIELDS) as readonly HostFieldName[]

type Each<Value> = { readonly [Name in HostFieldName]: Value }

export function eachField<Value>(make: (name: HostFieldName, field: HostField) => Value): Each<Value> {
  return Object.fromEntries(HOST_FIELD_NAMES.map((name) => [name, make(name, HOST_FIELDS[name])])) as Each<Value>
}

export const NOTHING_WRITTEN: HostFields = eachField(() => '')

/** Of what holds more. */
export function fieldsOf(host: HostFields): HostFields {
  return eachField((name) => host[name])
}

/** As they are shown. */
export const hostFields = eachField(() => z.string())

/** As they may be written; what is left out stays. */
export const hostFieldChanges = eachField((_name, { most, not }) =>
  z
    .string()
    .max(most)
    .refine((text) => !not.test(text), 'has characters that are not printable')
    .optional(),
)
