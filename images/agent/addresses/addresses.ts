// The section guestAddresses: asks guests' tools by xenstore, and has what the listener on their vifs has heard.
import type { GuestAddresses } from '../../../manager/protocol/guest-addresses.ts'
import type { Guest } from '../../../manager/protocol/guests.ts'
import type { Backend, Clock } from '../backend.ts'
import type { Reading, SourceProblem } from '../inventory/reading.ts'
import type { Monitor } from '../watching/monitors.ts'
import { AddressBook } from './book.ts'
import { LISTENER, parseLine } from './listener.ts'
import { ATTRIBUTES, toldIn } from './told.ts'

export interface Addresses {
  /** What it hears makes the section stale where it is new. */
  readonly monitor: Monitor
  read(backend: Pick<Backend, 'run'>): Promise<Reading<GuestAddresses>>
}

/** `guests`: as they were read last. */
export function watchAddresses(guests: () => readonly Guest[], clock: Pick<Clock, 'wall'>): Addresses {
  const book = new AddressBook()
  let listening: 'no' | 'yes' = 'no'
  const now = (): number => Math.max(0, Math.round(clock.wall()))
  return {
    monitor: {
      command: LISTENER,
      sections: ['guestAddresses'],
      ended() {
        listening = 'no'
      },
      parse(text) {
        const line = parseLine(text)
        if (!line) return undefined
        if (line.kind === 'listening') {
          listening = 'yes'
          return ['guestAddresses']
        }
        const own = guests()
          .flatMap(({ nics }) => nics)
          .find(({ vif }) => vif === line.vif)?.mac
        return book.heard(line.vif, line.sender, own, now()) === 'new' ? ['guestAddresses'] : undefined
      },
    },
    async read(backend) {
      const all = guests()
      const { value, problems } = await toldBy(backend, all)
      book.told(value, now())
      const ways = [...(problems.length === 0 ? ['xenstore' as const] : []), ...(listening === 'yes' ? ['vif' as const] : [])]
      return { value: { ways, nics: book.report(all, now()) }, problems }
    },
  }
}

/** By vif. */
async function toldBy(backend: Pick<Backend, 'run'>, guests: readonly Guest[]): Promise<Reading<ReadonlyMap<string, readonly string[]>>> {
  const value = new Map<string, readonly string[]>()
  const problems: SourceProblem[] = []
  await Promise.all(
    guests.map(async ({ domid, nics }) => {
      if (nics.length === 0) return
      const command = ['xenstore-ls', '-f', `/local/domain/${domid}/${ATTRIBUTES}`] as const
      const ran = await backend.run(command)
      // It ends badly where there is nothing: a guest without tools, or one that has just gone.
      if (ran.kind !== 'ended') {
        const reason = ran.kind === 'missing' ? 'there is no such program in this dom0' : ran.reason
        problems.push({ source: command.slice(0, 2).join(' '), reason: { text: reason, lacks: 'detail' } })
        return
      }
      const told = toldIn(ran.stdout)
      for (const { devid, vif } of nics) {
        const addresses = told.get(devid)
        if (vif !== undefined && addresses) value.set(vif, addresses)
      }
    }),
  )
  return { value, problems: problems.slice(0, 1) }
}
