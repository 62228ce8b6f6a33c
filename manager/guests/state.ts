// How a guest stands: by what the database says, what hosts report, and which automation has it. Pure.

import type { GuestState } from '../protocol/guest-state.ts'
import type { Guest as Domain } from '../protocol/guests.ts'

export interface Known {
  /** Id of the host that its disks lie on. */
  readonly host: string | undefined
  /** As it was last brought. */
  readonly power: 'off' | 'on' | 'paused'
  /** Milliseconds since the epoch: when it was. */
  readonly since: number
  /** All of its disks are there. */
  readonly made: 'yes' | 'no'
}

/** A domain of it, as a host's last report has it. */
export interface Sighting {
  readonly host: string
  readonly hostName: string
  /** `stale`: the host has gone silent since. */
  readonly report: 'fresh' | 'stale'
  readonly state: Domain['state']
}

export interface Standing {
  readonly known: Known
  readonly seen: readonly Sighting[]
  /** Of its own host: whether its guests are known now, and why not. */
  readonly host: { readonly name: string; readonly silent: string | undefined } | undefined
  /** The recipe that has it. */
  readonly recipe: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface Verdict {
  readonly state: GuestState
  /** Where the word alone does not say it. */
  readonly why?: string
}

/** A report may have been made before what it does not tell of yet, ms. */
const REPORTS_WITHIN = 20_000

export function stateOf({ known, seen, host, recipe, now }: Standing): Verdict {
  const live = seen.filter(({ state }) => state !== 'shutdown' && state !== 'crashed')
  const moving = recipe === undefined ? undefined : STATE_OF_RECIPE[recipe]
  if (moving === 'migrating') return { state: 'migrating' }
  const strays = live.filter((one) => one.host !== known.host)
  if (live.length > 1 || (strays.length > 0 && (host?.silent !== undefined || known.host === undefined))) {
    const names = [...new Set([...live.map(({ hostName }) => hostName), ...(host ? [host.name] : [])])]
    return { state: 'conflicted', why: `it may run on ${names.join(' and ')}: destroy it by hand on all but one` }
  }
  if (moving !== undefined) return { state: moving }
  const [one] = live.length > 0 ? live : seen
  if (host?.silent !== undefined && known.power !== 'off') return { state: 'lost', why: host.silent }
  if (one && one.report === 'fresh') return said(one, known, now)
  if (known.made === 'no') return { state: 'defined' }
  if (known.power === 'off') return { state: 'stopped' }
  if (now - known.since < REPORTS_WITHIN) return { state: known.power === 'paused' ? 'paused' : 'running' }
  return { state: 'stopped', why: `it has ended by itself${host ? ` on ${host.name}` : ''}` }
}

function said({ state }: Sighting, { power, since }: Known, now: number): Verdict {
  switch (state) {
    case 'running':
    case 'unknown':
      return power === 'off' && now - since < REPORTS_WITHIN ? { state: 'stopped' } : { state: 'running' }
    case 'paused':
      return { state: 'paused' }
    case 'suspended':
      return { state: 'suspended' }
    case 'crashed':
      return { state: 'crashed', why: 'its domain has crashed, and is left to be looked at' }
    case 'dying':
      return { state: 'stopping' }
    case 'shutdown':
      return { state: 'stopped' }
  }
}

const STATE_OF_RECIPE: Readonly<Record<string, GuestState | undefined>> = {
  'create-guest': 'deploying',
  'start-guest': 'starting',
  'stop-guest': 'stopping',
  'destroy-guest': 'stopping',
  'migrate-guest': 'migrating',
}
