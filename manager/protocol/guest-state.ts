// What every room and door says of a guest: the word for how it stands.

/**
 * `defined`: nothing of it is on a host. `lost`: its host is silent, so nobody knows. `conflicted`: seen on two hosts, or on another than it
 * may be on: never acted on by itself. `unmanaged`: a domain on a host that nobody has made by us.
 */
export const GUEST_STATES = [
  'defined',
  'deploying',
  'stopped',
  'starting',
  'running',
  'paused',
  'stopping',
  'migrating',
  'crashed',
  'suspended',
  'lost',
  'conflicted',
] as const
export type GuestState = (typeof GUEST_STATES)[number]
