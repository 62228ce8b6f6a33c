// What hosts and guests used over time.
import type { Measures as Answer, Last, measured } from '../../contract/measures.ts'
import type { GuestBook } from '../../guests/book.ts'
import type { Pool } from '../../hosts/service.ts'
import { MEASURES } from '../../measures/measure.ts'
import type { Points } from '../../measures/points.ts'
import type { Measures } from '../../measures/service.ts'
import { done, type HandlersOf, missing } from './handlers.ts'
import { noHost } from './hosts.ts'

export interface MeasureDeps {
  readonly pool: Pick<Pool, 'find'>
  readonly measures: Pick<Measures, 'host' | 'guest'>
  readonly guests: { readonly book: Pick<GuestBook, 'find' | 'all'> }
}

export function measureHandlers({ pool, measures, guests: { book } }: MeasureDeps): HandlersOf<typeof measured> {
  return {
    async host({ ref, last, since }) {
      const view = pool.find(ref)
      return view ? done(measuresAnswer(last, await measures.host(view.id, last, since))) : missing(noHost(ref))
    },
    async vm({ ref, last, since }) {
      const view = (await book.find(ref)) ?? (await book.all()).find((one) => one.uuid === ref || one.name === ref)
      if (!view) return missing(`guest ${JSON.stringify(ref)}`)
      return done(measuresAnswer(last, await measures.guest(view.uuid, last, since)))
    },
  }
}

export function measuresAnswer(last: Last, { from, until, times, mean, most }: Points): Answer {
  const lines = (index: number) => ({ mean: [...(mean[index] ?? [])], ...(most ? { most: [...(most[index] ?? [])] } : {}) })
  const [cpu, memory, read, written, received, sent] = MEASURES.map((_, index) => lines(index))
  const none = { mean: [] }
  return {
    ...{ last, from, until, times: [...times] },
    ...{ cpu: cpu ?? none, memory: memory ?? none, read: read ?? none },
    ...{ written: written ?? none, received: received ?? none, sent: sent ?? none },
  }
}
