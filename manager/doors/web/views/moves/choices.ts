// How guests are to move, as a form of the page and its address have it, and as a command says the same. Pure.
import { readRate } from '../../../../protocol/size.ts'
import { readSpan } from '../../../../protocol/span.ts'
import { shellWord } from '../guests/acts.ts'

/** As they were typed. */
export interface MoveChoices {
  /** Its id; empty: the best. */
  readonly host: string
  readonly maxPause: string
  readonly rate: string
  readonly network: string
  readonly keep: string
  /** ``: it is not stopped. */
  readonly restart: string
}

export function choicesOf(given: URLSearchParams): MoveChoices {
  const of = (name: string): string => (given.get(name) ?? '').trim()
  return {
    host: of('host'),
    maxPause: of('max-pause') || '2s',
    rate: of('rate'),
    network: of('network'),
    keep: of('keep') || '1h',
    restart: of('restart'),
  }
}

/** As the operation's input. What is no span and no size goes on as it is, to be refused by its name. */
export function askedOf({ host, maxPause, rate, network, keep, restart }: MoveChoices) {
  return {
    ...(host === '' ? {} : { host }),
    maxPauseMs: readSpan(maxPause) ?? maxPause,
    ...(rate === '' ? {} : { rateBytes: readRate(rate) ?? rate }),
    ...(network === '' ? {} : { network }),
    keepMs: readSpan(keep) ?? keep,
    ...(restart === '' ? {} : { restart: { when: restart } }),
  }
}

/** What of it cannot be understood, in words for whoever types it. */
export function wrongIn({ maxPause, rate, keep }: MoveChoices): string | undefined {
  const span = [maxPause, keep].find((typed) => readSpan(typed) === undefined)
  if (span !== undefined) return `“${span}” is no span of time: 500ms, 2s, 1h`
  return rate === '' || readRate(rate) !== undefined ? undefined : `“${rate}” is no size: 40M, 1G`
}

const NAMES = { host: 'host', maxPause: 'max-pause', rate: 'rate', network: 'network', keep: 'keep', restart: 'restart' } as const

export function fieldsOf(choices: MoveChoices): readonly { readonly name: string; readonly value: string }[] {
  return Object.entries(NAMES).flatMap(([key, name]) => {
    const value = choices[key as keyof typeof NAMES]
    return value === '' ? [] : [{ name, value }]
  })
}

/** Of a command line, a blank before each; what is as usual is left out. */
export function optionsOf({ maxPause, rate, network, keep, restart }: MoveChoices, to: string | undefined): string {
  const option = (name: string, value: string, usual = ''): string => (value === usual ? '' : ` --${name} ${shellWord(value)}`)
  return [
    option('to', to ?? ''),
    option('max-pause', maxPause, '2s'),
    option('rate', rate),
    option('network', network),
    option('keep', keep, '1h'),
    restart === '' ? '' : restart === 'always' ? ' --restart-always' : ' --restart',
  ].join('')
}
