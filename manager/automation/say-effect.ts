// An effect in a line, for a person.
import type { JournaledEffect } from './effect.ts'

/** `hostName`: of an id. */
export function sayEffect(effect: JournaledEffect, hostName: (id: string) => string = (id) => id): string {
  switch (effect.kind) {
    case 'request':
      return `${effect.body.kind} on ${hostName(effect.host)}`
    case 'sleep':
      return `a pause of ${effect.milliseconds / 1000} s`
    case 'await-event':
      return `waiting for ${effect.topic} to be ${effect.values.join(' or ')}`
    case 'turn':
      return `its turn for ${effect.uses.map(({ name }) => name).join(', ')}`
    case 'turn-over':
      return `the end of the turn of step ${effect.of}`
    case 'claim':
      return `a claim of ${effect.needs.map(({ kind }) => kind).join(', ')}`
    case 'hook':
      return `the hook ${effect.when}-${effect.name}`
    case 'progress':
      return effect.text === '' ? `phase ${effect.phase}` : `phase ${effect.phase}: ${effect.text}`
    case 'undo':
      return `an undo: ${effect.what}`
    case 'undone':
      return `the undo of step ${effect.of}`
    case 'operator':
      return `a person's help: ${effect.what}`
    case 'now':
      return 'the time'
  }
}
