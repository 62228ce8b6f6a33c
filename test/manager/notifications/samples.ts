// Messages and settings that tests begin with.
import type { Event, Message } from '../../../manager/notifications/message.ts'
import type { MailSettings, WebhookSettings } from '../../../manager/notifications/target.ts'
import { TOPICS } from '../../../manager/protocol/notifications.ts'
import type { Notice } from '../../../manager/store/tables/notices.ts'

export const AT = 1_795_000_000_000
export const SITE = 'https://10.77.0.1:8443'

export function notice(seq: number, changed: Partial<Notice> = {}): Notice {
  const common = { seq, at: AT + seq, kind: 'disk-failing', subject: `disk-failing ${seq}`, host: 'h1', state: 'raised' } as const
  return { ...common, text: `sda of node01 fails (${seq})`, ...changed }
}

export function event(changed: Partial<Event> = {}): Event {
  return {
    ...{ seq: 1, at: AT, state: 'raised', severity: 'critical', topic: 'alarms', kind: 'disk-failing', subject: 'disk-failing sda' },
    ...{ host: { id: 'h1', name: 'node01' }, text: 'sda of node01 fails', link: `${SITE}/hosts/h1` },
    ...changed,
  }
}

export function message(changed: Partial<Message> = {}): Message {
  return { id: 'm1', at: AT, site: SITE, target: 'ops', events: [event()], more: 0, dropped: 0, ...changed }
}

export function mailTo(port: number, changed: Partial<MailSettings> = {}): MailSettings {
  return {
    ...{ kind: 'smtp', host: '127.0.0.1', port, tls: 'none', from: 'rack@example.com', to: ['ops@example.com'] },
    ...{ severity: 'warning', topics: [...TOPICS], isOn: true },
    ...changed,
  }
}

export function webhookAt(url: string, changed: Partial<WebhookSettings> = {}): WebhookSettings {
  const told = { severity: 'warning', topics: [...TOPICS], isOn: true } as const
  return { kind: 'webhook', origin: new URL(url).origin, isSigned: false, ...told, topics: [...TOPICS], ...changed }
}
