// What every room and door says of a host: four things, the one word that is derived of them for people, and how a person may call it.

/** Whether it is one of ours: somebody's word. */
export const TRUSTS = ['pending', 'approved', 'rejected'] as const
export type Trust = (typeof TRUSTS)[number]

/**
 * Whether it answers. `silent`: it has not been heard of since it was approved or released, or, while its agent is away, not for long;
 * `lost`: for longer than a host may be away, and its guests may still run.
 */
export const PRESENCES = ['booting', 'up', 'silent', 'lost'] as const
export type Presence = (typeof PRESENCES)[number]

/** What is to come to it. `cordoned`, `evacuating`: no guest, and those there stay, or go; `maintenance`: none is there, none starts. */
export const SERVICES = ['in', 'cordoned', 'evacuating', 'maintenance'] as const
export type Service = (typeof SERVICES)[number]

/** `off`: it was released from a fence, and nobody has seen it boot since; `fenced`: by a proof it could not run anything. */
export const POWERS = ['on', 'off', 'unknown', 'fenced'] as const
export type Power = (typeof POWERS)[number]

export interface HostCondition {
  readonly trust: Trust
  readonly presence: Presence
  readonly service: Service
  readonly power: Power
}

/** Of the four the gravest, in one word for people. */
export const HOST_STATES = ['pending', 'approved', 'booting', 'up', 'maintenance', 'lost', 'fenced', 'rejected'] as const
export type HostState = (typeof HOST_STATES)[number]

export function stateOf({ trust, presence, service, power }: HostCondition): HostState {
  if (trust === 'rejected') return 'rejected'
  if (power === 'fenced') return 'fenced'
  if (trust === 'pending') return 'pending'
  if (presence === 'lost') return 'lost'
  if (service === 'maintenance') return 'maintenance'
  switch (presence) {
    case 'booting':
    case 'up':
      return presence
    case 'silent':
      return power === 'on' ? 'up' : 'approved'
  }
}

/** What holds beside the word, where that hides it: `in maintenance` of a host that is lost. */
export function besideState(host: HostCondition): readonly string[] {
  const state = stateOf(host)
  const { trust, presence, service, power } = host
  const said: string[] = []
  if (state === 'rejected' && power === 'fenced') said.push('fenced')
  if (state === 'fenced' && trust === 'pending') said.push('not approved')
  if (state === 'fenced' && presence === 'up') said.push('its agent answers')
  if ((state === 'fenced' || state === 'pending') && presence === 'lost') said.push('lost')
  if (state === 'maintenance' && presence === 'booting') said.push('booting')
  if (state !== 'maintenance' && service === 'maintenance') said.push('in maintenance')
  return said
}

/** `lost, in maintenance`. */
export function sayHost(host: HostCondition): string {
  return [stateOf(host), ...besideState(host)].join(', ')
}

/** As it is now, where it is known whether its agent is connected: what the record says of its presence is of the last change. */
export function conditionNow(host: HostCondition, agent: 'connected' | 'absent'): HostCondition {
  const { presence, power } = host
  if (agent === 'connected') return { ...host, presence: 'up', power: power === 'fenced' ? power : 'on' }
  return presence === 'up' ? { ...host, presence: 'silent' } : host
}

/** What its agent says of it holds: it is one of ours, and answers, or has been away for a moment only. */
export function isAnswering({ trust, presence, power }: Omit<HostCondition, 'service'>): boolean {
  return trust === 'approved' && presence === 'up' && power !== 'fenced'
}

/** Guests may be placed and started on it, and are to be seen to, as far as itself is concerned: see cordons. */
export function isInService(host: HostCondition): boolean {
  return isAnswering(host) && host.service !== 'maintenance'
}

/**
 * Nothing can run on it (I1, I5): it was fenced, and its agent has not been heard since. That a host is in maintenance, lost or not, is no
 * proof: what was started there by hand runs on.
 */
export function isHarmless({ presence, power }: Pick<HostCondition, 'presence' | 'power'>): boolean {
  return power === 'fenced' && presence === 'silent'
}

export const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
export const GROUP_NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/
export const MOST_GROUPS = 64
/** UTF-16 units, of why a host is cordoned. */
export const LONGEST_REASON = 256
/** UTF-16 units. */
export const LONGEST_NOTES = 4096
export const UNPRINTABLE_NOTES = /[^\P{C}\n\t]/u
