// How far a host is trusted and whether it answers, in one word. What follows on what is inventory/state.ts's to say.

export const HOST_STATES = ['pending', 'approved', 'booting', 'up', 'maintenance', 'lost', 'fenced', 'rejected'] as const
export type HostState = (typeof HOST_STATES)[number]

/** Everybody else may only report. */
export function mayBeAsked(state: HostState): boolean {
  switch (state) {
    case 'approved':
    case 'booting':
    case 'up':
    case 'maintenance':
    case 'lost':
      return true
    case 'pending':
    case 'fenced':
    case 'rejected':
      return false
  }
}

export function parseHostState(text: string): HostState {
  const state = HOST_STATES.find((one) => one === text)
  if (!state) throw new Error(`the store holds a host state "${text}" that this hostless does not know: start the newer hostless`)
  return state
}
