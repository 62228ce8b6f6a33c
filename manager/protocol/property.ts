// The section properties: what the site's own commands say of a host.

import { z } from 'zod'
import { section } from './section.ts'
import { count, list, record, text, word } from './values.ts'

export const PROPERTY_TYPES = ['int', 'float', 'string', 'bool'] as const

/** A name of the site's choosing. */
export const propertyName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'is no name of a property')

const value = z.discriminatedUnion('type', [
  record({ type: z.literal('int'), value: z.int() }),
  record({ type: z.literal('float'), value: z.number() }),
  record({ type: z.literal('string'), value: text(1024) }),
  record({ type: z.literal('bool'), value: z.boolean() }),
  /** It has none now, and why. */
  record({ type: z.literal('error'), reason: word(512) }),
])

/** `at`: when it became this, the host's clock, milliseconds since the epoch. */
export const property = record({ name: propertyName, at: count, value })

export type Property = z.output<typeof property>
export type PropertyValue = Property['value']

export const propertySections = { properties: section(list(property, 256), [], { since: 2 }) } as const
