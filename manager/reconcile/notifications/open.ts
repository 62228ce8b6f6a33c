// Notifications put together: who is told, for people, and the task that tells them.
import type { Log } from '../../../appliance/wire/log.ts'
import type { After } from '../../../appliance/wire/timers.ts'
import type { Automations } from '../../automation/service.ts'
import type { Pool } from '../../hosts/service.ts'
import { carrier } from '../../notifications/carrier.ts'
import { Outbox } from '../../notifications/outbox.ts'
import type { Pace } from '../../notifications/pauses.ts'
import { Notifications } from '../../notifications/service.ts'
import type { Store } from '../../store/database.ts'
import type { Sealer } from '../../store/keys/sealing.ts'
import type { Trouble } from '../../store/trouble.ts'
import { NotificationTask, type NotificationTaskDeps } from './task.ts'

export interface NotificationsOptions extends Pick<NotificationTaskDeps, 'onSent'> {
  readonly store: Store
  readonly sealer: Sealer
  readonly pool: Pick<Pool, 'host' | 'alarm' | 'clearAlarm' | 'subscribe'>
  readonly automations: Pick<Automations, 'subscribe'>
  /** The manager's page: `https://10.77.0.1:8443`. */
  readonly site: string
  readonly pace: Pace
  readonly now: () => number
  readonly after: After
  readonly random: () => number
  readonly newId: () => string
  readonly log: Log
}

export interface OpenNotifications {
  readonly book: Notifications
  readonly task: NotificationTask
  /** That the disk takes no writes; undefined: it takes them again. */
  trouble(trouble: Trouble | undefined): void
}

export function openNotifications(options: NotificationsOptions): OpenNotifications {
  const { pool, automations, now, pace } = options
  const carry = carrier(now)
  const clearAlarm = (key: string) => pool.clearAlarm(key, 'manager')
  const book = new Notifications({ ...options, carry, clearAlarm })
  const outbox = new Outbox({ ...options, hostName: (id) => pool.host(id)?.name ?? id })
  const news = (listener: () => void) => {
    const ends = [
      pool.subscribe(({ kind }) => (kind === 'alarm' || kind === 'alarm-cleared' ? listener() : undefined)),
      automations.subscribe(listener),
    ]
    return () => {
      for (const end of ends) end()
    }
  }
  const alarm: NotificationTaskDeps['alarm'] = (raised) => pool.alarm(raised)
  const task = new NotificationTask({ ...options, outbox, targets: book, carry, news, alarm, clearAlarm, gather: pace.gather })
  const told = (error: unknown) => options.log.error({ error }, 'who is told that the disk takes no writes')
  return {
    ...{ book, task },
    trouble: (trouble) => {
      const [text, state] = trouble ? [trouble.text, 'raised' as const] : ['the disk takes writes again', 'resolved' as const]
      task.trouble(text, now(), state).catch(told)
    },
  }
}
