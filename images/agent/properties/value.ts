// What a property's command has said, as a value of its type; or why it has none. Pure.

import type { PropertyValue } from '../../../manager/protocol/property.ts'
import type { PropertyDefinition } from '../../../manager/protocol/property-file.ts'
import type { Ran } from '../backend.ts'
import { tidy } from '../inventory/accept.ts'

export function propertyValueOf({ command, type }: PropertyDefinition, ran: Ran): PropertyValue {
  const [program] = command
  switch (ran.kind) {
    case 'missing':
      return error(`there is no program ${program} on this host`)
    case 'stopped':
      return error(`${program} was ${ran.reason}`)
    case 'ended':
      return ran.exitCode === 0 ? parsed(type, ran.stdout) : error(`${program} ended with exit code ${ran.exitCode}: ${ran.stderr}`)
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
])

function parsed(type: PropertyDefinition['type'], stdout: string): PropertyValue {
  const text = stdout.trim()
  switch (type) {
    case 'int': {
      const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
      return Number.isSafeInteger(value) ? { type, value } : wrong(type, text)
    }
    case 'float': {
      const value = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : Number.NaN
      return Number.isFinite(value) ? { type, value } : wrong(type, text)
    }
    case 'bool': {
      const value = BOOLEANS.get(text.toLowerCase())
      return value === undefined ? wrong(type, text) : { type, value }
    }
    case 'string':
      return { type, value: tidy(text, 1024) ?? '' }
  }
}

function wrong(type: string, text: string): PropertyValue {
  return error(text === '' ? `it said nothing instead of a value of type ${type}` : `this is no ${type}: ${text.slice(0, 100)}`)
}

function error(reason: string): PropertyValue {
  return { type: 'error', reason: tidy(reason, 512) ?? 'no reason' }
}
