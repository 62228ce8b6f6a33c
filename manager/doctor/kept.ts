// Findings of the doctor that are kept for who asks again and again: what was fine is looked at again within the hour, what was not within
// seconds, and nobody waits for a look.
import type { Check, Site } from './check.ts'
import { examine } from './doctor.ts'
import type { Finding } from './finding.ts'

interface Kept {
  readonly findings: readonly Finding[]
  /** By a clock that does not jump, ms. */
  readonly at: number
}

/** Milliseconds until a check is done again. */
const FINE = 3600_000
const NOT_FINE = 15_000

export class KeptFindings {
  readonly #site: Site
  readonly #checks: readonly Check[]
  readonly #elapsed: () => number
  readonly #kept = new Map<string, Kept>()
  #looking: Promise<void> | undefined

  constructor(site: Site, checks: readonly Check[], elapsed: () => number) {
    this.#site = site
    this.#checks = checks
    this.#elapsed = elapsed
  }

  /** As they were last; none of a check that was not done yet. What is due is looked at in the background. */
  now(): readonly Finding[] {
    const due = this.#checks.filter(({ name }) => this.#isDue(this.#kept.get(name)))
    if (due.length > 0)
      this.#looking ??= this.#look(due).finally(() => {
        this.#looking = undefined
      })
    return this.#checks.flatMap(({ name }) => this.#kept.get(name)?.findings ?? [])
  }

  /** Resolves when nothing is looked at. */
  async settled(): Promise<void> {
    await this.#looking
  }

  async #look(checks: readonly Check[]): Promise<void> {
    for (const check of checks) {
      const findings = await examine(this.#site, [check])
      this.#kept.set(check.name, { findings, at: this.#elapsed() })
    }
  }

  #isDue(kept: Kept | undefined): boolean {
    if (!kept) return true
    const isFine = kept.findings.every(({ result }) => result === 'ok' || result === 'warning')
    return this.#elapsed() - kept.at >= (isFine ? FINE : NOT_FINE)
  }
}
