// The appliance's link to its manager, composed: what it tells, most urgent first, and the plan that it follows.

import type { Plan, PlannedHost } from '../../manager/protocol/appliance.ts'
import { PlannedHosts } from '../boot/known-host.ts'
import { type Config, hostNames } from '../config.ts'
import type { Store } from '../store/database.ts'
import { applianceId } from '../store/identity.ts'
import type { Leases } from '../store/leases.ts'
import { loadPlan, savePlan } from '../store/plan.ts'
import { readSiteKeys } from '../store/site-keys.ts'
import type { UnpushedTokens } from '../store/unpushed-tokens.ts'
import type { AttemptRunner } from '../timeline/runner.ts'
import { type Mac, parseMac } from '../wire/addresses.ts'
import type { Log } from '../wire/log.ts'
import { BootNews } from './boot-news.ts'
import { LeaseNews } from './lease-news.ts'
import type { ManagerPlace } from './place.ts'
import { followPlan } from './plan/runner.ts'
import { startManagerLink } from './runner.ts'
import { tokenSource } from './token-push.ts'
import { Troubles } from './trouble.ts'

/** The last known plan, by which hosts boot whether there is a manager or not. */
export class KnownPlan {
  readonly #config: Config
  readonly #database: Store
  readonly #attempts: AttemptRunner
  #hosts = new PlannedHosts([])
  #etag: string | undefined

  constructor(config: Config, database: Store, attempts: AttemptRunner) {
    this.#config = config
    this.#database = database
    this.#attempts = attempts
    const stored = loadPlan(database)
    if (stored) this.#adopt(stored.etag, stored.plan)
  }

  get etag(): string | undefined {
    return this.#etag
  }

  of(mac: Mac): PlannedHost | undefined {
    return this.#hosts.of(mac)
  }

  take(etag: string, plan: Plan): void {
    savePlan(this.#database, { etag, plan })
    this.#adopt(etag, plan)
  }

  #adopt(etag: string, { hosts }: Plan): void {
    this.#etag = etag
    this.#hosts = new PlannedHosts(hosts)
    const told = hosts.flatMap(({ macs, name }) =>
      macs.flatMap((text) => (parseMac(text) ?? []) as Mac[]).map((mac) => [mac, name] as const),
    )
    this.#attempts.know(new Map([...told, ...hostNames(this.#config)]))
  }
}

export interface LinkParts {
  readonly config: Config
  readonly place: ManagerPlace
  readonly version: string
  readonly database: Store
  readonly plan: KnownPlan
  readonly tokens: UnpushedTokens
  readonly attempts: AttemptRunner
  readonly leases: Leases
  readonly log: Log
}

/** How often it is looked whether leases have changed, ms. */
const LEASES_PERIOD = 2000

export function linkToManager({ config, place, version, database, plan, tokens, attempts, leases, log }: LinkParts): {
  close(): Promise<void>
} {
  const id = applianceId(database)
  const keys = () => readSiteKeys(config.dataDir)
  const boots = new BootNews(attempts.views())
  const lent = new LeaseNews(leases)
  // The manager was away and may be another: what it may have missed is told once more.
  const troubles = new Troubles(log, () => {
    boots.again(attempts.views())
    lent.again()
    link.wake()
  })
  const link = startManagerLink({
    place,
    keys,
    self: { id, version, address: config.network.address },
    sources: [tokenSource(tokens, Date.now), boots.source, lent.source],
    troubles,
    random: Math.random,
  })
  const follower = followPlan({
    place,
    keys,
    id,
    etag: plan.etag,
    take: ({ etag, plan: given }) => plan.take(etag, given),
    troubles,
    random: Math.random,
  })
  const unsubscribe = [
    tokens.subscribe(() => link.wake()),
    attempts.subscribe((view) => {
      boots.changed(view)
      link.wake()
    }),
  ]
  const look = setInterval(() => link.wake(), LEASES_PERIOD)
  return {
    close: async () => {
      clearInterval(look)
      for (const end of unsubscribe) end()
      await Promise.all([link.close(), follower.close()])
    },
  }
}
