// Who is told of what happens without looking at the page.
import type { notifications } from '../../contract/notifications.ts'
import type { Notifications } from '../../notifications/service.ts'
import { done, type HandlersOf } from './handlers.ts'

export type NotificationBook = Pick<Notifications, 'list' | 'show' | 'set' | 'remove' | 'test'>

export function notificationHandlers(book: NotificationBook): HandlersOf<typeof notifications> {
  return {
    list: async () => done({ targets: [...(await book.list())] }),
    show: ({ name }) => book.show(name),
    set: ({ name, ...wish }, { who }) => book.set(name, wish, who.user),
    remove: ({ name }) => book.remove(name),
    test: ({ name }, { who }) => book.test(name, who.user),
  }
}
