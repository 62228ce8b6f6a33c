// The appliance's link to its manager, composed: what it tells, most urgent first, and the plan that it follows.

import type { Plan, PlannedHost } from '../../manager/protocol/appliance.ts'
import { PlannedHosts } from '../boot/known-host.ts'
import { type Config, hostNames } from '../config.ts'
import type { KeptCaptures } from '../store/captures.ts'
import type { Store } from '../store/database.ts'
import type { FollowedOrders } from '../store/followed-orders.ts'
import { applianceId } from '../store/identity.ts'
import type { Leases } from '../store/leases.ts'
import { loadPlan, savePlan } from '../store/plan.ts'
import { readSiteKeys } from '../store/site-keys.ts'
import type { UnpushedTokens } from '../store/unpushed-tokens.ts'
import type { AttemptRunner } from '../timeline/runner.ts'
import { type Mac, parseMac } from '../wire/addresses.ts'
import type { Log } from '../wire/log.ts'
import { BootNews } from './boot-news.ts'
import { CaptureNews } from './capture-news.ts'
import { LeaseNews } from './lease-news.ts'
import { followedSource } from './order-push.ts'
import type { ManagerPlace } from './place.ts'
import { followPlan } from './plan/runner.ts'
import { startManagerLink } from './runner.ts'
import { tokenSource } from './token-push.ts'
import { ToolNews } from './tool-news.ts'
import { Troubles } from './trouble.ts'

/** The last known plan, by which hosts boot whether there is a manager or not. */
export class KnownPlan {
  #config: Pick<Config, 'hosts'>
  readonly #database: Store
  readonly #attempts: AttemptRunner
  #plan: Plan | undefined
  #hosts = new PlannedHosts([])
  #etag: string | undefined

  constructor(config: Pick<Config, 'hosts'>, database: Store, attempts: AttemptRunner) {
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

  /** The names of another config go before the plan's from now on. */
  heed(config: Pick<Config, 'hosts'>): void {
    this.#config = config
    this.#tellNames()
  }

  #adopt(etag: string, plan: Plan): void {
    this.#etag = etag
    this.#plan = plan
    this.#hosts = new PlannedHosts(plan.hosts)
    this.#tellNames()
  }

  #tellNames(): void {
    const told = (this.#plan?.hosts ?? []).flatMap(({ macs, name }) =>
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
  readonly followed: FollowedOrders
  readonly attempts: AttemptRunner
  readonly leases: Leases
  readonly captures: Pick<KeptCaptures, 'list' | 'read'>
  /** What hosts can boot once from here, when it is asked and by now. */
  readonly tools: { readonly there: readonly string[]; readonly look: () => Promise<readonly string[]> }
  readonly log: Log
}

/** How often it is looked whether leases have changed, ms. */
const LEASES_PERIOD = 2000
/** And what has been installed meanwhile. */
const TOOLS_PERIOD = 15_000

export function linkToManager(parts: LinkParts): { close(): Promise<void> } {
  const { config, place, version, database, plan, tokens, followed, attempts, leases, captures, log } = parts
  const id = applianceId(database)
  const keys = () => readSiteKeys(config.dataDir)
  const boots = new BootNews(attempts.views())
  const lent = new LeaseNews(leases)
  const captured = new CaptureNews(captures)
  const tools = new ToolNews(parts.tools.there)
  // The manager was away and may be another: what it may have missed is told once more.
  const troubles = new Troubles(log, () => {
    boots.again(attempts.views())
    lent.again()
    captured.again()
    tools.again()
    link.wake()
  })
  const link = startManagerLink({
    place,
    keys,
    self: () => ({ id, version, address: config.network.address, tools: tools.there }),
    sources: [followedSource(followed), tokenSource(tokens, Date.now), tools.source, boots.source, lent.source, captured.source],
    troubles,
    random: Math.random,
  })
  const follower = followPlan({
    place,
    keys,
    id,
    etag: plan.etag,
    take: ({ etag, plan: given }) => {
      plan.take(etag, given)
      followed.standAgain(given.hosts.flatMap(({ once }) => once?.id ?? []))
    },
    troubles,
    random: Math.random,
  })
  const unsubscribe = [
    followed.subscribe(() => link.wake()),
    tokens.subscribe(() => link.wake()),
    attempts.subscribe((view) => {
      boots.changed(view)
      link.wake()
    }),
  ]
  const look = setInterval(() => link.wake(), LEASES_PERIOD)
  const install = setInterval(() => {
    parts.tools.look().then(
      (there) => tools.found(there),
      (error: unknown) => log.error({ error }, 'what hosts can boot once is not known'),
    )
  }, TOOLS_PERIOD)
  return {
    close: async () => {
      clearInterval(look)
      clearInterval(install)
      for (const end of unsubscribe) end()
      await Promise.all([link.close(), follower.close()])
    },
  }
}
