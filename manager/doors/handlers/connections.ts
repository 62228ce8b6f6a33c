// The iSCSI targets that an admin wants on hosts.
import type { connections } from '../../contract/connections.ts'
import type { Connections } from '../../storage/connections.ts'
import { done, type HandlersOf } from './handlers.ts'

export function connectionHandlers(book: Pick<Connections, 'list' | 'connect' | 'disconnect'>): HandlersOf<typeof connections> {
  return {
    list: async () => done({ connections: [...(await book.list())] }),
    add: (wish, { who }) => book.connect(wish, who.user),
    remove: ({ id }) => book.disconnect(id),
  }
}
