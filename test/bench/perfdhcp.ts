// perfdhcp (package kea-admin): what it prints, and which rate to try next. Pure.

export interface RateResult {
  /** DISCOVERs that went out. */
  readonly started: number
  /** ACKs that came in. */
  readonly completed: number
}

/** Share of exchanges that may get lost at a rate that counts as sustained. */
export const MOST_LOST = 0.01
/** perfdhcp itself may fall behind: then the rate was not tried. */
const LEAST_STARTED = 0.95

export const FIRST_RATE = 250
export const MOST_RATE = 64_000
const BISECTIONS = 4

/** Of a run at a fixed rate. Throws when the output is of another form. */
export function parseRateRun(output: string): RateResult {
  const discover = section(output, 'DISCOVER-OFFER')
  const request = section(output, 'REQUEST-ACK')
  return { started: number(discover, 'sent packets'), completed: number(request, 'received packets') }
}

/** Seconds that an avalanche took until all clients had an address. Throws when the output is of another form. */
export function parseAvalanche(output: string): { readonly seconds: number; readonly resent: number } {
  const [, hours, minutes, seconds] = /It took (\d+):(\d+):([\d.]+) to provision/.exec(output) ?? []
  const resent = /Requests resent: (\d+)/.exec(output)?.[1]
  if (seconds === undefined || resent === undefined) throw new Error(`perfdhcp says nothing of an avalanche: ${output.trim().slice(-300)}`)
  return { seconds: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds), resent: Number(resent) }
}

export interface TriedRate {
  /** Exchanges a second that perfdhcp was to start. */
  readonly rate: number
  readonly sustained: boolean
}

/** `seconds`: how long exchanges were started for. */
export function isSustained({ started, completed }: RateResult, rate: number, seconds: number): boolean {
  return started >= rate * seconds * LEAST_STARTED && completed >= started * (1 - MOST_LOST)
}

/** Doubles until a rate is too high, then halves the gap a few times. undefined: the answer is known well enough. */
export function nextRate(tried: readonly TriedRate[]): number | undefined {
  const highest = Math.max(0, ...tried.filter(({ sustained }) => sustained).map(({ rate }) => rate))
  const tooHigh = Math.min(...tried.filter(({ rate, sustained }) => !sustained && rate > highest).map(({ rate }) => rate))
  if (!Number.isFinite(tooHigh)) {
    const next = highest === 0 ? FIRST_RATE : highest * 2
    return next <= MOST_RATE ? next : undefined
  }
  const doublings = tried.findIndex(({ sustained }) => !sustained) + 1
  const between = Math.round((highest + tooHigh) / 2)
  return tried.length - doublings < BISECTIONS && between > highest && between < tooHigh ? between : undefined
}

function section(output: string, name: string): string {
  const [, text] = output.split(`***Statistics for: ${name}***`)
  if (text === undefined) throw new Error(`perfdhcp has no statistics of ${name}: ${output.trim().slice(-300)}`)
  return text.split('***')[0] ?? ''
}

function number(text: string, key: string): number {
  const found = new RegExp(`^${key}: (\\d+)`, 'm').exec(text)?.[1]
  if (found === undefined) throw new Error(`perfdhcp does not say "${key}"`)
  return Number(found)
}
