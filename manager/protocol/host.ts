// What every room and door says of a host: its states, and how a person may call it.

/** How far a host is trusted and whether it answers, in one word. */
export const HOST_STATES = ['pending', 'approved', 'booting', 'up', 'maintenance', 'lost', 'fenced', 'rejected'] as const
export type HostState = (typeof HOST_STATES)[number]

export const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
export const GROUP_NAME = /^[a-z0-9][a-z0-9_.-]{0,62}$/
export const MOST_GROUPS = 64
/** UTF-16 units, of why a host is cordoned. */
export const LONGEST_REASON = 256
/** UTF-16 units. */
export const LONGEST_NOTES = 4096
export const UNPRINTABLE_NOTES = /[^\P{C}\n\t]/u
