// Targets of notifications as the page shows them.
import type { NotificationTarget } from '../../../contract/notifications.ts'
import { MAIL_TLS, SEVERITIES, TOPICS } from '../../../protocol/notifications.ts'
import { type Fact, facts, moment, sayMany } from './words.ts'

/** What each state means, for who does not know the word. */
const STATES: Readonly<Record<NotificationTarget['state'], string>> = {
  off: 'off: is told nothing',
  working: 'works',
  waiting: 'is about to be told',
  failing: 'does not arrive: is tried again by itself',
  stopped: 'does not arrive: nothing more is tried until it is set anew or a test arrives',
}

const DEFAULT_SEVERITY = 'warning'

export function targetsView(targets: readonly NotificationTarget[], maySet: 'may' | 'may not') {
  return {
    maySet: maySet === 'may',
    targets: targets.map((target) => {
      const { name, kind, state, topics, severity, waiting, error, sent, failed } = target
      return {
        name,
        kind: kind === 'smtp' ? 'e-mail' : 'webhook',
        where: kind === 'smtp' ? (target.to ?? []).join(', ') : (target.url ?? ''),
        state: STATES[state],
        isBad: state === 'failing' || state === 'stopped',
        isOff: state === 'off',
        what: `${topics.join(', ')}, from ${severity} on`,
        waiting: waiting > 0 ? sayMany(waiting, 'event') : '',
        error: error ?? '',
        sent: sent === undefined ? undefined : moment(sent),
        failed: failed === undefined ? undefined : moment(failed),
        facts: factsOf(target),
      }
    }),
    severities: SEVERITIES.map((severity) => ({ name: severity, isChosen: severity === DEFAULT_SEVERITY })),
    topics: TOPICS.map((name) => ({ name })),
    ways: MAIL_TLS.map((name) => ({ name })),
  }
}

function factsOf({ kind, host, port, tls, user, from, signed, ownAuthority, by, next }: NotificationTarget): readonly Fact[] {
  const authority = ownAuthority ? 'against an authority of its own' : 'against the authorities that are known'
  return facts({
    'mail server': host === undefined ? undefined : `${host} port ${port}, TLS ${tls}`,
    'logs in as': user,
    from,
    signature: kind === 'webhook' ? (signed ? 'HMAC-SHA256' : 'none') : undefined,
    certificate: tls === 'none' ? undefined : authority,
    'set by': by,
    'tried next': next === undefined ? undefined : moment(next).text,
  })
}
