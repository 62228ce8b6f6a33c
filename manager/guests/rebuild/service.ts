// `hostless manager rebuild`: the guests that run and lie on hosts, made again in a database that does not know them. Nothing on a host is
// changed by it; a second one finds nothing left to do.
import type { Claims } from '../../claims/service.ts'
import type { Networks } from '../../networks/service.ts'
import type { Done } from '../../outcome.ts'
import type { Store } from '../../store/database.ts'
import { allGuests } from '../../store/tables/guests.ts'
import { rebuild } from './decide.ts'
import { type LookDeps, lookAtHosts } from './look.ts'
import type { Rebuilt } from './picture.ts'
import { writeRebuilt } from './write.ts'

export interface RebuilderOptions extends LookDeps {
  readonly store: Store
  readonly networks: Pick<Networks, 'list'>
  readonly claims: Pick<Claims, 'take'>
  readonly now: () => number
  /** Names of hosts of the config that the pool does not know. */
  readonly missing: () => readonly string[]
  /** Hosts that have heard a newer manager than this, and the greatest epoch of these. */
  readonly newer: () => { readonly hosts: readonly string[]; readonly epoch: number }
  /** From the next start of this manager on they obey it. */
  readonly takeOver: (epoch: number) => Promise<void>
  /** Hosts that came back without a name or an identity have them from now on; resolves with a sentence each. */
  readonly identify: (named: ReadonlyMap<string, string>) => Promise<readonly string[]>
}

export interface RebuildReport extends Rebuilt {
  /** Hosts that were not read: nothing is made while there are any. */
  readonly unread: readonly { readonly host: string; readonly why: string }[]
  /** Hosts that have their names and identities again; a sentence each. */
  readonly hosts: readonly string[]
  /** `preview`: nothing was written. */
  readonly done: 'preview' | 'written'
}

/** What no host tells, whatever it is asked. */
const LOST = [
  'users, tokens and roles, the audit log, the history of hosts and of automations, alarms that somebody has acknowledged',
  'notes, groups and properties of hosts; connections to iSCSI targets; networks that no guest attaches to; images of guests',
  'guests that ought to run and do not: nothing was started',
] as const

export class Rebuilder {
  readonly #options: RebuilderOptions

  constructor(options: RebuilderOptions) {
    this.#options = options
  }

  async rebuild(mode: 'preview' | 'write', takeOver: 'yes' | 'no', who: string): Promise<Done<RebuildReport>> {
    const { store, networks, claims, now, newer, missing } = this.#options
    const later = newer()
    if (later.hosts.length > 0) {
      const of = `${later.hosts.join(', ')} ${later.hosts.length === 1 ? 'has' : 'have'} heard a newer manager (epoch ${later.epoch})`
      if (takeOver === 'no' || mode === 'preview')
        return refused(
          `${of}. Is that one gone for good? hostless manager rebuild --take-over lets them obey this one; if it is not, two managers would act on the same guests`,
        )
      await this.#options.takeOver(later.epoch)
      return refused(`${of}: from the next start of this manager on they obey it. Restart it, and rebuild again`)
    }
    const { hosts, unread } = await lookAtHosts(this.#options)
    const rows = await allGuests(store.db)
    const known = new Map(rows.map(({ uuid, name }) => [uuid, name]))
    const decided = rebuild({ hosts, known, networks: await networks.list(), now: now() })
    const gone = missing().map((name) => `host ${name} of the configuration has not come: its guests are not known`)
    const report = { ...decided, unread, unknown: [...decided.unknown, ...gone, ...LOST] }
    if (mode === 'preview') return { kind: 'done', value: { ...report, hosts: [], done: 'preview' } }
    if (unread.length > 0) {
      const said = unread.map(({ host, why }) => `${host}: ${why}`)
      const more = said.length > 4 ? `; and ${said.length - 4} more` : ''
      return {
        ...refused(
          `not all hosts could be read, and a guest or the newer copy of a disk may be there. ${said.slice(0, 4).join('; ')}${more}`,
        ),
        code: 'unread',
      }
    }
    const identified = await this.#options.identify(namesTold(hosts))
    const short = await store.write((transaction) => writeRebuilt(transaction, decided, { claims, now: now(), who }))
    return { kind: 'done', value: { ...report, disagree: [...report.disagree, ...short], hosts: identified, done: 'written' } }
  }
}

/** What records call their hosts, by id. */
function namesTold(hosts: Awaited<ReturnType<typeof lookAtHosts>>['hosts']): ReadonlyMap<string, string> {
  return new Map(
    hosts.flatMap(({ id, records }) => {
      const [newest] = [...records].sort((a, b) => b.record.written - a.record.written)
      return newest && newest.record.host !== '' ? [[id, newest.record.host] as const] : []
    }),
  )
}

function refused(reason: string): Done<never> & { readonly kind: 'refused' } {
  return { kind: 'refused', reason }
}
