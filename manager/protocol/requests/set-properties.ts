// The request set-properties: the site's properties are these and no others.
import { z } from 'zod'
import { count, record } from '../values.ts'
import { holding } from './holds.ts'
import { short } from './request.ts'

/** UTF-16 units of the site's properties. */
export const MAX_PROPERTIES_TEXT = 1 << 16

export const setProperties = short({
  since: 2,
  /** Text as in ../property-file.ts. */
  body: record({ kind: z.literal('set-properties'), text: z.string().max(MAX_PROPERTIES_TEXT) }),
  answer: record({ kind: z.literal('properties-set'), count }),
  changes: 'agent',
  pace: 'quick',
  holds: () => holding('write', { kind: 'only', name: 'properties' }),
  limit: 60_000,
})

/** Each under its own kind. */
export const setPropertiesRequests = {
  'set-properties': setProperties,
} as const
