// Captures of boots: with the names of the hosts that they are of.
import type { BootCapture, captures } from '../../contract/captures.ts'
import type { Pool } from '../../hosts/service.ts'
import { CAPTURE_CAUSES } from '../../protocol/appliance.ts'
import type { CaptureOrder, StoredCapture } from '../../store/tables/captures.ts'
import { done, type HandlersOf, missing } from './handlers.ts'
import { byUser, noHost } from './hosts.ts'

export interface CaptureBook {
  /** Newest first. */
  list(): Promise<readonly StoredCapture[]>
  file(attempt: string): Promise<string | undefined>
  orders(): readonly CaptureOrder[]
  order(host: string, who: string): Promise<void>
}

export interface CaptureDeps {
  readonly pool: Pick<Pool, 'hosts' | 'find' | 'host'>
  readonly boots: { readonly captures: CaptureBook }
}

export function captureHandlers({ pool, boots: { captures: book } }: CaptureDeps): HandlersOf<typeof captures> {
  const hostOf = () =>
    new Map(pool.hosts().flatMap(({ id, name, macs }) => macs.map(({ mac }) => [mac, { host: id, hostName: name }] as const)))
  const shown = async (): Promise<BootCapture[]> => {
    const of = hostOf()
    return (await book.list()).flatMap(({ cause: told, ...capture }) => {
      const cause = CAPTURE_CAUSES.find((one) => one === told)
      return cause === undefined ? [] : { ...capture, cause, ...of.get(capture.mac) }
    })
  }
  return {
    list: async () =>
      done({
        captures: await shown(),
        orders: book.orders().flatMap((order) => {
          const name = pool.host(order.host)?.name
          return name === undefined ? [] : { ...order, hostName: name }
        }),
      }),
    async order({ ref }, { who }) {
      const view = pool.find(ref)
      if (!view) return missing(noHost(ref))
      await book.order(view.id, byUser(who.user))
      return done(null)
    },
    async fetch({ attempt, host }) {
      const capture = (await shown()).find((one) => one.attempt === attempt)
      const isOfHost = host === undefined || (capture?.host !== undefined && pool.find(host)?.id === capture.host)
      const gzip = capture && isOfHost ? await book.file(attempt) : undefined
      if (!capture || gzip === undefined) return missing(`capture of boot ${attempt}${host === undefined ? '' : ` of host ${host}`}`)
      return done({ capture, gzip })
    },
  }
}
