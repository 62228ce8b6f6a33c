// Targets of notifications, made up: one that mail goes to, and a webhook that says no.
import type { CONTRACT } from '../../manager/contract/contract.ts'
import type { NotificationTarget } from '../../manager/contract/notifications.ts'
import { done, type HandlersOf, missing } from '../../manager/doors/handlers/handlers.ts'

const AT = 1_795_000_000_000

const TARGETS: readonly NotificationTarget[] = [
  {
    ...{ name: 'chat', kind: 'webhook', url: 'https://hooks.example.com/…', signed: true, ownAuthority: false },
    ...{ severity: 'critical', topics: ['alarms'], state: 'stopped', waiting: 3, created: AT, by: 'alice' },
    ...{ failed: AT + 1000, error: 'https://hooks.example.com answers 401 Unauthorized' },
  },
  {
    ...{ name: 'ops', kind: 'smtp', host: 'mail.example.com', port: 587, tls: 'starttls', user: 'rack', ownAuthority: false },
    ...{ from: 'rack@example.com', to: ['ops@example.com', 'night@example.com'] },
    ...{
      severity: 'warning',
      topics: ['alarms', 'automations', 'boots'],
      state: 'working',
      waiting: 0,
      created: AT,
      by: 'alice',
      sent: AT,
    },
  },
]

/** `calls`: what is asked of it is written there. */
export function fakeNotifications(calls: string[] = []): HandlersOf<typeof CONTRACT.notifications> {
  let targets = TARGETS
  const of = (name: string) => {
    const target = targets.find((one) => one.name === name)
    return target ? done(target) : missing(`notification target ${name}`)
  }
  return {
    list: async () => done({ targets: [...targets] }),
    show: async ({ name }) => of(name),
    async set(wish) {
      calls.push(`notification ${JSON.stringify(wish)}`)
      if (wish.to?.includes('nobody')) return { kind: 'refused', reason: '"nobody" is no mail address' }
      const { name, severity = 'warning' } = wish
      const made: NotificationTarget = { ...(targets.find((one) => one.name === name) ?? newTarget(name)), severity }
      targets = [...targets.filter((one) => one.name !== name), made]
      return done(made)
    },
    async remove({ name }) {
      calls.push(`remove notification ${name}`)
      const before = of(name)
      targets = targets.filter((one) => one.name !== name)
      return before.kind === 'done' ? done(null) : before
    },
    async test({ name }) {
      calls.push(`test ${name}`)
      if (name === 'chat') return { kind: 'refused', code: 'not-sent', reason: 'the test message did not arrive: it answers 401' }
      return of(name)
    },
  }
}

function newTarget(name: string): NotificationTarget {
  return {
    ...{ name, kind: 'smtp', host: 'localhost', port: 25, tls: 'none', from: 'a@example.com', to: ['b@example.com'], ownAuthority: false },
    ...{ severity: 'warning', topics: ['alarms'], state: 'working', waiting: 0, created: AT, by: 'alice' },
  }
}
